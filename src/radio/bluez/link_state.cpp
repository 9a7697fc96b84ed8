#include "radio/bluez/link_state.hpp"

#include "radio/bluez/acquired_notify.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <numeric>

namespace moor::bluez {

namespace {

constexpr size_t most_held = 64;  // values kept back while a read is under way

struct Reason {
  CloseReason reason;
  std::string_view text;
};
Reason reason_of(hci::DeviceDisconnected::Reason reason, bool asked) noexcept {
  using From = hci::DeviceDisconnected::Reason;
  switch (reason) {
    case From::timeout: return {CloseReason::supervision_timeout, "connection timeout"};
    case From::by_local_host: return {asked ? CloseReason::local : CloseReason::other_host, "terminated by this machine"};
    case From::by_remote: return {CloseReason::peer, "terminated by the device"};
    case From::authentication_failed: return {CloseReason::encryption_failed, "authentication failure"};
    case From::local_host_suspended: return {CloseReason::other_host, "this machine was suspended"};
    case From::unknown: break;
  }
  return {asked ? CloseReason::local : CloseReason::unknown, "disconnected"};
}

}  // namespace

LinkState::LinkState(LinkContext context, Address device, std::unique_ptr<LinkRegistry::Place> place,
                     boost::asio::any_io_executor executor)
    : context_(std::move(context)), executor_(executor), place_(std::move(place)), calls_(executor) {
  const DeviceObject* const found = context_.system->tree().find_device(context_.adapter, device);
  info_ = {.device = device,
           .name = found == nullptr ? std::string() : found->name,
           .radio = context_.id,
           .radio_name = context_.radio_name,
           .path = found == nullptr ? device_path(context_.adapter, device) : found->path,
           .since = clock().now(),
           .closed_by_clear_cache = true};
}

LinkState::~LinkState() {
  close(CloseReason::local, "closed");
}

void LinkState::begin() {
  const std::weak_ptr<LinkState> weak = weak_from_this();
  watch_ = system().tree().watch_device(context_.adapter, info_.device, [weak](const ObjectTree::DeviceEvent& event) {
    if (const auto self = weak.lock()) self->on_event(event);
  });
  if (Management* const management = system().management())
    management_watch_ = management->watch_events([weak](uint16_t event, uint16_t controller, Bytes parameters) {
      if (const auto self = weak.lock()) self->on_management(event, controller, parameters);
    });
  if (object() == nullptr || !object()->connected) close_for_loss(object() == nullptr);
}

const DeviceObject* LinkState::object() const noexcept {
  return context_.system->tree().find_device(context_.adapter, info_.device);
}

ErrorContext LinkState::error_context() const {
  return {.device = info_.device, .radio = context_.radio_name};
}

void LinkState::check_open() const {
  if (!closed_) return;
  ErrorContext context = error_context();
  context.cause = closed_->text;
  context.advice = "Connect again.";
  throw LinkClosed(fmt::format("the link to {} is closed: {}", info_.device.to_string(), to_string(closed_->reason)), *closed_,
                   std::move(context));
}

void LinkState::throw_timed_out() const {
  ErrorContext context = error_context();
  context.advice = "Is the device still in range? A longer deadline may help.";
  throw TimedOut(info_.device.to_string() + " has not answered in time", std::move(context));
}

void LinkState::set_closing() {
  closing_ = true;
  if (!place_->has_left()) place_->entry().closing = true;
}

bool LinkState::ends_connection() const {
  if (place_->has_left()) return false;
  const LinkRegistry::Entry& entry = place_->entry();
  return entry.made_here && entry.links == 1;
}

void LinkState::send_disconnect() {
  if (!system().is_open() || object() == nullptr) return;
  system().bus().send(system().new_call(object()->path, "org.bluez.Device1", "Disconnect"));
}

void LinkState::close(CloseReason reason, std::string text) {
  if (closed_) return;
  closed_ = Closed{.reason = reason, .at = clock().now(), .text = std::move(text)};
  watch_.reset();
  management_watch_.reset();
  release_subscriptions();
  place_->leave();
  reads_.clear();
  services_changed_ = nullptr;
  calls_.end();
}

// bluetoothd would switch the notifications of this client on again when the device is connected the next time.
void LinkState::release_subscriptions() {
  const auto subscriptions = std::move(subscriptions_);
  subscriptions_.clear();
  for (const auto& [handle, subscription] : subscriptions) {
    const bool by_socket = subscription->socket != nullptr;
    if (by_socket) std::exchange(subscription->socket, nullptr)->stop();
    if (!std::exchange(subscription->active, false) || !uncount_notifying(handle) || by_socket) continue;
    if (!system().is_open() || object() == nullptr) continue;
    try {
      system().bus().send(system().new_call(characteristic(handle).path, "org.bluez.GattCharacteristic1", "StopNotify"));
    } catch (const GattError&) {  // it is gone, and so is what was subscribed
    }
  }
}

void LinkState::close_for_loss(bool removed) {
  const auto keep = shared_from_this();
  const AdapterObject* const adapter = system().tree().find_adapter(context_.adapter);
  if (adapter == nullptr || !adapter->powered)
    return close(CloseReason::radio_lost, adapter == nullptr ? "the adapter is gone" : "the adapter is switched off");
  const bool asked = closing_ || (!place_->has_left() && place_->entry().closing);
  const Reason reason = reason_of(disconnect_reason_.value_or(hci::DeviceDisconnected::Reason::unknown), asked);
  close(reason.reason, removed && !disconnect_reason_ ? "bluetoothd has removed the device" : std::string(reason.text));
}

// Connections and objects of devices go before their adapter's object, all in one breath; what was the matter is known after it.
void LinkState::close_soon(bool removed) {
  boost::asio::post(executor_, [weak = weak_from_this(), removed] {
    const auto self = weak.lock();
    if (self && !self->closed_) self->close_for_loss(removed);
  });
}

void LinkState::on_event(const ObjectTree::DeviceEvent& event) {
  using Kind = ObjectTree::DeviceEvent::Kind;
  switch (event.kind) {
    case Kind::value: on_value(static_cast<uint16_t>(event.characteristic + 1), event.value); return;
    case Kind::reset: close(CloseReason::radio_lost, "bluetoothd is gone"); return;
    case Kind::removed: close_soon(true); return;
    case Kind::added:
    case Kind::changed: break;
  }
  if (object() == nullptr || !object()->connected) return close_soon(object() == nullptr);
  look_at_services();
}

void LinkState::on_management(uint16_t event, uint16_t controller, Bytes parameters) {
  if (event != hci::management_event::device_disconnected || controller != context_.adapter) return;
  const auto gone = hci::parse_device_disconnected(parameters);
  const DeviceObject* const device = object();
  if (!gone || device == nullptr) return;
  if (gone->device.address.bits() == device->address.bits()) disconnect_reason_ = gone->reason;
}

const CharacteristicObject& LinkState::characteristic(uint16_t value_handle) const {
  const auto declaration = static_cast<uint16_t>(value_handle - 1);
  if (const DeviceObject* const device = object()) {
    auto service = device->services.upper_bound(declaration);
    if (service != device->services.begin()) {
      const auto& all = std::prev(service)->second.characteristics;
      const auto found = all.find(declaration);
      if (found != all.end() && !found->second.path.empty()) return found->second;
    }
  }
  throw GattError(0x01, fmt::format("{} has no characteristic with the handle {:#06x}", info_.device.to_string(), value_handle),
                  error_context());
}

LinkState::Descriptor LinkState::descriptor(uint16_t handle) const {
  if (const DeviceObject* const device = object()) {
    auto service = device->services.upper_bound(handle);
    if (service != device->services.begin()) {
      const auto& all = std::prev(service)->second.characteristics;
      auto characteristic = all.upper_bound(handle);
      if (characteristic != all.begin()) {
        --characteristic;
        const auto found = characteristic->second.descriptors.find(handle);
        if (found != characteristic->second.descriptors.end())
          return {.object = &found->second, .characteristic = static_cast<uint16_t>(characteristic->first + 1)};
      }
    }
  }
  throw GattError(0x01, fmt::format("{} has no descriptor with the handle {:#06x}", info_.device.to_string(), handle),
                  error_context());
}

uint16_t LinkState::mtu() const noexcept {
  constexpr uint16_t smallest = 23;  // Core 5.4, Vol 3, Part G, 5.2.1
  uint16_t mtu = smallest;
  const DeviceObject* const device = closed_ ? nullptr : object();
  if (device == nullptr) return mtu;
  for (const auto& [service_handle, service] : device->services)
    for (const auto& [handle, characteristic] : service.characteristics) mtu = std::max(mtu, characteristic.mtu);
  return mtu;
}

uint64_t LinkState::services_fingerprint() const noexcept {
  uint64_t print = 0;
  const auto mix = [&print](uint16_t handle, const Uuid& uuid) {
    print = (print ^ handle ^ std::hash<Uuid>()(uuid)) * 0x9E3779B97F4A7C15U;
  };
  const DeviceObject* const device = object();
  if (device == nullptr) return print;
  for (const auto& [service_handle, service] : device->services) {
    mix(service_handle, service.uuid);
    for (const auto& [handle, characteristic] : service.characteristics) {
      mix(handle, characteristic.uuid);
      for (const auto& [descriptor_handle, descriptor] : characteristic.descriptors) mix(descriptor_handle, descriptor.uuid);
    }
  }
  return print;
}

void LinkState::table_delivered() {
  delivered_services_ = services_fingerprint();
}

// bluetoothd takes care of Service Changed itself: services go and come as objects, many at a time, so they are looked at when all of them have.
void LinkState::look_at_services() {
  if (!delivered_services_ || services_check_posted_) return;
  if (services_fingerprint() == *delivered_services_) return;
  services_check_posted_ = true;
  boost::asio::post(executor_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->services_check_posted_ = false;
    if (self->closed_ || self->services_fingerprint() == *self->delivered_services_) return;
    self->table_delivered();
    if (const auto callback = self->services_changed_) callback();  // a copy: it may set another
  });
}

std::shared_ptr<LinkState::Subscription> LinkState::find_subscription(uint16_t handle) const {
  const auto found = subscriptions_.find(handle);
  return found == subscriptions_.end() ? nullptr : found->second;
}

void LinkState::set_subscription(uint16_t handle, std::shared_ptr<Subscription> subscription) {
  subscriptions_[handle] = std::move(subscription);
}

void LinkState::remove_subscription(uint16_t handle) {
  subscriptions_.erase(handle);
}

bool LinkState::count_notifying(uint16_t handle) {
  return place_->entry().notifying[handle]++ == 0;
}

bool LinkState::uncount_notifying(uint16_t handle) {
  if (place_->has_left()) return false;
  auto& notifying = place_->entry().notifying;
  const auto found = notifying.find(handle);
  if (found == notifying.end() || --found->second > 0) return false;
  notifying.erase(found);
  return true;
}

void LinkState::on_value(uint16_t handle, Bytes value) {
  const auto subscription = find_subscription(handle);
  if (!subscription || subscription->socket) return;
  const auto reads = reads_.find(handle);
  if (reads == reads_.end()) return deliver(handle, value, clock().now());
  auto& held = reads->second.held;
  held.push_back({std::vector<uint8_t>(value.begin(), value.end()), clock().now()});
  if (held.size() <= most_held) return;
  const Held oldest = std::move(held.front());
  held.pop_front();
  deliver(handle, oldest.value, oldest.t);
}

void LinkState::deliver(uint16_t handle, Bytes value, TimePoint t) {
  const auto subscription = find_subscription(handle);  // kept, as the callback may end it
  if (subscription && subscription->on_value) subscription->on_value(value, t);
}

// bluetoothd says what was read before it answers the read, so the last equal value is the echo.
void LinkState::end_read(uint16_t handle, const std::vector<uint8_t>* value) {
  const auto reads = reads_.find(handle);
  if (reads == reads_.end()) return;
  auto& held = reads->second.held;
  if (value != nullptr) {
    const auto echo = std::find_if(held.rbegin(), held.rend(), [&](const Held& each) { return each.value == *value; });
    if (echo != held.rend()) held.erase(std::prev(echo.base()));
  }
  if (--reads->second.under_way > 0) return;
  const std::deque<Held> rest = std::move(held);
  reads_.erase(reads);
  const auto keep = shared_from_this();
  for (const Held& each : rest) deliver(handle, each.value, each.t);
}

}  // namespace moor::bluez
