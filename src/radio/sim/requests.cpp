#include "radio/sim/requests.hpp"

#include "radio/sim/channel.hpp"
#include "radio/sim/pairing.hpp"
#include "radio/sim/words.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>

namespace moor::sim {

namespace {

ErrorContext context_of(Connection& link) {
  return {.device = link.peripheral().spec().address, .radio = link.radio().title()};
}

void check_open(Connection& link) {
  const auto& closed = link.closed();
  if (!closed) return;
  ErrorContext context = context_of(link);
  context.cause = closed->text;
  context.advice = "Connect again.";
  const std::string what = "the link to " + context.device->to_string() + " is closed: " + std::string(to_string(closed->reason));
  throw LinkClosed(what, *closed, std::move(context));
}

[[noreturn]] void throw_timed_out(Connection& link) {
  ErrorContext context = context_of(link);
  context.advice = "Is the device still in range? A longer deadline may help.";
  const std::string what = context.device->to_string() + " has not answered in time";
  throw TimedOut(what, std::move(context));
}

void check_answer(Connection& link, uint8_t code) {
  if (code == 0) return;
  ErrorContext context = context_of(link);
  context.cause = att_error_name(code);
  context.advice = att_error_advice(code);
  const std::string what = context.device->to_string() + " refused: " + context.cause;
  throw GattError(code, what, std::move(context));
}

// Until `at`, or as long as the device does not answer then.
awaitable<void> until(ConnectionPtr link, TimePoint at, TimePoint deadline) {
  const auto executor = co_await boost::asio::this_coro::executor;
  for (;;) {
    check_open(*link);
    const TimePoint now = link->clock().now();
    if (now >= at) {
      const auto again = link->answers_again_at(now);
      check_open(*link);
      if (!again) co_return;
      at = *again;
    }
    if (now >= deadline) throw_timed_out(*link);
    Connection::Sleeper sleeper(*link, executor, std::min(at, deadline));
    co_await sleeper.event.wait();
  }
}

TimePoint may_send_at(Connection& link) {
  return std::max(link.clock().now(), link.mtu_known_at());
}

// A request takes an interval to the device, more where that skips events; its answer takes another one back.
awaitable<void> round_trips(ConnectionPtr link, unsigned trips, TimePoint deadline) {
  co_await until(link, link->answered_at(may_send_at(*link), trips), deadline);
  link->device_spoke();
}

// The right to send a request.
class Turn {
public:
  explicit Turn(ConnectionPtr link) : link_(std::move(link)) {}
  Turn(Turn&&) noexcept = default;
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (!link_) return;
    RequestTurns& turns = link_->turns();
    if (turns.waiting.empty()) {
      turns.taken = false;
      return;
    }
    turns.waiting.front()->granted = true;
    turns.waiting.front()->event.set();
    turns.waiting.pop_front();
  }
  /// The request is never answered: nobody's turn comes any more.
  void keep() { link_.reset(); }

private:
  ConnectionPtr link_;
};

// A place in the line, which is left however the waiting ends.
struct Place {
  Place(ConnectionPtr on, Event& event) : link(std::move(on)), waiting{event} { link->turns().waiting.push_back(&waiting); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (waiting.granted)
      const Turn unused(link);
    else
      std::erase(link->turns().waiting, &waiting);
  }
  Turn take() {
    waiting.granted = false;
    return Turn(link);
  }
  ConnectionPtr link;
  RequestTurns::Waiting waiting;
};

awaitable<Turn> take_turn(ConnectionPtr link, TimePoint deadline) {
  const auto executor = co_await boost::asio::this_coro::executor;
  check_open(*link);
  if (!std::exchange(link->turns().taken, true)) co_return Turn(link);
  Connection::Sleeper sleeper(*link, executor, deadline);
  Place place(link, sleeper.event);
  co_await sleeper.event.wait();
  check_open(*link);
  if (!place.waiting.granted) throw_timed_out(*link);
  co_return place.take();
}

// A fault of the device at a read or a write.
awaitable<void> meet_faults(ConnectionPtr link, Turn& turn, TimePoint deadline) {
  const TimePoint now = link->clock().now();
  const std::string& radio = link->radio().spec().name;
  if (link->peripheral().faults().draw(DeviceFault::Kind::operation_hang, radio, now)) {
    link->request_hangs(now);
    turn.keep();
    co_await until(link, TimePoint::max(), deadline);
  }
  const auto fault = link->peripheral().faults().draw(DeviceFault::Kind::operation_error, radio, now);
  if (!fault) co_return;
  co_await round_trips(link, 1, deadline);
  check_answer(*link, fault->att_code);
}

Duration elapsed(Connection& link) {
  return link.clock().now() - link.state().start();
}

awaitable<std::vector<uint8_t>> read_parts(ConnectionPtr link, uint16_t handle, TimePoint deadline) {
  std::vector<uint8_t> value;
  for (;;) {
    co_await round_trips(link, 1, deadline);
    const GattServer::Answer answer = link->gatt().read(handle, value.size(), link->encrypted(), elapsed(*link));
    check_answer(*link, answer.error);
    const size_t room = link->mtu() - 1U;
    const size_t part = std::min(room, answer.value.size());
    value.insert(value.end(), answer.value.begin(), answer.value.begin() + static_cast<std::ptrdiff_t>(part));
    if (part < room) co_return value;
  }
}

awaitable<void> write_parts(ConnectionPtr link, uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) {
  co_await until(link, link->mtu_known_at(), deadline);
  const size_t room = link->mtu() - 5U;  // of a prepared write; a whole one has two bytes more
  const bool whole = value.size() <= room + 2;
  const size_t trips = whole ? 1 : (value.size() + room - 1) / room + 1;
  co_await round_trips(link, static_cast<unsigned>(trips), deadline);
  check_answer(*link, link->gatt().write(handle, std::move(value), WriteKind::with_response, link->encrypted()));
}

awaitable<void> send_command(ConnectionPtr link, uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) {
  check_open(*link);
  // The radio's system knows the table: it does not send what cannot be.
  const GattCharacteristic* const found = link->gatt().table().services().find_characteristic_by_value_handle(handle);
  if (found == nullptr) check_answer(*link, 0x01);
  if (!found->properties.has(Property::write_without_response)) check_answer(*link, 0x03);
  if (value.size() > link->mtu() - 3U) check_answer(*link, 0x0D);
  co_await until(link, link->take_command_time(), deadline);
  // A command has no answer, so nobody learns that the device refused it.
  (void)link->gatt().write(handle, std::move(value), WriteKind::without_response, link->encrypted());
}

// Takes the callback away again unless the subscription came to be.
struct Trial {
  Trial(ConnectionPtr on, uint16_t handle) : link(std::move(on)), handle(handle) {}
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() {
    if (!kept) link->remove_subscription(handle);
  }
  ConnectionPtr link;
  uint16_t handle;
  bool kept = false;
};

bool is_configuration(Connection& link, uint16_t handle) {
  const Attribute* const attribute = link.gatt().table().find(handle);
  return attribute != nullptr && attribute->kind == Attribute::Kind::configuration;
}

uint16_t configured_handle(Connection& link, uint16_t descriptor) {
  return link.gatt().table().value_handle(link.gatt().table().find(descriptor)->characteristic);
}

// Core 5.4, Vol 3, Part G, 3.3.3.3: bit 0 notifications, bit 1 indications.
uint8_t configure(Connection& link, uint16_t descriptor, const std::vector<uint8_t>& value) {
  if (value.size() != 2) return 0x0D;
  const uint16_t handle = configured_handle(link, descriptor);
  const uint16_t bits = load_le16(value.data());
  if (bits == 0) {
    link.remove_subscription(handle);
    return 0;
  }
  const SubscribeKind kind = (bits & 1) != 0 ? SubscribeKind::notification : SubscribeKind::indication;
  if (const uint8_t error = link.gatt().may_subscribe(handle, kind, link.encrypted())) return error;
  auto subscription = link.find_subscription(handle);
  if (!subscription) {
    subscription = std::make_shared<Connection::Subscription>(Connection::Subscription{.handle = handle});
    link.set_subscription(subscription);
  }
  subscription->kind = kind;
  link.activate(*subscription);
  return 0;
}

[[noreturn]] void throw_pairing_failed(Connection& link, PairingProblem problem, const std::string& why,
                                       std::string advice = {}) {
  ErrorContext context = context_of(link);
  context.cause = why;
  context.advice = std::move(advice);
  const std::string what = "pairing with " + context.device->to_string() + " failed: " + why;
  throw PairingFailed(what, problem, std::move(context));
}

PairingMethod agree_on_method(Connection& link, const PairingAgent& agent) {
  const DeviceEntry& device = link.peripheral().spec();
  if (!device.bonds) throw_pairing_failed(link, PairingProblem::refused, "the device does not want to be paired");
  if (const auto method = pairing_method(device, agent.capability())) return *method;
  throw_pairing_failed(
      link, PairingProblem::refused,
      "the device asks for " + std::string(to_string(device.pairing)) + ", which cannot be done here",
      "Pair with an agent that has what this takes: a keyboard for a passkey that the device shows, a display for one "
      "that is typed on it.");
}

// People, until the link closes or the time is up.
awaitable<void> ask_people(ConnectionPtr link, PairingAgent& agent, PairingMethod method, TimePoint deadline) {
  namespace asio = boost::asio;
  // The security manager gives up then (Core 5.4, Vol 3, Part H, 3.4).
  constexpr Duration patience = std::chrono::seconds(30);
  const auto executor = co_await asio::this_coro::executor;
  const TimePoint now = link->clock().now();
  const uint64_t bits = link->state().random().bits(Purpose::pairing, link->peripheral().index(),
                                                    static_cast<uint64_t>(now.time_since_epoch().count()));
  const auto number = static_cast<uint32_t>(bits % (max_passkey + 1));
  Connection::Sleeper sleeper(*link, executor, std::min(deadline, now + patience));
  std::optional<PairingRefusal> refusal;
  const auto play = [](ConnectionPtr on, PairingAgent& asked, PairingMethod by, uint32_t shown,
                       std::optional<PairingRefusal>& into) -> awaitable<void> {
    into = co_await play_pairing(on->clock(), asked, on->peripheral().spec(), by, shown);
  };
  const auto [order, people_error, time_error] =
      co_await asio::experimental::make_parallel_group(
          asio::co_spawn(executor, play(link, agent, method, number, refusal), asio::deferred),
          asio::co_spawn(executor, sleeper.event.wait(), asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  check_open(*link);
  const bool time_is_up = order[0] == 1 && time_error == nullptr;
  if (time_is_up && link->clock().now() >= deadline) throw_timed_out(*link);
  if (time_is_up) throw_pairing_failed(*link, PairingProblem::timed_out, "nobody has answered for 30 s");
  if (people_error) std::rethrow_exception(people_error);
  if (refusal) throw_pairing_failed(*link, refusal->problem, refusal->what);
}

}  // namespace

awaitable<Closed> wait_closed(ConnectionPtr link) {
  Event closed(co_await boost::asio::this_coro::executor);
  const Bell::Listener listener(link->bell(), closed);
  if (!link->closed()) co_await closed.wait();
  co_return *link->closed();
}

awaitable<GattServices> discover(ConnectionPtr link, TimePoint deadline) {
  check_open(*link);
  RadioUnit& radio = link->radio();
  const size_t device = link->peripheral().index();
  if (const GattServices* const remembered = link->uses_services_cache() ? radio.remembered_services(device) : nullptr)
    co_return *remembered;
  const Turn turn = co_await take_turn(link, deadline);
  co_await until(link, link->mtu_known_at(), deadline);
  DeviceFaults& faults = link->peripheral().faults();
  const TimePoint now = link->clock().now();
  const std::string& name = radio.spec().name;
  if (const auto late = faults.draw(DeviceFault::Kind::services_late, name, now))
    co_await until(link, now + late->after, deadline);
  const unsigned requests = discovery_requests(link->gatt().table().services(), link->mtu());
  co_await round_trips(link, requests, deadline);
  if (const auto missing = faults.draw(DeviceFault::Kind::services_missing, name, now)) {
    ConnectCause cause = cause_of(radio.spec().kind, ConnectReason::services_incomplete, missing->text);
    throw_connect_error("the services of " + link->peripheral().spec().address.to_string() + " are incomplete", context_of(*link),
                        std::move(cause));
  }
  const GattServices& whole = link->gatt().table().services();
  const bool wrong = faults.draw(DeviceFault::Kind::services_wrong, name, now).has_value();
  GattServices services = wrong ? GattServices(std::vector<GattService>(whole.begin(), std::prev(whole.end()))) : whole;
  radio.remember_services(device, services);
  co_return services;
}

awaitable<std::vector<uint8_t>> read(ConnectionPtr link, uint16_t handle, TimePoint deadline) {
  Turn turn = co_await take_turn(link, deadline);
  co_await meet_faults(link, turn, deadline);
  co_return co_await read_parts(link, handle, deadline);
}

awaitable<void> write(ConnectionPtr link, uint16_t handle, std::vector<uint8_t> value, WriteKind kind, TimePoint deadline) {
  if (kind == WriteKind::without_response) {
    co_await send_command(link, handle, std::move(value), deadline);
    co_return;
  }
  Turn turn = co_await take_turn(link, deadline);
  co_await meet_faults(link, turn, deadline);
  co_await write_parts(link, handle, std::move(value), deadline);
}

awaitable<void> subscribe(ConnectionPtr link, uint16_t handle, SubscribeKind kind, Link::ValueCallback on_value,
                          TimePoint deadline) {
  const Turn turn = co_await take_turn(link, deadline);
  co_await until(link, link->reaches_device_at(may_send_at(*link)), deadline);
  const uint8_t error = link->gatt().may_subscribe(handle, kind, link->encrypted());
  Trial trial(link, handle);
  if (error == 0) {
    auto subscription = std::make_shared<Connection::Subscription>();
    subscription->kind = kind;
    subscription->on_value = std::move(on_value);
    subscription->handle = handle;
    link->set_subscription(subscription);
    link->activate(*subscription);
  } else {
    trial.kept = true;  // what was there before
  }
  co_await until(link, link->clock().now() + link->interval(), deadline);
  link->device_spoke();
  check_answer(*link, error);
  trial.kept = true;
}

awaitable<void> unsubscribe(ConnectionPtr link, uint16_t handle, TimePoint deadline) {
  check_open(*link);
  if (!link->find_subscription(handle)) co_return;
  const Trial removed(link, handle);  // however this ends, nothing is called after it
  const Turn turn = co_await take_turn(link, deadline);
  co_await round_trips(link, 1, deadline);
}

awaitable<std::vector<uint8_t>> read_descriptor(ConnectionPtr link, uint16_t handle, TimePoint deadline) {
  Turn turn = co_await take_turn(link, deadline);
  co_await meet_faults(link, turn, deadline);
  if (!is_configuration(*link, handle)) co_return co_await read_parts(link, handle, deadline);
  co_await round_trips(link, 1, deadline);
  if (!is_configuration(*link, handle)) check_answer(*link, 0x01);
  const auto subscription = link->find_subscription(configured_handle(*link, handle));
  std::vector<uint8_t> value(2);
  if (subscription && subscription->active) value[0] = subscription->kind == SubscribeKind::notification ? 1 : 2;
  co_return value;
}

awaitable<void> write_descriptor(ConnectionPtr link, uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) {
  Turn turn = co_await take_turn(link, deadline);
  co_await meet_faults(link, turn, deadline);
  if (!is_configuration(*link, handle)) {
    co_await write_parts(link, handle, std::move(value), deadline);
    co_return;
  }
  co_await round_trips(link, 1, deadline);
  check_answer(*link, is_configuration(*link, handle) ? configure(*link, handle, value) : uint8_t{0x01});
}

awaitable<int8_t> rssi(ConnectionPtr link, TimePoint deadline) {
  co_await until(link, link->clock().now() + link->interval(), deadline);
  const uint64_t packet = link->take_packet();
  const auto channel = static_cast<uint8_t>(packet % 37);  // of 37 data channels
  const double dbm = link->state().channel().packet_rssi_dbm(link->radio().index(), link->peripheral().index(),
                                                             link->clock().now(), packet, channel);
  co_return static_cast<int8_t>(std::lround(std::clamp(dbm, -127.0, 20.0)));  // what HCI can say
}

awaitable<ParametersApplied> set_parameters(ConnectionPtr link, ConnectionParameters parameters, TimePoint deadline) {
  parameters.check();
  // The instant of an update lies at least six events ahead to which the device listens (Core 5.4, Vol 6, Part B, 5.1.1).
  co_await until(link, link->clock().now() + 6 * (link->latency() + 1) * link->interval(), deadline);
  link->set_parameters(parameters);
  co_return ParametersApplied::now;
}

awaitable<void> pair(ConnectionPtr link, PairingAgent& agent, TimePoint deadline) {
  check_open(*link);
  if (link->encrypted()) co_return;
  co_await round_trips(link, pairing_trips_before, deadline);
  const PairingMethod method = agree_on_method(*link, agent);
  co_await ask_people(link, agent, method, deadline);
  co_await round_trips(link, pairing_trips_after(method), deadline);
  Peripheral& peripheral = link->peripheral();
  link->set_encrypted();
  peripheral.bond(link->radio().index(), link->gatt().generation());
  link->radio().known().set_bonded(peripheral.index(), true);
}

awaitable<void> unpair(ConnectionPtr link, TimePoint deadline) {
  check_open(*link);
  link->radio().known().set_bonded(link->peripheral().index(), false);
  co_await disconnect(link, CloseReason::local, deadline);
}

awaitable<void> disconnect(ConnectionPtr link, CloseReason reason, TimePoint deadline) {
  if (link->closed()) co_return;
  const auto executor = co_await boost::asio::this_coro::executor;
  // Once it has begun it is done, also where the caller does not wait for it.
  struct Closing {
    ConnectionPtr link;
    CloseReason reason;
    ~Closing() { link->close(reason, link->clock().now()); }
  };
  const Closing closing{link, reason};
  Connection::Sleeper sleeper(*link, executor, std::min(deadline, link->answered_at(link->clock().now(), 1)));
  co_await sleeper.event.wait();
}

}  // namespace moor::sim
