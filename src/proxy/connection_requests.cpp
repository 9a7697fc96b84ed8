#include "core/within.hpp"
#include "esphome/codec.hpp"
#include "proxy/device_connection.hpp"
#include "proxy/error_codes.hpp"
#include "proxy/gatt_answers.hpp"
#include "proxy/send.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace moor::proxy {

namespace {

using Kind = GattRequest::Kind;

constexpr uint32_t subscription_lanes = 0x10000;  // and the handle of the value; handles have 16 bits
constexpr uint32_t device_lane = 0x20000;         // what concerns the device as a whole
constexpr uint32_t unknown_lane = 0x30000;        // subscriptions while it is not known which handle is whose

}  // namespace

void send_refusal(Answers& client, const GattRequest& request, int32_t code) {
  const uint64_t address = request.address;
  switch (request.kind) {
    case Kind::pair: return send(client, esphome::Pairing{.address = address, .paired = false, .error = code});
    case Kind::unpair: return send(client, esphome::Unpairing{.address = address, .success = false, .error = code});
    case Kind::clear_cache: return send(client, esphome::ClearCache{.address = address, .success = false, .error = code});
    case Kind::parameters: return send(client, esphome::ConnectionParametersSet{.address = address, .error = code});
    case Kind::services:
    case Kind::read:
    case Kind::write:
    case Kind::read_descriptor:
    case Kind::write_descriptor:
    case Kind::notify: break;
  }
  send(client, esphome::GattError{.address = address, .handle = request.handle, .error = code});
}

void send_done(Answers& client, const GattRequest& request) {
  const uint64_t address = request.address;
  const uint32_t handle = request.handle;
  switch (request.kind) {
    case Kind::pair: return send(client, esphome::Pairing{.address = address, .paired = true});
    case Kind::unpair: return send(client, esphome::Unpairing{.address = address, .success = true});
    case Kind::clear_cache: return send(client, esphome::ClearCache{.address = address, .success = true});
    case Kind::parameters: return send(client, esphome::ConnectionParametersSet{.address = address});
    case Kind::write:
    case Kind::write_descriptor: return send(client, esphome::WriteResponse{.address = address, .handle = handle});
    case Kind::notify: return send(client, esphome::NotifyResponse{.address = address, .handle = handle});
    case Kind::services: return send(client, esphome::ServicesDone{.address = address});
    case Kind::read:
    case Kind::read_descriptor: break;  // these have a value
  }
}

void send_connection(Answers& client, uint64_t address, bool connected, uint32_t mtu, int32_t code) {
  send(client, esphome::DeviceConnection{.address = address, .connected = connected, .mtu = mtu, .error = code});
}

// A place in the line of a handle; the last to leave takes the line away.
class DeviceConnection::LaneUse {
public:
  LaneUse(DeviceConnection& connection, uint32_t key) : connection_(connection), at_(connection.lanes_.try_emplace(key).first) {
    ++at_->second.users;
  }
  LaneUse(const LaneUse&) = delete;
  LaneUse& operator=(const LaneUse&) = delete;
  ~LaneUse() {
    if (--at_->second.users == 0) connection_.lanes_.erase(at_);
  }
  [[nodiscard]] awaitable<Turns::Turn> take() { return at_->second.turns.take(); }

private:
  DeviceConnection& connection_;
  std::map<uint32_t, Lane>::iterator at_;
};

uint32_t DeviceConnection::lane_of(const GattRequest& request) const {
  const bool is_notify = request.kind == Kind::notify;
  if (is_notify || request.kind == Kind::write_descriptor) {
    // Whoever began before the table was known is to be done before those that come now.
    if (!services_ || lanes_.contains(unknown_lane)) return unknown_lane;
    if (is_notify) return subscription_lanes + request.handle;
    const GattCharacteristic* const configured = configured_by(*services_, static_cast<uint16_t>(request.handle));
    return configured == nullptr ? request.handle : subscription_lanes + configured->handle;
  }
  const bool has_handle = request.kind == Kind::read || request.kind == Kind::write || request.kind == Kind::read_descriptor;
  return has_handle ? request.handle : device_lane + static_cast<uint32_t>(request.kind);
}

Link& DeviceConnection::link() const {
  if (link_ == nullptr) throw LinkClosed("the link is closed", {.reason = CloseReason::local, .at = clock_.now()});
  return *link_;
}

std::shared_ptr<Answers> DeviceConnection::take(const PendingPtr& pending) {
  return std::erase(pending_, pending) == 0 ? nullptr : client_;
}

void DeviceConnection::done(const PendingPtr& pending) {
  if (const auto client = take(pending)) send_done(*client, pending->request);
}

void DeviceConnection::request(GattRequest request) {
  const auto client = client_;
  if (client == nullptr) return;
  constexpr int32_t invalid_handle = 1;
  if (!is_up()) return send_refusal(*client, request, gatt_code::not_connected);
  if (pending_.size() >= max_requests) return send_refusal(*client, request, gatt_code::busy);
  if (request.handle > 0xFFFF) return send_refusal(*client, request, invalid_handle);
  if (request.value.size() > max_value) return send_refusal(*client, request, gatt_code::bad_length);
  auto pending = std::make_shared<Pending>(Pending{std::move(request), clock_.now() + request_limit});
  pending_.push_back(pending);
  boost::asio::co_spawn(executor_, serve(shared_from_this(), std::move(pending)), boost::asio::detached);
}

awaitable<void> DeviceConnection::serve(Self self, PendingPtr pending) {
  int32_t code = gatt_code::error;
  try {
    const bool in_time = co_await within(self->clock_, pending->deadline, perform(self, pending));
    if (in_time) co_return;
  } catch (...) {
    code = request_code(std::current_exception());
  }
  // The end of the link itself is told first, with its reason: `leave_client` refuses the rest.
  if (code == gatt_code::not_connected && self->link_ != nullptr && self->link_->closed()) co_return;
  const auto client = self->take(pending);
  // A table that is not whole is passed over in silence: the client takes anything that ends the stream for its end.
  const bool silent = pending->request.kind == Kind::services && code != gatt_code::not_connected;
  if (client != nullptr && !silent) send_refusal(*client, pending->request, code);
}

awaitable<void> DeviceConnection::perform(Self self, PendingPtr pending) {
  LaneUse lane(*self, self->lane_of(pending->request));
  const Turns::Turn turn = co_await lane.take();
  co_await dispatch(self, pending);
}

awaitable<void> DeviceConnection::dispatch(Self self, PendingPtr pending) {
  const Kind kind = pending->request.kind;
  if (kind == Kind::services) return tell_services(std::move(self), std::move(pending));
  if (kind == Kind::read || kind == Kind::read_descriptor) return read(std::move(self), std::move(pending));
  if (kind == Kind::write) return write(std::move(self), std::move(pending));
  if (kind == Kind::write_descriptor) return write_descriptor(std::move(self), std::move(pending));
  if (kind == Kind::notify) return notify(std::move(self), std::move(pending));
  if (kind == Kind::pair) return pair(std::move(self), std::move(pending));
  return set_parameters(std::move(self), std::move(pending));
}

awaitable<void> DeviceConnection::know_services(Self self, TimePoint deadline) {
  const Turns::Turn turn = co_await self->discovering_.take();
  if (!self->services_) self->services_ = co_await self->link().services(deadline);
}

awaitable<void> DeviceConnection::tell_services(Self self, PendingPtr pending) {
  co_await know_services(self, pending->deadline);
  if (self->client_ == nullptr) co_return;
  if (!self->services_) throw Error("the services changed while they were asked for");
  const auto messages = services_messages(pending->request.address, *self->services_, self->client_->api_minor());
  if (!messages) throw Error("a service that is too long to be told");
  for (const std::vector<uint8_t>& each : *messages) {
    const auto client = self->client_;
    if (client == nullptr) co_return;
    client->send(esphome::MessageType::services, each);
  }
  self->done(pending);
}

awaitable<void> DeviceConnection::read(Self self, PendingPtr pending) {
  Link& link = self->link();
  std::vector<uint8_t> value;
  if (pending->request.kind == Kind::read)
    value = co_await link.read(pending->handle(), pending->deadline);
  else
    value = co_await link.read_descriptor(pending->handle(), pending->deadline);
  const auto client = self->take(pending);
  if (client == nullptr) co_return;
  const GattRequest& request = pending->request;
  send(*client, esphome::ReadResponse{.address = request.address, .handle = request.handle, .data = value});
}

// Firmware answers a write without response too.
awaitable<void> DeviceConnection::write(Self self, PendingPtr pending) {
  const WriteKind kind = pending->request.flag ? WriteKind::with_response : WriteKind::without_response;
  co_await self->link().write(pending->handle(), pending->request.value, kind, pending->deadline);
  self->done(pending);
}

Link::ValueCallback DeviceConnection::values_of(uint16_t handle) {
  return [weak = weak_from_this(), handle](Bytes value, TimePoint) {
    const auto self = weak.lock();
    const auto client = self ? self->client_ : nullptr;
    if (client == nullptr) return;
    send(*client, esphome::NotifyData{.address = self->order_.device.bits(), .handle = handle, .data = value});
  };
}

// Systems keep the indication of Service Changed for themselves: a client that has the table from here is told in the device's own words, all handles affected.
void DeviceConnection::on_services_changed() {
  constexpr std::array<uint8_t, 4> all_handles{0x01, 0x00, 0xFF, 0xFF};
  const auto known = std::exchange(services_, std::nullopt);
  if (!known || !is_up() || client_ == nullptr) return;
  for (const GattService& service : *known) {
    const GattCharacteristic* const found = service.find_characteristic(service_changed);
    if (found == nullptr) continue;
    const auto client = client_;
    send(*client, esphome::NotifyData{.address = order_.device.bits(), .handle = found->handle, .data = all_handles});
    return;
  }
}

// What configures notifications is the link's own affair: bluetoothd refuses to write that descriptor, and values come only to those who subscribe.
awaitable<void> DeviceConnection::write_descriptor(Self self, PendingPtr pending) {
  co_await know_services(self, pending->deadline);
  Link& link = self->link();
  const std::vector<uint8_t>& value = pending->request.value;
  const GattCharacteristic* const configured = self->services_ ? configured_by(*self->services_, pending->handle()) : nullptr;
  if (configured == nullptr) {
    co_await link.write_descriptor(pending->handle(), value, pending->deadline);
    self->done(pending);
    co_return;
  }
  const uint16_t handle = configured->handle;
  const ConfigurationWrite wanted = read_configuration(value);
  if (!wanted.valid) throw GattError(gatt_code::bad_length, "a configuration has two bytes");
  if (wanted.kind)
    co_await link.subscribe(handle, *wanted.kind, self->values_of(handle), pending->deadline);
  else
    co_await link.unsubscribe(handle, pending->deadline);
  self->done(pending);
}

// The wish alone brings no values: they come once the client has written the descriptor. Taking the wish back ends them, since clients write nothing then.
awaitable<void> DeviceConnection::notify(Self self, PendingPtr pending) {
  constexpr uint8_t invalid_handle = 1;
  const uint16_t handle = pending->handle();
  if (self->services_ && self->services_->find_characteristic_by_value_handle(handle) == nullptr)
    throw GattError(invalid_handle, "no characteristic has this handle");
  if (!pending->request.flag) co_await self->link().unsubscribe(handle, pending->deadline);
  self->done(pending);
}

awaitable<void> DeviceConnection::pair(Self self, PendingPtr pending) {
  JustWorks agent;
  co_await self->link().pair(agent, pending->deadline);
  self->done(pending);
}

awaitable<void> DeviceConnection::unpair(Self self, TimePoint deadline) {
  co_await self->link().unpair(deadline);
}

awaitable<void> DeviceConnection::clear_cache(Self self, TimePoint deadline) {
  self->services_.reset();
  (void)co_await self->link().clear_cache(deadline);  // nothing to forget is as good
}

awaitable<void> DeviceConnection::set_parameters(Self self, PendingPtr pending) {
  (void)co_await self->link().set_parameters(pending->request.parameters, pending->deadline);
  self->done(pending);
}

}  // namespace moor::proxy
