#pragma once
// Commands of a host to its controller (Core 5.4, Vol 4, Part E, 7), and what each packet of the UART transport is (Vol 4, Part A, 2).

#include "moor/bytes.hpp"

namespace moor::hci {

enum class PacketType : uint8_t { command = 0x01, acl = 0x02, sco = 0x03, event = 0x04, iso = 0x05, vendor = 0xFF };

enum class Opcode : uint16_t {
  disconnect = 0x0406,
  read_remote_version = 0x041D,
  set_event_mask = 0x0C01,
  reset = 0x0C03,
  read_transmit_power_level = 0x0C2D,
  set_event_mask_page_2 = 0x0C63,
  read_local_version = 0x1001,
  read_local_commands = 0x1002,
  read_local_features = 0x1003,
  read_address = 0x1009,
  read_rssi = 0x1405,
  le_set_event_mask = 0x2001,
  le_read_buffer_size = 0x2002,
  le_read_local_features = 0x2003,
  le_set_random_address = 0x2005,
  le_set_advertising_parameters = 0x2006,
  le_read_advertising_tx_power = 0x2007,
  le_set_advertising_data = 0x2008,
  le_set_scan_response_data = 0x2009,
  le_set_advertising_enable = 0x200A,
  le_set_scan_parameters = 0x200B,
  le_set_scan_enable = 0x200C,
  le_create_connection = 0x200D,
  le_create_connection_cancel = 0x200E,
  le_read_accept_list_size = 0x200F,
  le_clear_accept_list = 0x2010,
  le_add_to_accept_list = 0x2011,
  le_remove_from_accept_list = 0x2012,
  le_connection_update = 0x2013,
  le_set_host_channels = 0x2014,
  le_read_channel_map = 0x2015,
  le_read_remote_features = 0x2016,
  le_rand = 0x2018,
  le_start_encryption = 0x2019,
  le_read_supported_states = 0x201C,
  le_set_data_length = 0x2022,
  le_read_default_data_length = 0x2023,
  le_write_default_data_length = 0x2024,
  le_add_to_resolving_list = 0x2027,
  le_remove_from_resolving_list = 0x2028,
  le_clear_resolving_list = 0x2029,
  le_read_resolving_list_size = 0x202A,
  le_set_address_resolution_enable = 0x202D,
  le_set_private_address_timeout = 0x202E,
  le_read_maximum_data_length = 0x202F,
  le_read_phy = 0x2030,
  le_set_default_phy = 0x2031,
  le_set_phy = 0x2032,
  le_set_set_random_address = 0x2035,  // of an advertising set
  le_set_extended_advertising_parameters = 0x2036,
  le_set_extended_advertising_data = 0x2037,
  le_set_extended_scan_response_data = 0x2038,
  le_set_extended_advertising_enable = 0x2039,
  le_read_maximum_advertising_length = 0x203A,
  le_read_number_of_sets = 0x203B,
  le_remove_advertising_set = 0x203C,
  le_clear_advertising_sets = 0x203D,
  le_set_extended_scan_parameters = 0x2041,
  le_set_extended_scan_enable = 0x2042,
  le_extended_create_connection = 0x2043,
  le_read_transmit_power = 0x204B,
};

/// Error codes (Core 5.4, Vol 1, Part F, 1.3).
enum class HciStatus : uint8_t {
  success = 0x00,
  unknown_command = 0x01,
  unknown_connection = 0x02,
  hardware_failure = 0x03,
  key_missing = 0x06,
  memory_exceeded = 0x07,
  connection_timeout = 0x08,
  connection_limit = 0x09,
  already_exists = 0x0B,
  disallowed = 0x0C,
  invalid_parameters = 0x12,
  remote_user = 0x13,
  local_host = 0x16,
  unsupported_remote_feature = 0x1A,
  unspecified = 0x1F,
  response_timeout = 0x22,
  unknown_advertising_set = 0x42,
  mic_failure = 0x3D,
  not_established = 0x3E,
};

struct HciCommand {
  uint16_t opcode = 0;
  Bytes parameters;  ///< a view of the packet
};

//   0        2     3
//   ┌────────┬─────┬────────────┐
//   │ opcode │ len │ parameters │     little-endian, as all of HCI
//   └────────┴─────┴────────────┘
/// @param packet  without its type byte. @returns nothing where its length is not what it says.
[[nodiscard]] inline std::optional<HciCommand> parse_command(Bytes packet) noexcept {
  if (packet.size() < 3 || packet.size() != size_t{3} + packet[2]) return std::nullopt;
  return HciCommand{.opcode = load_le16(packet.data()), .parameters = packet.subspan(3)};
}

}  // namespace moor::hci
