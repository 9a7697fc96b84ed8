#pragma once
// Events of the management socket (BlueZ, doc/mgmt-api) other than Device Found. Each parser gives nothing where the parameters are too short for
// what they say.

#include "hci/management_fields.hpp"
#include "moor/connection_parameters.hpp"

namespace moor::hci {

namespace management_event {
inline constexpr uint16_t command_complete = 0x0001;
inline constexpr uint16_t command_status = 0x0002;
inline constexpr uint16_t controller_error = 0x0003;
inline constexpr uint16_t index_added = 0x0004;
inline constexpr uint16_t index_removed = 0x0005;
inline constexpr uint16_t new_settings = 0x0006;
inline constexpr uint16_t device_connected = 0x000B;
inline constexpr uint16_t device_disconnected = 0x000C;
inline constexpr uint16_t discovering = 0x0013;
inline constexpr uint16_t new_connection_parameters = 0x001C;
inline constexpr uint16_t monitor_added = 0x002B;
inline constexpr uint16_t monitor_removed = 0x002C;
}  // namespace management_event

/// Command Complete and Command Status: the answer to a command.
struct CommandAnswer {
  uint16_t command = 0;
  uint8_t status = 0;
  Bytes data{};  ///< empty after Command Status
};
[[nodiscard]] std::optional<CommandAnswer> parse_command_answer(Bytes parameters) noexcept;

/// The settings that are on now, see management_setting.
[[nodiscard]] std::optional<uint32_t> parse_new_settings(Bytes parameters) noexcept;
/// Whether the controller is discovering devices now, for anybody.
[[nodiscard]] std::optional<bool> parse_discovering(Bytes parameters) noexcept;
/// The handle of a monitor that was added or removed; 0 for all where they were removed.
[[nodiscard]] std::optional<uint16_t> parse_monitor_event(Bytes parameters) noexcept;

struct DeviceConnected {
  ManagedDevice device;
  bool by_us = true;  ///< the link was made from here, not by the other end
  Bytes data{};       ///< AD structures of its advertisement
};
[[nodiscard]] std::optional<DeviceConnected> parse_device_connected(Bytes parameters) noexcept;

struct DeviceDisconnected {
  enum class Reason : uint8_t {
    unknown = 0,
    timeout = 1,
    by_local_host = 2,
    by_remote = 3,
    authentication_failed = 4,
    local_host_suspended = 5,
  };
  ManagedDevice device;
  Reason reason = Reason::unknown;
};
[[nodiscard]] std::optional<DeviceDisconnected> parse_device_disconnected(Bytes parameters) noexcept;

struct NewConnectionParameters {
  ManagedDevice device;
  bool store = false;  ///< the kernel would have them kept for later connections
  ConnectionParameters parameters;
};
[[nodiscard]] std::optional<NewConnectionParameters> parse_new_connection_parameters(Bytes parameters) noexcept;

}  // namespace moor::hci
