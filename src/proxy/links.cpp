#include "proxy/links.hpp"

#include "core/alarm.hpp"
#include "core/bell.hpp"
#include "core/within.hpp"
#include "proxy/device_connection.hpp"
#include "proxy/device_jobs.hpp"
#include "proxy/error_codes.hpp"
#include "proxy/send.hpp"
#include "proxy/slot_desk.hpp"

namespace moor::proxy {

namespace {

using esphome::DeviceRequestType;
using esphome::MessageType;
using Kind = GattRequest::Kind;

constexpr const char* our_label = "proxy client";
// How often it is looked whether others have taken or given back slots of the radio.
constexpr Duration look_interval = std::chrono::seconds(1);
constexpr uint64_t max_address = (uint64_t{1} << 48) - 1;

bool may_connect(const Radio& radio, const Options& options) {
  return options.active_connections && radio.info().can_connect;
}

std::vector<uint8_t> copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

struct Links::State final : DeviceConnection::Owner, std::enable_shared_from_this<State> {
  State(Clock& its_clock, boost::asio::any_io_executor its_executor, Radio& its_radio, const Options& its_options)
      : clock(its_clock),
        executor(std::move(its_executor)),
        radio(its_radio),
        options(its_options),
        desk(may_connect(radio, options) ? options.slots : 0),
        alarm(clock, executor, [this] { free_stuck(); }),
        jobs(executor, radio) {}

  using ConnectionPtr = std::shared_ptr<DeviceConnection>;

  void on_up(DeviceConnection& connection) override;
  void on_closing(DeviceConnection& connection) override;
  void on_closed(DeviceConnection& connection, int32_t code) override;
  void finish(DeviceConnection& connection, int32_t code);
  void free_stuck();

  [[nodiscard]] ConnectionPtr find(uint64_t address) const;
  /// One that answers to the client there is now.
  [[nodiscard]] ConnectionPtr find_of_client(uint64_t address) const;
  void tell_slots();
  void tell_connection(uint64_t address, bool connected, uint32_t mtu, int32_t code);

  template <typename Message>
  [[nodiscard]] std::optional<Message> read(const esphome::Message& message);
  template <typename Message>
  void on_gatt(const esphome::Message& message, void (*fill)(const Message&, GattRequest&));
  void on_device_request(const esphome::Message& message);
  void connect(const esphome::DeviceRequest& wanted);
  void disconnect(uint64_t address);
  void start_job(Kind kind, const esphome::DeviceRequest& wanted);
  void set_parameters(const esphome::Message& message);
  void request(GattRequest request);
  void refuse(const GattRequest& request, int32_t code) {
    if (const auto to = client) send_refusal(*to, request, code);
  }

  Clock& clock;
  boost::asio::any_io_executor executor;
  Radio& radio;
  const Options& options;
  std::shared_ptr<Answers> client;
  SlotDesk desk;
  std::map<SlotDesk::Ticket, ConnectionPtr> connections;  // those that have a slot
  Alarm alarm;
  DeviceJobs jobs;
  Bell freed;
  int closing_all = 0;
  Counts counts;
  SlotCount told;
  TimePoint next_look = TimePoint::min();
};

// The life of connections.

void Links::State::on_up(DeviceConnection& connection) {
  desk.on_up(connection.ticket());
  ++counts.connects;
  if (connection.client() != nullptr)
    send_connection(*connection.client(), connection.device().bits(), true, connection.mtu(), 0);
}

void Links::State::on_closing(DeviceConnection& connection) {
  desk.on_closing(connection.ticket(), clock.now());
  alarm.set(desk.next_stuck());
}

void Links::State::on_closed(DeviceConnection& connection, int32_t code) {
  if (desk.on_closed(connection.ticket())) finish(connection, code);  // else it was freed as stuck, and that was told
}

// It has no slot any more. It may be destroyed by this unless the caller holds it.
void Links::State::finish(DeviceConnection& connection, int32_t code) {
  const auto its_client = connection.client();
  if (its_client != nullptr && its_client == client) tell_connection(connection.device().bits(), false, 0, code);
  connection.leave_client(true);
  connections.erase(connection.ticket());
  tell_slots();
  freed.ring();
}

void Links::State::free_stuck() {
  for (const SlotDesk::Ticket each : desk.free_stuck(clock.now())) {
    ++counts.stuck;
    if (const auto found = connections.find(each); found != connections.end()) {
      const ConnectionPtr connection = found->second;
      finish(*connection, connection_code(CloseReason::local));
    }
  }
  alarm.set(desk.next_stuck());
}

Links::State::ConnectionPtr Links::State::find(uint64_t address) const {
  for (const auto& [ticket, connection] : connections)
    if (connection->device().bits() == address) return connection;
  return nullptr;
}

Links::State::ConnectionPtr Links::State::find_of_client(uint64_t address) const {
  const ConnectionPtr found = find(address);
  return found != nullptr && found->client() != nullptr ? found : nullptr;
}

void Links::State::tell_slots() {
  if (client == nullptr) return;
  told = desk.count(radio.slots());
  const auto to = client;
  send(*to, esphome::ConnectionsFree{.free = told.free, .limit = told.limit, .allocated = told.allocated});
}

void Links::State::tell_connection(uint64_t address, bool connected, uint32_t mtu, int32_t code) {
  if (const auto to = client) send_connection(*to, address, connected, mtu, code);
}

// What the client asks for.

template <typename Message>
std::optional<Message> Links::State::read(const esphome::Message& message) {
  auto decoded = esphome::decode<Message>(message.payload);
  bool ok = !decoded.error;
  if constexpr (requires { decoded.message.address; })
    ok = ok && decoded.message.address != 0 && decoded.message.address <= max_address;
  if (ok) return std::move(decoded.message);
  ++counts.malformed;
  return std::nullopt;
}

template <typename Message>
void Links::State::on_gatt(const esphome::Message& message, void (*fill)(const Message&, GattRequest&)) {
  const auto read = this->read<Message>(message);
  if (!read) return;
  GattRequest made{.address = read->address};
  fill(*read, made);
  request(std::move(made));
}

void Links::State::request(GattRequest request) {
  if (const ConnectionPtr connection = find_of_client(request.address))
    connection->request(std::move(request));
  else
    refuse(request, gatt_code::not_connected);
}

void Links::State::on_device_request(const esphome::Message& message) {
  const auto wanted = read<esphome::DeviceRequest>(message);
  if (!wanted) return;
  switch (wanted->request_type) {
    case DeviceRequestType::connect_v1: return tell_connection(wanted->address, false, 0, 0);
    case DeviceRequestType::disconnect: return disconnect(wanted->address);
    case DeviceRequestType::pair:
      if (!radio.abilities().pairing) return refuse({.kind = Kind::pair, .address = wanted->address}, gatt_code::not_supported);
      return request({.kind = Kind::pair, .address = wanted->address});
    case DeviceRequestType::unpair: return start_job(Kind::unpair, *wanted);
    case DeviceRequestType::connect_with_cache:
    case DeviceRequestType::connect_without_cache: return connect(*wanted);
    case DeviceRequestType::clear_cache: return start_job(Kind::clear_cache, *wanted);
  }
}

void Links::State::connect(const esphome::DeviceRequest& wanted) {
  const auto refuse_connection = [&] {
    ++counts.refused;
    tell_connection(wanted.address, false, 0, 0);
  };
  // A guess would often be wrong, and a wrong kind of address is another device's. Firmware refuses too.
  if (!wanted.has_address_type || closing_all > 0) return refuse_connection();
  const Address device(wanted.address, esphome::is_random_type(wanted.address_type));
  const SlotDesk::Decision decision = desk.request(device, clock.now(), radio.slots());
  if (decision.answer == SlotDesk::Answer::no_slot) return refuse_connection();
  if (decision.answer == SlotDesk::Answer::accepted) {
    const auto connection = std::make_shared<DeviceConnection>(
        clock, executor, radio,
        DeviceConnection::Order{.device = device,
                                .from_cache = wanted.request_type == DeviceRequestType::connect_with_cache,
                                .ticket = decision.ticket,
                                .label = our_label},
        weak_from_this(), client);
    connections.emplace(decision.ticket, connection);
    connection->start();
    return tell_slots();
  }
  const ConnectionPtr connection = find_of_client(wanted.address);
  // One that closes for this client is answered when it has closed; one of a client before has a slot that is not free yet.
  if (connection == nullptr) return refuse_connection();
  if (decision.answer == SlotDesk::Answer::up) tell_connection(wanted.address, true, connection->mtu(), 0);
}

void Links::State::disconnect(uint64_t address) {
  if (const ConnectionPtr connection = find_of_client(address)) return connection->close();
  tell_connection(address, false, 0, 0);
  tell_slots();
}

void Links::State::start_job(Kind kind, const esphome::DeviceRequest& wanted) {
  const LinkAbilities abilities = radio.abilities();
  GattRequest request{.kind = kind, .address = wanted.address};
  if (!(kind == Kind::unpair ? abilities.pairing : abilities.cache_clearing)) return refuse(request, gatt_code::not_supported);
  std::optional<Address> device;
  if (wanted.has_address_type) device = Address(wanted.address, esphome::is_random_type(wanted.address_type));
  const ConnectionPtr connection = find_of_client(wanted.address);
  const bool is_up = connection != nullptr && connection->is_up();
  const auto on_end = [weak = weak_from_this(), to = client, request](int32_t code) {
    const auto self = weak.lock();
    if (self == nullptr || to == nullptr || self->client != to) return;
    if (code == 0)
      send_done(*to, request);
    else
      send_refusal(*to, request, code);
  };
  const TimePoint deadline = clock.now() + DeviceConnection::request_limit;
  const bool started = jobs.start({.kind = kind, .address = wanted.address, .device = device, .deadline = deadline},
                                  is_up ? connection : nullptr, on_end);
  if (!started) refuse(request, gatt_code::busy);
}

void Links::State::set_parameters(const esphome::Message& message) {
  const auto wanted = read<esphome::SetConnectionParameters>(message);
  if (!wanted) return;
  GattRequest made{.kind = Kind::parameters, .address = wanted->address};
  if (!radio.abilities().parameters) return refuse(made, gatt_code::not_supported);
  const auto [interval_min, interval_max] = std::pair(wanted->min_interval, wanted->max_interval);
  if (std::max({interval_min, interval_max, wanted->latency, wanted->timeout}) > 0xFFFF)
    return refuse(made, gatt_code::illegal_parameter);
  made.parameters = {.min_interval = {static_cast<uint16_t>(interval_min)},
                     .max_interval = {static_cast<uint16_t>(interval_max)},
                     .latency = static_cast<uint16_t>(wanted->latency),
                     .timeout = {static_cast<uint16_t>(wanted->timeout)}};
  request(std::move(made));
}

// Links itself.

Links::Links(Clock& clock, boost::asio::any_io_executor executor, Radio& radio, const Options& options)
    : state_(std::make_shared<State>(clock, std::move(executor), radio, options)) {}

Links::~Links() {
  state_->client = nullptr;
  const auto connections = std::exchange(state_->connections, {});
  for (const auto& [ticket, connection] : connections) {
    connection->leave_client(false);
    connection->close();
    connection->drop();
  }
  state_->jobs.stop();
  state_->alarm.stop();
}

uint32_t Links::features() const {
  using esphome::Feature;
  if (!may_connect(state_->radio, state_->options)) return 0;
  const LinkAbilities abilities = state_->radio.abilities();
  uint32_t flags = 0;
  const auto add = [&](Feature feature) { flags |= static_cast<uint32_t>(feature); };
  add(Feature::active_connections);
  add(Feature::remote_caching);
  if (abilities.pairing) add(Feature::pairing);
  if (abilities.cache_clearing) add(Feature::cache_clearing);
  if (abilities.parameters) add(Feature::connection_parameters);
  return flags;
}

void Links::set_client(std::shared_ptr<Answers> client) {
  State& state = *state_;
  if (state.client == client) return;
  state.client = std::move(client);
  for (const auto& [ticket, connection] : state.connections) {
    // The last that it hears: it would take its links for whole until it uses them.
    if (const auto before = connection->client(); before != nullptr && state.desk.phase(ticket))
      send_connection(*before, connection->device().bits(), false, 0, connection_code(CloseReason::other_host));
    connection->leave_client(false);
    connection->close();
  }
  state.tell_slots();
}

bool Links::on_message(const esphome::Message& message) {
  State& state = *state_;
  switch (message.type) {
    case MessageType::device_request: state.on_device_request(message); return true;
    case MessageType::subscribe_connections_free: state.tell_slots(); return true;
    case MessageType::set_connection_parameters: state.set_parameters(message); return true;
    case MessageType::get_services:
      state.on_gatt<esphome::AddressRequest>(message, [](const auto&, GattRequest& to) { to.kind = Kind::services; });
      return true;
    case MessageType::read_request:
      state.on_gatt<esphome::ReadRequest>(message, [](const auto& from, GattRequest& to) {
        to.kind = Kind::read;
        to.handle = from.handle;
      });
      return true;
    case MessageType::write_request:
      state.on_gatt<esphome::WriteRequest>(message, [](const auto& from, GattRequest& to) {
        to.kind = Kind::write;
        to.handle = from.handle;
        to.flag = from.response;
        to.value = copy(from.data);
      });
      return true;
    case MessageType::read_descriptor_request:
      state.on_gatt<esphome::ReadDescriptorRequest>(message, [](const auto& from, GattRequest& to) {
        to.kind = Kind::read_descriptor;
        to.handle = from.handle;
      });
      return true;
    case MessageType::write_descriptor_request:
      state.on_gatt<esphome::WriteDescriptorRequest>(message, [](const auto& from, GattRequest& to) {
        to.kind = Kind::write_descriptor;
        to.handle = from.handle;
        to.value = copy(from.data);
      });
      return true;
    case MessageType::notify_request:
      state.on_gatt<esphome::NotifyRequest>(message, [](const auto& from, GattRequest& to) {
        to.kind = Kind::notify;
        to.handle = from.handle;
        to.flag = from.enable;
      });
      return true;
    default: return false;
  }
}

awaitable<void> Links::close_all(TimePoint deadline) {
  const auto state = state_;
  struct Closing {
    explicit Closing(int& its_count) : count(its_count) { ++count; }
    Closing(const Closing&) = delete;
    Closing& operator=(const Closing&) = delete;
    ~Closing() { --count; }
    int& count;
  } const closing(state->closing_all);
  Event freed(state->executor);
  const Bell::Listener listener(state->freed, freed);
  for (const auto& [ticket, connection] : state->connections) connection->close();
  bool in_time = true;
  while (in_time && !state->desk.empty()) {
    freed.reset();
    in_time = co_await within(state->clock, deadline, freed.wait());
  }
}

Slots Links::slots() const {
  return state_->desk.slots(state_->radio.slots(), our_label);
}

const Links::Counts& Links::counts() const noexcept {
  return state_->counts;
}

void Links::on_sighting(const Sighting& sighting) {
  State& state = *state_;
  if (sighting.time < state.next_look) return;
  state.next_look = sighting.time + look_interval;
  if (state.client != nullptr && state.desk.count(state.radio.slots()) != state.told) state.tell_slots();
}

}  // namespace moor::proxy
