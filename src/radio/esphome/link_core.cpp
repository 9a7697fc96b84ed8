#include "radio/esphome/link_core.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace moor::esphome_radio {

namespace {

constexpr uint16_t least_mtu = 23;  // Core 5.4, Vol 3, Part G, 5.2.1
constexpr uint16_t most_mtu = 517;  // the longest value, with its opcode and handle
constexpr int32_t not_connected = -1;

bool is_service_changed(const GattServices& table, uint16_t handle) {
  const GattCharacteristic* const found = table.find_characteristic_by_value_handle(handle);
  return found != nullptr && found->uuid == service_changed;
}

}  // namespace

LinkCore::LinkCore(Port& port, LinkOwner& owner, DeviceMemory& memory, boost::asio::any_io_executor executor, Address device,
                   std::string name, uint16_t mtu, bool from_cache)
    : port_(&port),
      owner_(&owner),
      memory_(&memory),
      clock_(port.clock()),
      executor_(std::move(executor)),
      mtu_(std::clamp(mtu, least_mtu, most_mtu)) {
  const ProxyFacts* const facts = port.facts();
  info_ = {.device = device,
           .name = std::move(name),
           .radio = port.info().id,
           .radio_name = port.info().name,
           .path = facts == nullptr ? std::string() : facts->name,
           .since = clock_.now()};
  if (!from_cache) return;
  // A connection that was made from the cache is there before its MTU is agreed: it says 23.
  if (const RememberedDevice* const known = memory.find(device)) {
    mtu_ = std::max(mtu_, known->mtu);
    table_ = known->services;
  }
}

ErrorContext LinkCore::error_context() const {
  ErrorContext context;
  context.device = info_.device;
  context.radio = info_.radio_name;
  return context;
}

void LinkCore::on_mtu(uint16_t mtu) {
  if (closed_ || mtu <= mtu_) return;
  mtu_ = std::min(mtu, most_mtu);
  if (table_) memory_->put(info_.device, {*table_, mtu_});
}

void LinkCore::check_open() const {
  if (!closed_) return;
  ErrorContext context = error_context();
  context.cause = closed_->text;
  context.advice = "Connect again.";
  const std::string what = fmt::format("the link to {} is closed: {}", info_.device.to_string(), to_string(closed_->reason));
  throw LinkClosed(what, *closed_, std::move(context));
}

void LinkCore::throw_timed_out() const {
  ErrorContext context = error_context();
  context.advice = "Is the device still in range of the proxy? A longer deadline may help.";
  throw TimedOut(info_.device.to_string() + " has not answered in time", std::move(context));
}

void LinkCore::close(CloseReason reason, std::string text) {
  if (closed_) return;
  // The proxy's answer to our own wish says that the local host has ended the connection.
  if (releasing_ && reason != CloseReason::radio_lost) reason = CloseReason::local;
  closed_ = Closed{.reason = reason, .at = clock_.now(), .text = std::move(text)};
  subscriptions_.clear();
  services_changed_ = nullptr;
  for (const auto& [ticket, call] : calls_) call->ended_.set();
  bell_.ring();
}

void LinkCore::release() {
  if (closed_ || std::exchange(releasing_, true)) return;
  const CorePtr self = shared_from_this();
  owner_->release(info_.device);
}

uint32_t LinkCore::features() const {
  const ProxyFacts* const facts = port_->facts();
  return facts == nullptr ? 0 : facts->features;
}

void LinkCore::send(esphome::MessageType type, Bytes payload) {
  check_open();
  if (!port_->send(type, payload)) close(CloseReason::radio_lost, "there is no session with the proxy");
  check_open();
}

Turns& LinkCore::turns(Pending::Key key) {
  if (key.handle != 0) key.kind = RequestKind{};
  return turns_[key];
}

void LinkCore::set_table(GattServices table) {
  if (!closed_) memory_->put(info_.device, {table, mtu_});
  table_ = std::move(table);
}

bool LinkCore::forget_table() {
  const bool remembered = !closed_ && memory_->forget(info_.device);
  const bool known = table_.has_value();
  table_.reset();
  return known || remembered;
}

LinkCore::SubscriptionPtr LinkCore::find_subscription(uint16_t handle) const {
  const auto found = subscriptions_.find(handle);
  return found == subscriptions_.end() ? nullptr : found->second;
}

void LinkCore::set_subscription(uint16_t handle, SubscriptionPtr subscription) {
  if (subscription && !closed_)
    subscriptions_[handle] = std::move(subscription);
  else
    subscriptions_.erase(handle);
}

bool LinkCore::on_message(const esphome::Message& message) {
  if (closed_) return false;
  const CorePtr self = shared_from_this();
  using esphome::MessageType;
  switch (message.type) {
    case MessageType::services: return on_services_part(message.payload);
    case MessageType::services_done: return resolve(pending_.on_answer({0, RequestKind::services}), {});
    case MessageType::read_response: return on_read(message.payload);
    case MessageType::write_response: return on_written(message.payload);
    case MessageType::notify_data: return on_value(message.payload);
    case MessageType::notify_response: {
      const auto decoded = esphome::decode<esphome::NotifyResponse>(message.payload);
      if (decoded.error || decoded.message.handle > UINT16_MAX) return false;
      return resolve(pending_.on_answer({static_cast<uint16_t>(decoded.message.handle), RequestKind::notify}), {});
    }
    case MessageType::gatt_error: {
      const auto decoded = esphome::decode<esphome::GattError>(message.payload);
      return !decoded.error && on_error(decoded.message.handle, decoded.message.error);
    }
    case MessageType::pairing: {
      const auto decoded = esphome::decode<esphome::Pairing>(message.payload);
      if (decoded.error) return false;
      return resolve(pending_.on_answer({0, RequestKind::bond}), {decoded.message.error, decoded.message.paired});
    }
    case MessageType::unpairing: return resolve_as<esphome::Unpairing>(message.payload, RequestKind::bond);
    case MessageType::clear_cache: return resolve_as<esphome::ClearCache>(message.payload, RequestKind::cache);
    case MessageType::connection_parameters_set: {
      const auto decoded = esphome::decode<esphome::ConnectionParametersSet>(message.payload);
      return !decoded.error && resolve(pending_.on_answer({0, RequestKind::parameters}), {decoded.message.error});
    }
    default: return false;
  }
}

template <typename Message>
bool LinkCore::resolve_as(Bytes payload, RequestKind kind) {
  const auto decoded = esphome::decode<Message>(payload);
  return !decoded.error && resolve(pending_.on_answer({0, kind}), {decoded.message.error, decoded.message.success});
}

bool LinkCore::resolve(std::optional<Pending::Ticket> ticket, Answer answer) {
  const auto call = ticket ? calls_.find(*ticket) : calls_.end();
  if (call == calls_.end()) {
    bell_.ring();
    return false;
  }
  call->second->answer_ = std::move(answer);
  call->second->ended_.set();
  return true;
}

bool LinkCore::on_read(Bytes payload) {
  const auto decoded = esphome::decode<esphome::ReadResponse>(payload);
  if (decoded.error || decoded.message.handle > UINT16_MAX) return false;
  Answer answer;
  answer.data.assign(decoded.message.data.begin(), decoded.message.data.end());
  return resolve(pending_.on_answer({static_cast<uint16_t>(decoded.message.handle), RequestKind::read}), std::move(answer));
}

bool LinkCore::on_written(Bytes payload) {
  const auto decoded = esphome::decode<esphome::WriteResponse>(payload);
  if (decoded.error || decoded.message.handle > UINT16_MAX) return false;
  // Firmware of mid-2025 sent the errors of all operations under this type (ESPHome PR 9561).
  if (decoded.message.error != 0) return on_error(decoded.message.handle, decoded.message.error);
  return resolve(pending_.on_answer({static_cast<uint16_t>(decoded.message.handle), RequestKind::write}), {});
}

bool LinkCore::on_error(uint32_t handle, int32_t error) {
  if (handle > UINT16_MAX) return false;
  if (error == not_connected) {
    const bool awaited = pending_.under_way() > 0;
    // Whatever the handle: the proxy has no such connection. It is asked for its end all the same, so that its slot cannot stay behind.
    if (!releasing_) owner_->release(info_.device);
    close(CloseReason::unknown, gatt_error_name(error));
    return awaited;
  }
  return resolve(pending_.on_error(static_cast<uint16_t>(handle)), {error, false});
}

bool LinkCore::on_services_part(Bytes payload) {
  const auto decoded = esphome::decode<esphome::Services>(payload);
  if (decoded.error) return false;
  const auto ticket = pending_.on_services_part();
  const auto call = ticket ? calls_.find(*ticket) : calls_.end();
  if (call == calls_.end()) return false;
  call->second->assembly_.add(decoded.message);
  return true;
}

bool LinkCore::on_value(Bytes payload) {
  const auto decoded = esphome::decode<esphome::NotifyData>(payload);
  if (decoded.error || decoded.message.handle > UINT16_MAX) return false;
  const auto handle = static_cast<uint16_t>(decoded.message.handle);
  const SubscriptionPtr subscription = find_subscription(handle);
  if (subscription && subscription->on_value && !subscription->muted) subscription->on_value(decoded.message.data, clock_.now());
  const bool changed = look_for_change(handle);
  return subscription != nullptr || changed;
}

// A proxy may tell it unasked: moor's own does.
bool LinkCore::look_for_change(uint16_t handle) {
  if (!table_ || !is_service_changed(*table_, handle)) return false;
  (void)forget_table();
  if (const auto callback = services_changed_) callback();
  return true;
}

Call::Call(CorePtr link, Pending::Key key)
    : link_(std::move(link)), ended_(link_->executor()), ticket_(link_->pending().begin(key, link_->clock().now())) {
  link_->calls_[ticket_] = this;
}

Call::~Call() {
  link_->calls_.erase(ticket_);
  link_->pending().give_up(ticket_, link_->clock().now());
}

awaitable<Answer> Call::answer() {
  co_await ended_.wait();
  if (!answer_) link_->check_open();
  co_return std::move(*answer_);
}

}  // namespace moor::esphome_radio
