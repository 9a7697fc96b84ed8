#pragma once
// The attribute protocol on the wire (Core 5.4, Vol 3, Part F, 3.4): opcodes, and PDUs taken apart and put together.

#include "moor/uuid.hpp"

#include <variant>
#include <vector>

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

inline constexpr uint16_t smallest_att_mtu = 23;  ///< of LE (Core 5.4, Vol 3, Part G, 5.2.1)
inline constexpr uint16_t largest_att_mtu = 517;  ///< more has no use: a prepared write of the longest value fits
inline constexpr size_t longest_att_value = 512;  ///< Core 5.4, Vol 3, Part F, 3.2.9

/// Core 5.4, Vol 3, Part F, 3.4.1.1; those that a server itself answers with.
namespace att_error {
inline constexpr uint8_t invalid_handle = 0x01;
inline constexpr uint8_t read_not_permitted = 0x02;
inline constexpr uint8_t write_not_permitted = 0x03;
inline constexpr uint8_t invalid_pdu = 0x04;
inline constexpr uint8_t request_not_supported = 0x06;
inline constexpr uint8_t invalid_offset = 0x07;
inline constexpr uint8_t prepare_queue_full = 0x09;
inline constexpr uint8_t attribute_not_found = 0x0A;
inline constexpr uint8_t invalid_value_length = 0x0D;
inline constexpr uint8_t unlikely_error = 0x0E;
inline constexpr uint8_t unsupported_group_type = 0x10;
}  // namespace att_error

/// Both ends belong to it.
struct HandleRange {
  uint16_t first = 0x0001;
  uint16_t last = 0xFFFF;
  [[nodiscard]] constexpr bool is_valid() const noexcept { return first != 0 && first <= last; }
  [[nodiscard]] constexpr bool has(uint16_t handle) const noexcept { return handle >= first && handle <= last; }
};

// What a client sends. Values are views into the PDU.
struct ExchangeMtu {
  uint16_t mtu = smallest_att_mtu;
};
struct FindInformation {
  HandleRange range;
};
struct FindByTypeValue {
  HandleRange range;
  Uuid type;
  Bytes value;
};
struct ReadByType {
  HandleRange range;
  Uuid type;
};
struct ReadByGroupType {
  HandleRange range;
  Uuid type;
};
struct ReadValue {
  uint16_t handle = 0;
};
struct ReadBlob {
  uint16_t handle = 0;
  uint16_t offset = 0;
};
struct ReadMultiple {
  std::vector<uint16_t> handles;  ///< two or more
  bool variable = false;          ///< each value with its length
};
struct WriteValue {
  uint16_t handle = 0;
  Bytes value;
  bool is_command = false;  ///< without a response
};
struct PrepareWrite {
  uint16_t handle = 0;
  uint16_t offset = 0;
  Bytes value;
};
struct ExecuteWrite {
  bool write = false;  ///< else what was prepared is thrown away
};
struct Confirmation {};
/// What is to be refused with an error response, or, without one, to be ignored: commands that are malformed or unknown, and responses.
struct NotARequest {
  uint8_t error = 0;
};
using AttRequest = std::variant<NotARequest, ExchangeMtu, FindInformation, FindByTypeValue, ReadByType, ReadByGroupType,
                                ReadValue, ReadBlob, ReadMultiple, WriteValue, PrepareWrite, ExecuteWrite, Confirmation>;

/// Takes a client's PDU apart; nothing is read past its end.
[[nodiscard]] AttRequest parse_att_request(Bytes pdu);

/// As the attribute protocol has it: 2 bytes or 16, least significant first; it knows no 4 (Core 5.4, Vol 3, Part F, 3.2.1).
[[nodiscard]] std::vector<uint8_t> att_uuid(const Uuid& uuid);

void put_le16(std::vector<uint8_t>& to, uint16_t number);

/// An opcode with what follows it.
[[nodiscard]] std::vector<uint8_t> att_pdu(AttOpcode opcode, Bytes parameters = {});
/// With a handle before a value: notification, indication, and what a prepared write is answered with.
[[nodiscard]] std::vector<uint8_t> att_value_pdu(AttOpcode opcode, uint16_t handle, Bytes value);
/// @param request  the opcode that is refused. @param handle  0 where none is to blame.
[[nodiscard]] std::vector<uint8_t> att_error_response(uint8_t request, uint16_t handle, uint8_t error);

/// A response with a list: entries of one size, as many as fit.
class AttList {
public:
  /// @param opcode  of the response, which decides what stands before the entries: nothing, their size, or the format of their UUIDs.
  AttList(AttOpcode opcode, uint16_t mtu);

  /// The first entry is cut to what fits. @returns false, and leaves it out, where a further one does not fit or has another size.
  bool add(Bytes entry);
  [[nodiscard]] bool empty() const noexcept { return entry_size_ == 0; }
  [[nodiscard]] std::vector<uint8_t> take() { return std::move(pdu_); }

private:
  std::vector<uint8_t> pdu_;
  size_t mtu_;
  size_t entry_size_ = 0;
};

}  // namespace moor::hci
