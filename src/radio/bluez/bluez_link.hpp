#pragma once
// Connections through bluetoothd.

#include "moor/radio.hpp"
#include "radio/bluez/system.hpp"

namespace moor::bluez {

struct BluezLinkOptions {
  /// Values through a socket (AcquireNotify) instead of signals on the bus: cheaper for many values a second, but bluetoothd drops those that come before the
  /// device has answered the subscription (bleak#1885).
  bool acquire_notify = false;
};

struct LinkContext {
  std::shared_ptr<System> system;
  unsigned adapter = 0;
  RadioId id = 0;
  std::string radio_name;
  BluezLinkOptions options{};
};

/// As Radio::connect. Where bluetoothd does not have the device it is looked for first, within the options' time.
///
/// BlueZ has one connection to a device for all programs of the machine. Where the device is connected already the link takes part in that connection,
/// and does not end it: only `close_connection` does.
[[nodiscard]] awaitable<std::unique_ptr<Link>> connect(LinkContext context, Address device, LinkOptions options);
/// As Radio::close_connection.
[[nodiscard]] awaitable<void> close_connection(LinkContext context, Address device, TimePoint deadline);
/// As Radio::forget: RemoveDevice.
[[nodiscard]] awaitable<bool> forget(LinkContext context, Address device, bool bond_too, TimePoint deadline);

}  // namespace moor::bluez
