#pragma once
// What an adapter needs before anything can be done with it: to be there, to be powered, not to be blocked.

#include "radio/bluez/system.hpp"

#include <string>

namespace moor::bluez {

/// Whether rfkill blocks it, in software or with a switch. @param sysfs  "/sys".
[[nodiscard]] bool is_blocked(const std::string& sysfs, unsigned adapter);
/// What it hangs on: "usb", "uart", "virtual"; empty where sysfs does not say.
[[nodiscard]] std::string adapter_bus(const std::string& sysfs, unsigned adapter);
/// "hci0".
[[nodiscard]] std::string adapter_name(unsigned adapter);

/// Completes when bluetoothd has the adapter. @throws TimedOut. Cancellation: total.
[[nodiscard]] awaitable<void> wait_for_adapter(System& system, unsigned adapter, TimePoint deadline);
/// Powers it on where it is off, and waits until it is.
/// @throws RadioNotAvailable: no_radio, blocked, powered_off (with bluetoothd's words). Cancellation: total.
[[nodiscard]] awaitable<void> power_on(System& system, unsigned adapter, TimePoint deadline);

}  // namespace moor::bluez
