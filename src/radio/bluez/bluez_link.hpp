#pragma once
// Connections through bluetoothd.

#include "moor/radio.hpp"
#include "radio/bluez/system.hpp"

namespace moor::bluez {

struct LinkContext {
  std::shared_ptr<System> system;
  unsigned adapter = 0;
  RadioId id = 0;
  std::string radio_name;
};

/// As Radio::connect. Where bluetoothd does not have the device it is looked for first, within the options' time.
[[nodiscard]] awaitable<std::unique_ptr<Link>> connect(LinkContext context, Address device, LinkOptions options);
/// As Radio::close_connection.
[[nodiscard]] awaitable<void> close_connection(LinkContext context, Address device, TimePoint deadline);
/// As Radio::forget: RemoveDevice.
[[nodiscard]] awaitable<bool> forget(LinkContext context, Address device, bool bond_too, TimePoint deadline);

}  // namespace moor::bluez
