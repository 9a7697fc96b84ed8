#pragma once
// The reset that unplugging a USB device and plugging it in again would be.

#include "radio/bluez/recovery_machine.hpp"

namespace moor::bluez {

/// Of hciN's device. @param usb  the folder of the devices' files, "/dev/bus/usb". The thread waits for it, for up to some seconds.
[[nodiscard]] RecoveryMachine::Reset reset_usb_of(const std::string& sysfs, const std::string& usb, uint16_t controller);

}  // namespace moor::bluez
