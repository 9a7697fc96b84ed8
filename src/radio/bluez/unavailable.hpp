#pragma once
// Why bluetoothd or an adapter cannot be used, in types and words, each with the command that mends it.

#include "dbus/bus.hpp"
#include "moor/error.hpp"

namespace moor::bluez {

/// There is no bus, or it does not let this user in.
[[nodiscard]] RadioNotAvailable to_unavailable(const dbus::BusLost& lost);
/// What bluetoothd, or the bus in its place, answered to the first call.
[[nodiscard]] RadioNotAvailable to_unavailable(const dbus::CallFailed& failed);
[[nodiscard]] RadioNotAvailable bluetoothd_silent();
[[nodiscard]] RadioNotAvailable bluetoothd_gone();
/// @param name  "hci0", or empty for any.
[[nodiscard]] RadioNotAvailable no_adapter(std::string_view name);
[[nodiscard]] RadioNotAvailable adapter_unplugged(const std::string& name);
[[nodiscard]] RadioNotAvailable adapter_powered_off(const std::string& name, const std::string& cause = {});
[[nodiscard]] RadioNotAvailable adapter_blocked(const std::string& name);
[[nodiscard]] RadioNotAvailable discovery_refused(const std::string& name, const std::string& cause);
/// Advertisement monitors, for a passive scan.
[[nodiscard]] RadioNotAvailable no_monitors(const std::string& name, const std::string& cause = {});

/// Whether an error reply says that bluetoothd is not there (any more), whoever said it.
[[nodiscard]] bool means_gone(const dbus::CallFailed& failed) noexcept;
[[nodiscard]] bool means_in_progress(const dbus::CallFailed& failed) noexcept;

}  // namespace moor::bluez
