#include "publish/device_publisher.hpp"

#include "beacon/reading_fields.hpp"
#include "core/within.hpp"
#include "publish/device_state.hpp"
#include "publish/quantities.hpp"

#include <algorithm>

namespace moor::publish {

namespace {

constexpr Duration tick = std::chrono::seconds(1);  // between two looks at what is due; what is urgent does not wait for it
constexpr Duration next_part = std::chrono::milliseconds(10);  // between two parts of what is due
constexpr size_t part = 100;                                   // states at a time, so that nothing else waits for them
constexpr size_t most_obsolete = 10'000;

HomeAssistantOptions home_assistant_options(const GatewayConfig& config) {
  const auto names_no_device = [](const auto& each) { return !each.device; };
  return {
      .entities = {.prefix = config.home_assistant.prefix,
                   .expire_after = config.home_assistant.expire_after,
                   .gateway_name = config.gateway.name},
      .forget_after = config.devices.forget_after,
      .most = config.devices.max,
      .discovery = config.home_assistant.discovery,
      .finds_devices = std::ranges::any_of(config.sensors, names_no_device) || std::ranges::any_of(config.keys, names_no_device)};
}

}  // namespace

DevicePublisher::DevicePublisher(Gateway& gateway, mqtt::Client& client, const Topics& topics)
    : gateway_(gateway),
      config_(gateway.config()),
      clock_(gateway.clock()),
      client_(client),
      topics_(topics),
      schedule_(config_.mqtt.state_interval),
      shared_(config_.gateway.name, config_.presence.lost_after, config_.devices.max),
      home_assistant_(topics_, home_assistant_options(config_), Identities::number_of(config_.gateway.name)) {
  gateway_.add_listener(*this);
  client_.subscribe({.filter = topics_.shared_states(), .qos = mqtt::Qos::at_most_once, .own = false});
  for (const std::string& filter : home_assistant_.filters())
    client_.subscribe({.filter = filter, .qos = mqtt::Qos::at_least_once});
  tell_configured_devices();
}

// They are entities from the start, whether they are heard or not.
void DevicePublisher::tell_configured_devices() {
  const auto tell = [&](const std::optional<Address>& address) {
    if (!address) return;
    const Identity identity = gateway_.identities().identify(*address, clock_.now());
    EntityDevice device{.id = identity.text, .name = identity.text, .configured = true};
    if (identity.address && address->kind() == AddressKind::public_) device.address = identity.address->to_string();
    home_assistant_.present(device);
  };
  for (const auto& each : config_.own_devices) tell(each.address);
  for (const auto& each : config_.keys) tell(each.device);
  for (const auto& each : config_.sensors) tell(each.device);
}

void DevicePublisher::on_connected() {
  connected_ = true;
  home_assistant_.on_connected(clock_.now());
  // The broker may have lost what it kept.
  for (DeviceSlot slot = 0; slot < slots_.size(); ++slot)
    if (slots_[slot].interest == Interest::state || slots_[slot].interest == Interest::entity) schedule_.touch(slot);
  wake_();
}

void DevicePublisher::on_disconnected() {
  connected_ = false;
  home_assistant_.on_disconnected();
}

void DevicePublisher::on_message(const mqtt::Message& message) {
  if (const auto device = topics_.device_of(message.topic)) {
    if (const auto state = parse_shared_state(message.payload))
      shared_.on_state(*device, *state, clock_.now());
    else
      shared_.on_removed(*device);
  } else {
    home_assistant_.on_message(message, clock_.now());
    wake_();
  }
}

awaitable<void> DevicePublisher::run() {
  for (;;) {
    if (!connected_) {
      co_await wake_.wait();
      continue;
    }
    const bool more = step();
    static_cast<void>(co_await within(clock_, clock_.now() + (more ? next_part : tick), wake_.wait()));
  }
}

// Events and goodbyes need room too.
bool DevicePublisher::has_room() const {
  return client_.statistics().in_flight < std::max<size_t>(client_.max_in_flight() / 2, 1);
}

bool DevicePublisher::send(mqtt::Message message) {
  return has_room() && client_.publish(std::move(message));
}

// @returns whether more is due already.
bool DevicePublisher::step() {
  while (true) {
    auto message = home_assistant_.next(clock_.now());
    if (!message) break;
    if (!send(*message)) return true;
    home_assistant_.on_published(*message);
  }
  while (!obsolete_.empty()) {
    mqtt::Message removal{.topic = *obsolete_.begin(), .payload = {}, .qos = mqtt::Qos::at_least_once, .retain = true};
    if (!send(std::move(removal))) return true;
    obsolete_.erase(obsolete_.begin());
  }
  for (size_t i = 0; i < part; ++i) {
    if (!has_room()) return true;
    const auto slot = schedule_.take(clock_.now());
    if (!slot) return false;
    if (publish_state(*slot)) continue;
    schedule_.put_back(*slot);
    return true;
  }
  return true;
}

DevicePublisher::Slot& DevicePublisher::at(DeviceSlot slot) {
  if (slot >= slots_.size()) slots_.resize(slot + size_t{1});
  return slots_[slot];
}

// Addresses that change are nobody's for long: what is published of them would only pile up at the broker.
DevicePublisher::Interest DevicePublisher::interest_of(const Slot& known, const DeviceStatus& status,
                                                       const Device& device) const {
  if (status.own || served_.contains(status.identity)) return Interest::entity;
  const AddressKind kind = device.address.kind();
  if (kind != AddressKind::public_ && kind != AddressKind::random_static) return Interest::none;
  // An identity that changes each day is as good as an address that does.
  if (status.identity.starts_with("r-")) return Interest::none;
  return known.is_beacon ? Interest::entity : Interest::state;
}

// @returns false where the client takes no more now.
bool DevicePublisher::publish_state(DeviceSlot slot) {
  const DeviceTable& devices = gateway_.pipeline().devices();
  const DeviceStatus* const status = gateway_.board().find(slot);
  if (status == nullptr || slot >= devices.slots() || !devices.is_used(slot) || !gateway_.pipeline().passes(slot)) return true;
  const Device& device = devices[slot];
  Slot& known = at(slot);
  known.interest = interest_of(known, *status, device);
  if (known.interest == Interest::none) return true;

  const bool entity = known.interest == Interest::entity;
  const TimePoint now = clock_.now();
  const auto& radios = gateway_.radios();
  const std::optional<Address> address = gateway_.identities().identify(device.address, now).address;
  const std::string_view type = gateway_.pipeline().format_of(slot);
  const StateContext context{
      .gateway = config_.gateway.name,
      .radio = device.radio < radios.size() ? std::string_view(radios[device.radio].name) : std::string_view(),
      .type = type,
      .address = address,
      .now = now,
      .expire_after = config_.home_assistant.expire_after};
  mqtt::Message message{
      .topic = topics_.own_state(status->identity), .payload = state_json(*status, device, context, clock_), .retain = true};
  if (!status->own) message.expiry = config_.devices.forget_after + config_.mqtt.state_interval;
  std::string payload = entity ? message.payload : std::string();
  if (!client_.publish(std::move(message))) return false;
  ++states_;
  known.id = status->identity;
  known.stays = status->own || served_.contains(status->identity);
  if (!entity) return true;
  if (shared_.writes(slug(status->identity), !status->zone.empty(), status->smoothed_dbm, now)) {
    mqtt::Message shared{.topic = topics_.shared_state(status->identity), .payload = std::move(payload), .retain = true};
    static_cast<void>(client_.publish(std::move(shared)));  // where there is no room now, the next state has it
    shared_.on_removed(slug(status->identity));
  }
  tell_home_assistant(known, *status, device, address, type);
  return true;
}

void DevicePublisher::tell_home_assistant(Slot& known, const DeviceStatus& status, const Device& device,
                                          const std::optional<Address>& address, std::string_view type) {
  if (known.readings_told == status.readings.size() && known.name_told == status.name && !known.name_told.empty()) return;
  known.readings_told = status.readings.size();
  known.name_told = status.name;
  const bool configured = status.own || served_.contains(status.identity);
  EntityDevice entity{.id = status.identity, .name = status.name, .model = std::string(type), .configured = configured};
  if (address && device.address.kind() == AddressKind::public_) entity.address = address->to_string();
  for (const CurrentReading& reading : status.readings) entity.readings.emplace(reading.quantity, reading.index);
  home_assistant_.present(entity);
}

void DevicePublisher::on_device(DeviceSlot slot, const Device&) {
  at(slot) = {};
  schedule_.touch(slot);
}

void DevicePublisher::on_forgotten(DeviceSlot slot, const Device&) {
  schedule_.forget(slot);
  const Slot known = std::exchange(at(slot), {});
  if (known.id.empty()) return;
  shared_.on_removed(slug(known.id));
  if (known.stays) return;
  if (obsolete_.size() < most_obsolete) obsolete_.insert(topics_.own_state(known.id));
  if (known.interest == Interest::entity) home_assistant_.gone(known.id);
}

void DevicePublisher::on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) {
  Slot& known = at(slot);
  if (!decoded.frames().empty()) known.is_beacon = true;
  schedule_.touch(slot);
  const DeviceStatus* const status = gateway_.board().find(slot);
  if (status == nullptr || interest_of(known, *status, device) != Interest::entity) return;
  std::optional<double> packet;
  for (const Reading& reading : decoded.readings())
    if (reading.quantity == Quantity::packet_id && reading.valid) packet = reading.value;
  if (packet && packet == known.packet) return;  // the same press, from another part of the payload or another radio
  known.packet = packet;
  for (const Reading& reading : decoded.readings()) publish_input(*status, reading, t);
}

// One that cannot be told now is not told later: lights that go on an hour after the switch was pressed are worse.
void DevicePublisher::publish_input(const DeviceStatus& status, const Reading& reading, TimePoint t) {
  if (kind_of(reading.quantity) != QuantityKind::event || !reading.valid || reading.value == 0) return;
  const auto event = event_name(static_cast<InputEvent>(reading.value));
  if (event.empty() || !shared_.writes(slug(status.identity), !status.zone.empty(), status.smoothed_dbm, t)) return;
  mqtt::Message message{.topic = topics_.input(status.identity, reading_key(reading.quantity, reading.index)),
                        .payload = input_json(event, config_.gateway.name, t, clock_),
                        .qos = mqtt::Qos::at_least_once};
  static_cast<void>(client_.publish(std::move(message)));
}

void DevicePublisher::on_heard(DeviceSlot slot, const Device&, const Sighting&) {
  if (slot < slots_.size() && slots_[slot].interest == Interest::none) return;
  schedule_.touch(slot);
}

void DevicePublisher::on_zone(const ZoneEvent& event) {
  if (event.slot < slots_.size() && slots_[event.slot].interest == Interest::none) return;
  schedule_.hurry(event.slot);
  wake_();
}

void DevicePublisher::on_sensor_value(const SensorValue& value) {
  if (const auto slot = gateway_.find(value.address)) schedule_.touch(*slot);
}

void DevicePublisher::on_sensor(const SensorState& state) {
  if (state.device.empty() || !served_.insert(state.device).second || !state.address) return;
  if (const auto slot = gateway_.find(*state.address)) {
    at(*slot).interest = Interest::unknown;
    schedule_.touch(*slot);
  }
}

}  // namespace moor::publish
