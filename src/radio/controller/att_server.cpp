#include "radio/controller/att_server.hpp"

#include "core/event.hpp"
#include "radio/controller/attribute_table.hpp"
#include "radio/controller/indications.hpp"
#include "radio/controller/prepared_writes.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <deque>
#include <map>

namespace moor::controller {

namespace {

using hci::AttOpcode;
namespace att_error = hci::att_error;
using Pdu = std::vector<uint8_t>;
using Table = std::shared_ptr<const AttributeTable>;

// Longer than a host waits for an answer, 30 s (Core 5.4, Vol 3, Part F, 3.3.3).
constexpr Duration patience = std::chrono::seconds(60);
// A link learns its MTU with its first packets; by then it has, or the device has no more than the smallest.
constexpr Duration mtu_known_after = std::chrono::seconds(1);
constexpr Duration mtu_look = std::chrono::milliseconds(5);
// Commands have no flow control but the host's buffers; this is a hundred of the longest values and more.
constexpr size_t most_bytes_waiting = 256 * 1024;

// What the server itself answers an error with.
struct Refused {
  uint8_t error;
};

void check(uint8_t error) {
  if (error != 0) throw Refused{error};
}

Bytes first_bytes(const std::vector<uint8_t>& value, size_t room) {
  return Bytes(value).first(std::min(value.size(), room));
}

}  // namespace

struct AttServer::State : std::enable_shared_from_this<State> {
  State(boost::asio::any_io_executor executor, Clock& its_clock, Link& its_link, Send its_send)
      : clock(its_clock), link(its_link), send(std::move(its_send)), arrived(executor) {}

  void receive(Bytes pdu);
  awaitable<void> serve();
  awaitable<Pdu> answer_or_refuse(const Pdu& pdu, const hci::AttRequest& request);
  awaitable<Table> known_table();

  awaitable<Pdu> answer(const hci::NotARequest& request);
  awaitable<Pdu> answer(const hci::ExchangeMtu& request);
  awaitable<Pdu> answer(const hci::FindInformation& request) { return answer_from_table(request); }
  awaitable<Pdu> answer(const hci::FindByTypeValue& request) { return answer_from_table(request); }
  awaitable<Pdu> answer(const hci::ReadByGroupType& request) { return answer_from_table(request); }
  awaitable<Pdu> answer(const hci::ReadByType& request);
  awaitable<Pdu> answer(const hci::ReadValue& request);
  awaitable<Pdu> answer(const hci::ReadBlob& request);
  awaitable<Pdu> answer(const hci::ReadMultiple& request);
  awaitable<Pdu> answer(const hci::WriteValue& request);
  awaitable<Pdu> answer(const hci::PrepareWrite& request);
  awaitable<Pdu> answer(const hci::ExecuteWrite& request);
  awaitable<Pdu> answer(const hci::Confirmation&) { co_return Pdu{}; }
  template <typename Request>
  awaitable<Pdu> answer_from_table(const Request& request) {
    const Table known = co_await known_table();
    co_return known->answer(request, mtu);
  }

  awaitable<std::vector<uint8_t>> read(const Attribute* attribute, uint16_t handle);
  awaitable<void> write(const Attribute* attribute, uint16_t handle, std::vector<uint8_t> value, bool is_command);
  awaitable<void> configure(const Attribute& attribute, const std::vector<uint8_t>& value);
  void value_came(uint16_t handle, SubscribeKind kind, Bytes value);
  void indicate(uint16_t handle, Bytes value);
  void services_changed();
  void send_if(const std::optional<Pdu>& pdu) {
    if (pdu) send(*pdu);
  }
  [[nodiscard]] TimePoint deadline() const noexcept { return clock.now() + patience; }

  Clock& clock;
  Link& link;
  Send send;
  Event arrived;
  boost::asio::cancellation_signal stop;
  bool stopped = false;
  std::deque<Pdu> requests;
  size_t bytes_waiting = 0;
  uint64_t dropped = 0;

  Table table;  // null until it is discovered, and when it has changed
  uint16_t mtu = hci::smallest_att_mtu;
  uint16_t blamed = 0;  // the handle that an error is about
  PreparedWrites prepared;
  Indications indications;
  std::map<uint16_t, uint16_t> configurations;  // of this link: bits of the CCCD by its characteristic's handle
  // The last value that did not fit, for the reads of its further parts, which so belong together.
  struct LongValue {
    uint16_t handle;
    std::vector<uint8_t> bytes;
  };
  std::optional<LongValue> long_value;
};

void AttServer::State::receive(Bytes pdu) {
  if (stopped || pdu.empty()) return;
  // A confirmation does not wait its turn: the request that is under way may be what brings the indications.
  if (std::holds_alternative<hci::Confirmation>(hci::parse_att_request(pdu)))
    return send_if(indications.on_confirmed(clock.now()));
  if (bytes_waiting + pdu.size() > most_bytes_waiting) {
    ++dropped;
    return;
  }
  bytes_waiting += pdu.size();
  requests.emplace_back(pdu.begin(), pdu.end());
  arrived.set();
}

awaitable<void> AttServer::State::serve() {
  for (;;) {
    while (requests.empty()) {
      arrived.reset();
      co_await arrived.wait();
    }
    const Pdu pdu = std::move(requests.front());
    requests.pop_front();
    bytes_waiting -= pdu.size();
    const hci::AttRequest request = hci::parse_att_request(pdu);
    Pdu response = co_await answer_or_refuse(pdu, request);
    if (stopped) co_return;
    if (!response.empty()) send(std::move(response));
  }
}

awaitable<Pdu> AttServer::State::answer_or_refuse(const Pdu& pdu, const hci::AttRequest& request) {
  const auto* const write = std::get_if<hci::WriteValue>(&request);
  const bool is_command = write != nullptr && write->is_command;
  uint8_t error = 0;
  blamed = 0;
  try {
    co_return co_await std::visit([this](const auto& each) { return answer(each); }, request);
  } catch (const Refused& refused) {
    error = refused.error;
  } catch (const GattError& refused) {
    error = refused.code();
  } catch (const LinkClosed&) {
    throw;
  } catch (const TimedOut&) {
    throw;  // the device never answers, nor any request after this one
  } catch (const Error&) {
    error = att_error::unlikely_error;
  }
  if (is_command || error == 0) co_return Pdu{};
  co_return hci::att_error_response(pdu[0], blamed, error);
}

awaitable<Table> AttServer::State::known_table() {
  if (const Table known = table) co_return known;
  const GattServices services = co_await link.services(deadline());
  const auto made = std::make_shared<const AttributeTable>(services);
  table = made;
  co_return made;
}

awaitable<Pdu> AttServer::State::answer(const hci::NotARequest& request) {
  check(request.error);
  co_return Pdu{};
}

awaitable<Pdu> AttServer::State::answer(const hci::ExchangeMtu& request) {
  const TimePoint known_at = link.info().since + mtu_known_after;
  while (link.mtu() <= hci::smallest_att_mtu && !link.closed() && clock.now() < known_at) co_await clock.wait_for(mtu_look);
  const uint16_t ours = std::clamp(link.mtu(), hci::smallest_att_mtu, hci::largest_att_mtu);
  mtu = std::clamp(request.mtu, hci::smallest_att_mtu, ours);
  Pdu response{static_cast<uint8_t>(AttOpcode::exchange_mtu_response)};
  hci::put_le16(response, ours);
  co_return response;
}

awaitable<Pdu> AttServer::State::answer(const hci::ReadByType& request) {
  const Table known = co_await known_table();
  if (std::optional<Pdu> response = known->answer(request, mtu)) co_return std::move(*response);
  const Attribute* const attribute = known->find_type(request.type, request.range);
  const std::vector<uint8_t> value = co_await read(attribute, attribute->handle);
  std::vector<uint8_t> entry;
  hci::put_le16(entry, attribute->handle);
  entry.insert(entry.end(), value.begin(), value.end());
  hci::AttList list(AttOpcode::read_by_type_response, mtu);
  (void)list.add(entry);
  co_return list.take();
}

awaitable<Pdu> AttServer::State::answer(const hci::ReadValue& request) {
  const Table known = co_await known_table();
  std::vector<uint8_t> value = co_await read(known->find(request.handle), request.handle);
  Pdu response = hci::att_pdu(AttOpcode::read_response, first_bytes(value, mtu - 1U));
  long_value.reset();
  if (value.size() >= mtu - 1U) long_value = LongValue{request.handle, std::move(value)};
  co_return response;
}

awaitable<Pdu> AttServer::State::answer(const hci::ReadBlob& request) {
  const Table known = co_await known_table();
  const bool goes_on = long_value && long_value->handle == request.handle && request.offset != 0;
  if (!goes_on) {
    std::vector<uint8_t> value = co_await read(known->find(request.handle), request.handle);
    long_value = LongValue{request.handle, std::move(value)};
  }
  blamed = request.handle;
  const std::vector<uint8_t>& value = long_value->bytes;
  if (request.offset > value.size()) check(att_error::invalid_offset);
  const Bytes rest = Bytes(value).subspan(request.offset);
  co_return hci::att_pdu(AttOpcode::read_blob_response, rest.first(std::min<size_t>(rest.size(), mtu - 1U)));
}

awaitable<Pdu> AttServer::State::answer(const hci::ReadMultiple& request) {
  const Table known = co_await known_table();
  Pdu response{
      static_cast<uint8_t>(request.variable ? AttOpcode::read_multiple_variable_response : AttOpcode::read_multiple_response)};
  for (const uint16_t handle : request.handles) {
    const std::vector<uint8_t> value = co_await read(known->find(handle), handle);
    if (request.variable) hci::put_le16(response, static_cast<uint16_t>(value.size()));
    response.insert(response.end(), value.begin(), value.end());
  }
  if (response.size() > mtu) response.resize(mtu);
  co_return response;
}

awaitable<Pdu> AttServer::State::answer(const hci::WriteValue& request) {
  const Table known = co_await known_table();
  std::vector<uint8_t> value(request.value.begin(), request.value.end());
  co_await write(known->find(request.handle), request.handle, std::move(value), request.is_command);
  co_return request.is_command ? Pdu{} : hci::att_pdu(AttOpcode::write_response);
}

awaitable<Pdu> AttServer::State::answer(const hci::PrepareWrite& request) {
  const Table known = co_await known_table();
  blamed = request.handle;
  check(write_refusal(known->find(request.handle), false));
  check(prepared.add(request.handle, request.offset, request.value));
  Pdu echo;
  hci::put_le16(echo, request.offset);
  echo.insert(echo.end(), request.value.begin(), request.value.end());
  co_return hci::att_value_pdu(AttOpcode::prepare_write_response, request.handle, echo);
}

awaitable<Pdu> AttServer::State::answer(const hci::ExecuteWrite& request) {
  if (!request.write) prepared.clear();
  auto parts = prepared.take();
  if (const auto* const refusal = std::get_if<PreparedWrites::Refusal>(&parts)) {
    blamed = refusal->handle;
    check(refusal->error);
  }
  const Table known = co_await known_table();
  for (PreparedWrites::Write& each : std::get<std::vector<PreparedWrites::Write>>(parts))
    co_await write(known->find(each.handle), each.handle, std::move(each.value), false);
  co_return hci::att_pdu(AttOpcode::execute_write_response);
}

awaitable<std::vector<uint8_t>> AttServer::State::read(const Attribute* attribute, uint16_t handle) {
  blamed = handle;
  check(read_refusal(attribute));
  if (attribute->kind == Attribute::Kind::declaration) co_return attribute->value;
  if (attribute->kind == Attribute::Kind::value) co_return co_await link.read(handle, deadline());
  std::vector<uint8_t> value = co_await link.read_descriptor(handle, deadline());
  if (attribute->kind == Attribute::Kind::descriptor) co_return value;
  // A link subscribes in one way; what the client wrote may have both.
  const auto configured = configurations.find(attribute->characteristic);
  value.clear();
  hci::put_le16(value, configured == configurations.end() ? uint16_t{0} : configured->second);
  co_return value;
}

awaitable<void> AttServer::State::write(const Attribute* attribute, uint16_t handle, std::vector<uint8_t> value,
                                        bool is_command) {
  blamed = handle;
  check(write_refusal(attribute, is_command));
  if (value.size() > hci::longest_att_value) check(att_error::invalid_value_length);
  if (long_value && long_value->handle == handle) long_value.reset();
  if (attribute->kind == Attribute::Kind::configuration) {
    co_await configure(*attribute, value);
  } else if (attribute->kind == Attribute::Kind::descriptor) {
    co_await link.write_descriptor(handle, std::move(value), deadline());
  } else {
    const WriteKind kind = is_command ? WriteKind::without_response : WriteKind::with_response;
    co_await link.write(handle, std::move(value), kind, deadline());
  }
}

awaitable<void> AttServer::State::configure(const Attribute& attribute, const std::vector<uint8_t>& value) {
  if (value.size() != 2) check(att_error::invalid_value_length);
  // Bit 0 notifications, bit 1 indications; the others are reserved (Core 5.4, Vol 3, Part G, 3.3.3.3).
  const uint16_t bits = load_le16(value.data()) & 0b11;
  const uint16_t handle = attribute.characteristic;
  if (bits == 0) {
    configurations.erase(handle);
    co_await link.unsubscribe(handle, deadline());
    co_return;
  }
  const bool both = bits == 0b11;
  const bool notifies = both ? attribute.properties.has(Property::notify) : bits == 0b01;
  const SubscribeKind kind = notifies ? SubscribeKind::notification : SubscribeKind::indication;
  Link::ValueCallback on_value = [weak = weak_from_this(), handle, kind](Bytes received, TimePoint) {
    if (const auto self = weak.lock()) self->value_came(handle, kind, received);
  };
  co_await link.subscribe(handle, kind, std::move(on_value), deadline());
  configurations[handle] = bits;
}

void AttServer::State::value_came(uint16_t handle, SubscribeKind kind, Bytes value) {
  if (stopped) return;
  value = value.first(std::min<size_t>(value.size(), mtu - 3U));
  if (kind == SubscribeKind::indication) return indicate(handle, value);
  send(hci::att_value_pdu(AttOpcode::handle_value_notification, handle, value));
}

void AttServer::State::indicate(uint16_t handle, Bytes value) {
  send_if(indications.push(hci::att_value_pdu(AttOpcode::handle_value_indication, handle, value), clock.now()));
}

void AttServer::State::services_changed() {
  if (stopped) return;
  const Table old = std::exchange(table, nullptr);
  long_value.reset();
  prepared.clear();
  // The new table's configuration descriptors are new ones too, but that of the service that never moves.
  const Attribute* const changed = old ? old->find_type(service_changed, hci::HandleRange{}) : nullptr;
  const uint16_t handle = changed == nullptr ? uint16_t{0} : changed->handle;
  std::erase_if(configurations, [&](const auto& each) { return each.first != handle; });
  if (configurations.empty()) return;
  constexpr std::array<uint8_t, 4> all_handles = {0x01, 0x00, 0xFF, 0xFF};
  indicate(handle, all_handles);
}

AttServer::AttServer(boost::asio::any_io_executor executor, Clock& clock, Link& link, Send send)
    : state_(std::make_shared<State>(executor, clock, link, std::move(send))) {
  link.on_services_changed([weak = std::weak_ptr(state_)] {
    if (const auto state = weak.lock()) state->services_changed();
  });
  // Whatever ends it, the device is silent from then on.
  boost::asio::co_spawn(executor, state_->serve(),
                        boost::asio::bind_cancellation_slot(
                            state_->stop.slot(), [state = state_](const std::exception_ptr&) { state->stopped = true; }));
}

AttServer::~AttServer() {
  state_->stopped = true;
  state_->stop.emit(boost::asio::cancellation_type::all);
}

void AttServer::receive(Bytes pdu) {
  state_->receive(pdu);
}

uint16_t AttServer::mtu() const noexcept {
  return state_->mtu;
}

uint64_t AttServer::dropped() const noexcept {
  return state_->dropped + state_->indications.dropped();
}

}  // namespace moor::controller
