#pragma once
// The attribute protocol on the wire (Core 5.4, Vol 3, Part F, 3.4): opcodes, and PDUs taken apart and put together.

#include "moor/bytes.hpp"

namespace moor::hci {

enum class AttOpcode : uint8_t {
  error_response = 0x01,
  exchange_mtu_request = 0x02,
  exchange_mtu_response = 0x03,
  find_information_request = 0x04,
  find_information_response = 0x05,
  find_by_type_value_request = 0x06,
  find_by_type_value_response = 0x07,
  read_by_type_request = 0x08,
  read_by_type_response = 0x09,
  read_request = 0x0A,
  read_response = 0x0B,
  read_blob_request = 0x0C,
  read_blob_response = 0x0D,
  read_multiple_request = 0x0E,
  read_multiple_response = 0x0F,
  read_by_group_type_request = 0x10,
  read_by_group_type_response = 0x11,
  write_request = 0x12,
  write_response = 0x13,
  prepare_write_request = 0x16,
  prepare_write_response = 0x17,
  execute_write_request = 0x18,
  execute_write_response = 0x19,
  handle_value_notification = 0x1B,
  handle_value_indication = 0x1D,
  handle_value_confirmation = 0x1E,
  read_multiple_variable_request = 0x20,
  read_multiple_variable_response = 0x21,
  write_command = 0x52,
  signed_write_command = 0xD2,
};

}  // namespace moor::hci
