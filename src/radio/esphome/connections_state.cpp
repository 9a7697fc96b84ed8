// The book-keeping: each message and each moment goes to the machine of its device, and what that says is done.

#include "radio/esphome/connections_state.hpp"

#include <algorithm>

namespace moor::esphome_radio {

using esphome::DeviceRequestType;
using Machine = ConnectingMachine;

namespace {

constexpr uint32_t smallest_mtu = 23;
constexpr uint32_t largest_mtu = 517;

uint16_t valid_mtu(uint32_t mtu) {
  return static_cast<uint16_t>(std::clamp(mtu, smallest_mtu, largest_mtu));
}

}  // namespace

Connections::State::State(Port& of, boost::asio::any_io_executor on)
    : port(&of), clock(of.clock()), executor(std::move(on)), alarm_(clock, executor, [this] { on_time(); }) {}

void Connections::State::shut() {
  alarm_.stop();
  on_session_lost("the radio is closed");
  port = nullptr;
}

bool Connections::State::has(esphome::Feature feature) const {
  const ProxyFacts* const known = facts();
  return known != nullptr && esphome::has(known->features, feature);
}

DeviceRecordPtr Connections::State::record_of(const Address& device) {
  DeviceRecordPtr& record = records_[device.bits()];
  if (!record) record = std::make_shared<DeviceRecord>(device);
  return record;
}

DeviceRecord* Connections::State::find(uint64_t bits) const {
  const auto found = records_.find(bits);
  return found == records_.end() ? nullptr : found->second.get();
}

Machine::Book Connections::State::book(const DeviceRecord& record) const {
  const bool is_missing = record.machine.state() == Machine::State::up && std::ranges::count(ledger.missing(), record.device) > 0;
  return {.has_room = ledger.may_connect(now(), record.device),
          .counts = ledger.counts(record.device),
          .trusted = ledger.is_trusted(),
          .missing = is_missing};
}

void Connections::State::want(const DeviceRecordPtr& record, TimePoint deadline) {
  waiting_.push_back(record);
  apply(*record, record->machine.want(now(), deadline, book(*record)));
  rest();
}

void Connections::State::cancel(DeviceRecord& record) {
  apply(record, record.machine.cancel(now(), book(record)));
  rest();
}

void Connections::State::disconnect(DeviceRecord& record) {
  apply(record, record.machine.disconnect(now(), book(record)));
  rest();
}

void Connections::State::release(const Address& device) {
  DeviceRecord* const record = find(device.bits());
  if (record != nullptr && record->link && record->machine.state() == Machine::State::up) disconnect(*record);
}

void Connections::State::on_connections_free(const esphome::ConnectionsFree& fact) {
  ledger.on_connections_free(fact.free, fact.limit, fact.allocated, now());
  const auto all = records_;  // what follows may forget some
  for (const auto& [bits, record] : all)
    if (!record->machine.is_waiting() || record->machine.state() != Machine::State::idle)
      apply(*record, record->machine.on_slots(now(), book(*record), true));
  changed(Address());
  rest();
}

void Connections::State::on_connection(const esphome::DeviceConnection& message) {
  if (message.address == 0) return;  // seen of firmware: it concerns nobody
  const DeviceRecordPtr record = record_of(Address(message.address, false));
  mtu_ = message.mtu;
  const bool was_requested = record->machine.state() == Machine::State::requested;
  Machine::Step step = record->machine.on_connection(message.connected, message.error, now(), book(*record));
  const bool is_stray = was_requested && record->machine.state() == Machine::State::requested;
  if (!message.connected && !is_stray) {
    ledger.on_closed(record->device, now());
    close(*record, close_reason(message.error), message.error == 0 ? "disconnected" : connection_error_name(message.error));
  }
  apply(*record, std::move(step));
  rest();
}

void Connections::State::on_session_lost(const std::string& why) {
  ledger.reset();
  waiting_.clear();
  const auto all = std::exchange(records_, {});
  for (const auto& [bits, record] : all) {
    record->machine = Machine();
    close(*record, CloseReason::radio_lost, why);
    fail(*record, {.reason = ConnectReason::system_gone, .text = why});
    record->changed.ring();
  }
  for (DeviceQuestion* const each : questions) each->answered.set();
  for (const auto& [bits, record] : all) changed(record->device);
}

bool Connections::State::on_device_message(const esphome::Message& message) {
  const auto decoded = esphome::decode<esphome::ServicesDone>(message.payload);  // the address is the first field of all of them
  if (decoded.error) {
    ++counts.malformed;
    return false;
  }
  const uint64_t device = decoded.message.address;
  for (DeviceQuestion* const each : questions)
    if (each->take(device, message)) return true;
  const DeviceRecord* const record = find(device);
  const LinkPtr link = record == nullptr ? nullptr : record->link;
  if (link && link->on_message(message)) return true;
  if (message.type != esphome::MessageType::notify_data) ++counts.late_answers;
  return false;
}

void Connections::State::apply(DeviceRecord& record, Machine::Step step) {
  if (step.late) {
    ++counts.late_released;
    ledger.on_connected(record.device, now());
  }
  send(record, step.send);
  switch (step.event) {
    case Machine::Event::nothing: break;
    case Machine::Event::connected: connected(record); break;
    case Machine::Event::still_up:
      if (record.link && mtu_ != 0) record.link->on_mtu(valid_mtu(mtu_));
      break;
    case Machine::Event::failed: fail(record, std::move(step.cause)); break;
    case Machine::Event::closed: break;
    case Machine::Event::missing:
      ledger.on_closed(record.device, now());
      close(record, CloseReason::other_host, "the proxy has no such connection any more");
      break;
    case Machine::Event::drained: close(record, CloseReason::local, "closed; the proxy gave its slot back"); break;
  }
  if (step.event != Machine::Event::nothing) record.changed.ring();
}

void Connections::State::send(DeviceRecord& record, Machine::Send what) {
  if (what == Machine::Send::nothing) return;
  if (what == Machine::Send::disconnect) {
    ledger.on_released(record.device, now());
    (void)request(record.device, DeviceRequestType::disconnect);  // without a session nothing is connected
    return;
  }
  const RememberedDevice* const known = record.use_cache ? memory.find(record.device) : nullptr;
  record.from_cache = known != nullptr && known->mtu > smallest_mtu;
  ledger.on_requested(record.device, record.label, now());
  ++counts.connects;
  if (request(record.device,
              record.from_cache ? DeviceRequestType::connect_with_cache : DeviceRequestType::connect_without_cache))
    return;
  ledger.on_closed(record.device, now());
  record.machine = Machine();
  fail(record, {.reason = ConnectReason::system_gone, .text = "there is no session with the proxy"});
}

bool Connections::State::request(const Address& device, DeviceRequestType type) {
  if (port == nullptr) return false;
  const esphome::DeviceRequest message{
      .address = device.bits(), .request_type = type, .has_address_type = true, .address_type = device.is_random() ? 1U : 0U};
  std::vector<uint8_t> payload;
  esphome::encode(message, payload);
  return port->send(esphome::DeviceRequest::type, payload);
}

void Connections::State::connected(DeviceRecord& record) {
  ledger.on_connected(record.device, now());
  record.link = std::make_shared<LinkState>(*port, *this, memory, executor, record.device, std::string(), valid_mtu(mtu_),
                                            record.from_cache);
  if (record.attempt != nullptr) {
    record.attempt->link = record.link;
    record.attempt->changed.set();
  }
  changed(record.device);
}

void Connections::State::close(DeviceRecord& record, CloseReason reason, const std::string& text) {
  if (!record.link) return;
  const LinkPtr link = std::move(record.link);
  record.link.reset();
  link->close(reason, text);
  changed(record.device);
}

void Connections::State::fail(DeviceRecord& record, ConnectCause cause) {
  if (record.attempt == nullptr || record.attempt->link) return;
  record.attempt->failure = std::move(cause);
  record.attempt->changed.set();
}

void Connections::State::serve() {
  std::erase_if(waiting_, [](const DeviceRecordPtr& each) { return !each->machine.is_waiting(); });
  for (const DeviceRecordPtr& each : waiting_) {
    if (!ledger.may_connect(now()) && !ledger.counts(each->device)) continue;
    apply(*each, each->machine.on_slots(now(), book(*each), false));
  }
  std::erase_if(waiting_, [](const DeviceRecordPtr& each) { return !each->machine.is_waiting(); });
}

void Connections::State::on_time() {
  ledger.expire(now());
  const auto all = records_;
  for (const auto& [bits, record] : all)
    while (record->machine.next() <= now()) apply(*record, record->machine.on_time(now(), book(*record)));
  rest();
}

// After whatever happened: slots are given, what is over is forgotten, and the next moment is known.
void Connections::State::rest() {
  serve();
  TimePoint next = TimePoint::max();
  for (auto it = records_.begin(); it != records_.end();) {
    next = std::min(next, it->second->machine.next());
    const bool is_over = it->second.use_count() == 1 && !it->second->link && it->second->machine.is_finished(now());
    it = is_over ? records_.erase(it) : std::next(it);
  }
  alarm_.set(next);
}

void Connections::State::changed(const Address& device) {
  if (port != nullptr) port->on_changed(device);
}

}  // namespace moor::esphome_radio
