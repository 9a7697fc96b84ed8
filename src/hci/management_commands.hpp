#pragma once
// Commands of the management socket (BlueZ, doc/mgmt-api): the parameters that moor sends, and what the answers carry after their status.

#include "hci/management.hpp"
#include "moor/connection_parameters.hpp"
#include "moor/uuid.hpp"

#include <string>

namespace moor::hci {

enum class ManagementCommand : uint16_t {
  read_version = 0x0001,
  read_index_list = 0x0003,
  read_info = 0x0004,
  set_powered = 0x0005,
  disconnect = 0x0014,
  get_connections = 0x0015,
  start_discovery = 0x0023,
  stop_discovery = 0x0024,
  get_connection_info = 0x0031,
  load_connection_parameters = 0x0035,
  start_service_discovery = 0x003A,
  read_extended_index_list = 0x003C,
  read_monitor_features = 0x0051,
  add_patterns_monitor = 0x0052,
  remove_monitor = 0x0053,
};
/// "Start Discovery"; "command 0x0099" for one that moor does not use.
[[nodiscard]] std::string to_string(ManagementCommand command);

/// Statuses that moor tells apart.
namespace management_status {
inline constexpr uint8_t success = 0x00;
inline constexpr uint8_t unknown_command = 0x01;
inline constexpr uint8_t failed = 0x03;
inline constexpr uint8_t no_resources = 0x07;
inline constexpr uint8_t busy = 0x0A;
inline constexpr uint8_t rejected = 0x0B;
inline constexpr uint8_t not_supported = 0x0C;
inline constexpr uint8_t invalid_parameters = 0x0D;
inline constexpr uint8_t not_powered = 0x0F;
inline constexpr uint8_t invalid_index = 0x11;
inline constexpr uint8_t blocked = 0x12;  ///< by rfkill
inline constexpr uint8_t permission_denied = 0x14;
}  // namespace management_status
/// "busy", "permission denied"; "status 0x42" for one that is not in the table of doc/mgmt-api.
[[nodiscard]] std::string management_status_text(uint8_t status);

using ManagementParameters = std::vector<uint8_t>;

/// Bits of the address types of a discovery: LE public and LE random.
inline constexpr uint8_t low_energy_types = 0x06;
/// Of `start_discovery` and `stop_discovery`.
[[nodiscard]] ManagementParameters discovery_parameters(uint8_t types = low_energy_types);
/// Of `start_service_discovery`: only devices at least that loud with one of the services (all where empty). @param rssi_dbm  127 for any.
/// @pre services.size() <= 65535
[[nodiscard]] ManagementParameters service_discovery_parameters(int8_t rssi_dbm, std::span<const Uuid> services,
                                                                uint8_t types = low_energy_types);
[[nodiscard]] ManagementParameters powered_parameters(bool on);

/// A place in an AD structure where a monitor's bytes must be.
struct MonitorPattern {
  uint8_t ad_type = 0;
  uint8_t offset = 0;
  Bytes bytes;  ///< at most 31
};
/// @pre patterns.size() <= 255
[[nodiscard]] ManagementParameters monitor_parameters(std::span<const MonitorPattern> patterns);
/// @param handle  0 for all of the controller, whoever added them.
[[nodiscard]] ManagementParameters remove_monitor_parameters(uint16_t handle);

/// A device in commands that are for one: `disconnect`, `get_connection_info`.
[[nodiscard]] ManagementParameters device_parameters(Address device);

struct LoadedParameters {
  Address device;
  ConnectionParameters parameters;
};
/// @pre all.size() <= 65535
[[nodiscard]] ManagementParameters load_parameters(std::span<const LoadedParameters> all);

// Answers. Nothing where one is too short for what it says.

struct ManagementVersion {
  uint8_t version = 0;
  uint16_t revision = 0;
};
[[nodiscard]] std::optional<ManagementVersion> parse_version(Bytes answer) noexcept;
[[nodiscard]] std::optional<std::vector<uint16_t>> parse_index_list(Bytes answer);

struct ExtendedIndex {
  enum class Kind : uint8_t { configured = 0, unconfigured = 1, amp = 2 };
  uint16_t index = 0;
  Kind kind{};
  uint8_t bus = 0;  ///< 0 virtual, 1 USB, 2 PCCARD, 3 UART, ... (the kernel's hci.h)
};
[[nodiscard]] std::optional<std::vector<ExtendedIndex>> parse_extended_index_list(Bytes answer);

/// Bits of a controller's settings.
namespace management_setting {
inline constexpr uint32_t powered = 1U << 0U;
inline constexpr uint32_t low_energy = 1U << 9U;
}  // namespace management_setting

struct ManagementInfo {
  Address address;
  uint8_t hci_version = 0;
  uint16_t manufacturer = 0;
  uint32_t supported_settings = 0;
  uint32_t current_settings = 0;
  std::string name;
};
[[nodiscard]] std::optional<ManagementInfo> parse_info(Bytes answer);

struct MonitorFeatures {
  uint32_t supported = 0;  ///< bit 0: the controller itself compares patterns
  std::vector<uint16_t> handles;
};
[[nodiscard]] std::optional<MonitorFeatures> parse_monitor_features(Bytes answer);
/// The handle that `add_patterns_monitor` gave, and the one that `remove_monitor` removed.
[[nodiscard]] std::optional<uint16_t> parse_monitor_handle(Bytes answer) noexcept;

struct ConnectionInfo {
  int8_t rssi_dbm = no_rssi;
  int8_t tx_power_dbm = no_tx_power;
  int8_t max_tx_power_dbm = no_tx_power;
};
[[nodiscard]] std::optional<ConnectionInfo> parse_connection_info(Bytes answer) noexcept;
/// Devices that are connected, those over BR/EDR left out.
[[nodiscard]] std::optional<std::vector<Address>> parse_connections(Bytes answer);

}  // namespace moor::hci
