#include "hci/att.hpp"

#include <algorithm>
#include <utility>

namespace moor::hci {

namespace {

constexpr uint8_t command_flag = 0x40;  // of an opcode (Core 5.4, Vol 3, Part F, 3.3.1)

HandleRange range_of(ByteReader& reader) {
  const uint16_t first = reader.le16();
  return {first, reader.le16()};
}

// A type is 2 bytes or 16, and the last of its PDU.
std::optional<Uuid> type_of(ByteReader& reader) {
  const Bytes rest = reader.rest();
  if (rest.size() != 2 && rest.size() != 16) return std::nullopt;
  return Uuid::from_le(rest);
}

template <typename Request>
AttRequest of_type(ByteReader& reader) {
  const HandleRange range = range_of(reader);
  const auto type = type_of(reader);
  if (!reader.ok() || !type) return NotARequest{att_error::invalid_pdu};
  return Request{range, *type};
}

AttRequest find_by_type_value(ByteReader& reader) {
  const HandleRange range = range_of(reader);
  const Uuid type(reader.le16());
  return FindByTypeValue{range, type, reader.rest()};
}

AttRequest read_multiple(ByteReader& reader, bool variable) {
  ReadMultiple request{.handles = {}, .variable = variable};
  while (reader.remaining() >= 2) request.handles.push_back(reader.le16());
  if (request.handles.size() < 2) return NotARequest{att_error::invalid_pdu};
  return request;
}

AttRequest execute_write(ByteReader& reader) {
  const uint8_t flags = reader.u8();
  if (flags > 1) return NotARequest{att_error::invalid_pdu};
  return ExecuteWrite{flags == 1};
}

AttRequest parse(AttOpcode opcode, ByteReader& reader) {
  switch (opcode) {
    case AttOpcode::exchange_mtu_request: return ExchangeMtu{reader.le16()};
    case AttOpcode::find_information_request: return FindInformation{range_of(reader)};
    case AttOpcode::find_by_type_value_request: return find_by_type_value(reader);
    case AttOpcode::read_by_type_request: return of_type<ReadByType>(reader);
    case AttOpcode::read_by_group_type_request: return of_type<ReadByGroupType>(reader);
    case AttOpcode::read_request: return ReadValue{reader.le16()};
    case AttOpcode::read_blob_request: {
      const uint16_t handle = reader.le16();
      return ReadBlob{handle, reader.le16()};
    }
    case AttOpcode::read_multiple_request: return read_multiple(reader, false);
    case AttOpcode::read_multiple_variable_request: return read_multiple(reader, true);
    case AttOpcode::write_request:
    case AttOpcode::write_command: {
      const uint16_t handle = reader.le16();
      return WriteValue{handle, reader.rest(), opcode == AttOpcode::write_command};
    }
    case AttOpcode::prepare_write_request: {
      const uint16_t handle = reader.le16();
      const uint16_t offset = reader.le16();
      return PrepareWrite{handle, offset, reader.rest()};
    }
    case AttOpcode::execute_write_request: return execute_write(reader);
    case AttOpcode::handle_value_confirmation: return Confirmation{};
    default: return NotARequest{att_error::request_not_supported};
  }
}

// Responses, notifications and indications go the other way; a server does not answer them (Core 5.4, Vol 3, Part F, 3.3).
bool is_for_a_client(uint8_t opcode) {
  switch (static_cast<AttOpcode>(opcode)) {
    case AttOpcode::error_response:
    case AttOpcode::exchange_mtu_response:
    case AttOpcode::find_information_response:
    case AttOpcode::find_by_type_value_response:
    case AttOpcode::read_by_type_response:
    case AttOpcode::read_response:
    case AttOpcode::read_blob_response:
    case AttOpcode::read_multiple_response:
    case AttOpcode::read_by_group_type_response:
    case AttOpcode::write_response:
    case AttOpcode::prepare_write_response:
    case AttOpcode::execute_write_response:
    case AttOpcode::handle_value_notification:
    case AttOpcode::handle_value_indication:
    case AttOpcode::read_multiple_variable_response: return true;
    default: return false;
  }
}

}  // namespace

AttRequest parse_att_request(Bytes pdu) {
  if (pdu.empty() || is_for_a_client(pdu[0])) return NotARequest{};
  ByteReader reader(pdu.subspan(1));
  AttRequest request = parse(static_cast<AttOpcode>(pdu[0]), reader);
  if (!reader.ok() || reader.remaining() > 0)
    if (std::get_if<NotARequest>(&request) == nullptr) request = NotARequest{att_error::invalid_pdu};
  // Neither a command nor a confirmation gets an answer, however wrong it is.
  const bool unanswered = (pdu[0] & command_flag) != 0 || pdu[0] == static_cast<uint8_t>(AttOpcode::handle_value_confirmation);
  if (auto* const wrong = std::get_if<NotARequest>(&request); wrong != nullptr && unanswered) wrong->error = 0;
  return request;
}

std::vector<uint8_t> att_uuid(const Uuid& uuid) {
  std::vector<uint8_t> bytes = uuid.to_le();
  if (bytes.size() != 4) return bytes;
  const std::array<uint8_t, 16> whole = uuid.to_be();
  return {whole.rbegin(), whole.rend()};
}

void put_le16(std::vector<uint8_t>& to, uint16_t number) {
  to.push_back(static_cast<uint8_t>(number));
  to.push_back(static_cast<uint8_t>(number >> 8));
}

std::vector<uint8_t> att_pdu(AttOpcode opcode, Bytes parameters) {
  std::vector<uint8_t> pdu;
  pdu.reserve(1 + parameters.size());
  pdu.push_back(static_cast<uint8_t>(opcode));
  pdu.insert(pdu.end(), parameters.begin(), parameters.end());
  return pdu;
}

std::vector<uint8_t> att_value_pdu(AttOpcode opcode, uint16_t handle, Bytes value) {
  std::vector<uint8_t> pdu;
  pdu.reserve(3 + value.size());
  pdu.push_back(static_cast<uint8_t>(opcode));
  put_le16(pdu, handle);
  pdu.insert(pdu.end(), value.begin(), value.end());
  return pdu;
}

std::vector<uint8_t> att_error_response(uint8_t request, uint16_t handle, uint8_t error) {
  return {static_cast<uint8_t>(AttOpcode::error_response), request, static_cast<uint8_t>(handle),
          static_cast<uint8_t>(handle >> 8), error};
}

AttList::AttList(AttOpcode opcode, uint16_t mtu) : pdu_{static_cast<uint8_t>(opcode)}, mtu_(mtu) {
  if (opcode != AttOpcode::find_by_type_value_response) pdu_.push_back(0);
}

bool AttList::add(Bytes entry) {
  constexpr size_t largest_entry = 255;  // its size has one byte
  const size_t room = mtu_ - std::min(mtu_, pdu_.size());
  if (empty()) entry = entry.first(std::min({entry.size(), room, largest_entry}));
  if (entry.empty() || entry.size() > room || (!empty() && entry.size() != entry_size_)) return false;
  const bool first = std::exchange(entry_size_, entry.size()) == 0;
  if (first && pdu_.size() == 2) {
    const bool tells_format = pdu_[0] == static_cast<uint8_t>(AttOpcode::find_information_response);
    // Formats of UUIDs: 1 of 16 bits, 2 of 128 (Core 5.4, Vol 3, Part F, 3.4.3.2).
    pdu_[1] = tells_format ? (entry_size_ == 4 ? 1 : 2) : static_cast<uint8_t>(entry_size_);
  }
  pdu_.insert(pdu_.end(), entry.begin(), entry.end());
  return true;
}

}  // namespace moor::hci
