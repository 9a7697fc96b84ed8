#pragma once
// The Bluetooth adapters of this machine.

#include "moor/address.hpp"
#include "moor/clock.hpp"

#include <string>
#include <vector>

namespace moor {

struct AdapterInfo {
  std::string name;   ///< "hci0", what `bluez:hci0` opens
  Address address{};  ///< public, or random where the controller has no public one
  std::string alias{};
  std::string bus{};  ///< "usb", "uart", "virtual"; empty where the system does not say
  bool powered = false;
  bool blocked = false;      ///< by rfkill, in software or with a switch
  bool discovering = false;  ///< for anybody
  bool central = true;       ///< can connect to devices
  bool peripheral = false;
  bool is_default =
      false;  ///< what `bluez` opens: of those that are powered and can connect the lowest number, else the lowest of all
};

/// In the order of their numbers; empty where there are none.
/// @throws RadioNotAvailable  without bluetoothd, or without the permission to ask it, and the management socket neither. Cancellation: total.
[[nodiscard]] awaitable<std::vector<AdapterInfo>> list_adapters(Clock& clock);

}  // namespace moor
