#pragma once
// What bluetoothd's error replies mean (BlueZ 5.66: src/error.h, src/gatt-client.c, src/device.c). One table for all that connects and operates, so that nothing
// above searches texts.

#include "dbus/bus.hpp"
#include "moor/connect_cause.hpp"
#include "moor/pairing.hpp"

namespace moor::bluez {

/// "org.bluez.Error.Failed: le-connection-abort-by-local".
[[nodiscard]] std::string full_text(const dbus::CallFailed& error);

/// Of Device1.Connect and whatever it needs. An object that is not there is typed in the Python package, so it counts as `lookup`.
[[nodiscard]] ConnectCause connect_cause(std::string_view error_name, std::string_view text);
[[nodiscard]] ConnectCause connect_cause(const dbus::CallFailed& error);

enum class GattStep : uint8_t { read, write, subscribe };

/// The ATT error that a reply stands for; nothing where it is none: a lost link, a busy daemon.
[[nodiscard]] std::optional<uint8_t> att_code(GattStep step, std::string_view error_name, std::string_view text) noexcept;

/// Whether it says that the device is not connected.
[[nodiscard]] bool is_not_connected(std::string_view error_name, std::string_view text) noexcept;
/// Whether it says that the object is not there (any more).
[[nodiscard]] bool is_missing_object(std::string_view error_name) noexcept;

/// Of Device1.Pair.
[[nodiscard]] PairingProblem pairing_problem(std::string_view error_name, std::string_view text) noexcept;

}  // namespace moor::bluez
