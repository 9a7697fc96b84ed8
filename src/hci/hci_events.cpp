#include "hci/hci_events.hpp"

#include <algorithm>

namespace moor::hci {

namespace {

constexpr uint8_t event_packet = static_cast<uint8_t>(PacketType::event);
// How many commands the host may send before the next answer: one, so that answers come in their order.
constexpr uint8_t commands_allowed = 1;
constexpr size_t max_parameters = 255;
// Of an event with reports: packet type, event code, length, subevent, number of reports.
constexpr size_t length_at = 2;
constexpr size_t count_at = 4;
constexpr size_t reports_at = 5;

}  // namespace

Fields& Fields::address(const Address& address) {
  std::array<uint8_t, 6> le{};
  address.to_le(le.data());
  return bytes(le);
}

// Byte by byte: g++ 12 sees an overflow in the insertion of a range into a short vector.
Fields& Fields::bytes(Bytes bytes) {
  for (const uint8_t byte : bytes) bytes_.push_back(byte);
  return *this;
}

Fields& Fields::zeros(size_t count) {
  bytes_.resize(bytes_.size() + count);
  return *this;
}

Packet make_event(EventCode code, const Fields& fields) {
  return Fields()
      .u8(event_packet)
      .u8(static_cast<uint8_t>(code))
      .u8(static_cast<unsigned>(fields.done().size()))
      .bytes(fields.done())
      .done();
}

Packet make_le_event(LeEvent code, const Fields& fields) {
  return make_event(EventCode::le_meta, Fields().u8(static_cast<uint8_t>(code)).bytes(fields.done()));
}

Packet command_complete(uint16_t opcode, const Fields& result) {
  return make_event(EventCode::command_complete, Fields().u8(commands_allowed).u16(opcode).bytes(result.done()));
}

Packet command_status(uint16_t opcode, HciStatus status) {
  return make_event(EventCode::command_status, Fields().status(status).u8(commands_allowed).u16(opcode));
}

Packet completed_packets(uint16_t handle, uint16_t count) {
  return make_event(EventCode::number_of_completed_packets, Fields().u8(1).u16(handle).u16(count));
}

Packet disconnection_complete(uint16_t handle, HciStatus reason) {
  return make_event(EventCode::disconnection_complete, Fields().status(HciStatus::success).u16(handle).status(reason));
}

void ReportEvents::add_legacy(const AdvertisingReport& report) {
  one_.assign(1, event_packet);
  append_legacy_report(one_, report);
  add_one();
}

void ReportEvents::add_extended(AdvertisingReport report) {
  const DataStatus whole = report.status;
  Bytes rest = report.data;
  do {
    report.data = rest.first(std::min(rest.size(), max_fragment_size));
    rest = rest.subspan(report.data.size());
    report.status = rest.empty() ? whole : DataStatus::more_to_come;
    one_.assign(1, event_packet);
    append_extended_report(one_, report);
    add_one();
  } while (!rest.empty());
}

void ReportEvents::add_one() {
  const Bytes report = Bytes(one_).subspan(reports_at);
  const bool same = !event_.empty() && event_[count_at - 1] == one_[count_at - 1];
  if (!same || event_[length_at] + report.size() > max_parameters) {
    flush();
    event_ = one_;
    return;
  }
  event_.insert(event_.end(), report.begin(), report.end());
  event_[length_at] = static_cast<uint8_t>(event_[length_at] + report.size());
  ++event_[count_at];
}

void ReportEvents::flush() {
  if (event_.empty()) return;
  send_(event_);
  event_.clear();
}

}  // namespace moor::hci
