#include "radio/bluez/bluez_link.hpp"

#include "core/within.hpp"
#include "radio/bluez/device_changes.hpp"
#include "radio/bluez/make_link.hpp"

namespace moor::bluez {

namespace {

constexpr const char* device_interface = "org.bluez.Device1";

class BluezLink final : public Link {
public:
  explicit BluezLink(LinkPtr state) : state_(std::move(state)) {}
  BluezLink(const BluezLink&) = delete;
  BluezLink& operator=(const BluezLink&) = delete;
  ~BluezLink() override {
    if (state_->closed()) return;
    if (state_->ends_connection()) {
      state_->set_closing();
      state_->send_disconnect();
    }
    state_->close(CloseReason::local, "closed");
  }

  const LinkInfo& info() const noexcept override { return state_->info(); }
  const std::optional<Closed>& closed() const noexcept override { return state_->closed(); }
  awaitable<Closed> wait_closed() override { return bluez::wait_closed(state_); }
  awaitable<GattServices> services(TimePoint deadline) override { return find_services(state_, deadline); }
  awaitable<std::vector<uint8_t>> read(uint16_t handle, TimePoint deadline) override {
    return bluez::read(state_, handle, deadline);
  }
  awaitable<void> write(uint16_t handle, std::vector<uint8_t> value, WriteKind kind, TimePoint deadline) override {
    return bluez::write(state_, handle, std::move(value), kind, deadline);
  }
  /// Whether notifications or indications come is bluetoothd's own choice: notifications where the characteristic has both.
  awaitable<void> subscribe(uint16_t handle, SubscribeKind, ValueCallback on_value, TimePoint deadline) override {
    return bluez::subscribe(state_, handle, std::move(on_value), deadline);
  }
  awaitable<void> unsubscribe(uint16_t handle, TimePoint deadline) override {
    return bluez::unsubscribe(state_, handle, deadline);
  }
  awaitable<std::vector<uint8_t>> read_descriptor(uint16_t handle, TimePoint deadline) override {
    return bluez::read_descriptor(state_, handle, deadline);
  }
  awaitable<void> write_descriptor(uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) override {
    return bluez::write_descriptor(state_, handle, std::move(value), deadline);
  }
  uint16_t mtu() const noexcept override { return state_->mtu(); }
  awaitable<int8_t> rssi(TimePoint deadline) override { return bluez::rssi(state_, deadline); }
  awaitable<ParametersApplied> set_parameters(ConnectionParameters parameters, TimePoint deadline) override {
    return bluez::set_parameters(state_, parameters, deadline);
  }
  awaitable<void> pair(PairingAgent& agent, TimePoint deadline) override { return bluez::pair(state_, agent, deadline); }
  awaitable<void> unpair(TimePoint deadline) override { return bluez::unpair(state_, deadline); }
  awaitable<bool> clear_cache(TimePoint deadline) override { return bluez::clear_cache(state_, deadline); }
  void on_services_changed(std::function<void()> callback) override { state_->on_services_changed(std::move(callback)); }
  awaitable<void> disconnect(TimePoint deadline) override { return bluez::disconnect(state_, deadline); }

private:
  LinkPtr state_;
};

void mark_closing(const LinkContext& context, const Address& device) {
  if (LinkRegistry::Entry* const entry = context.system->links().find({context.adapter, device.bits()})) entry->closing = true;
}

}  // namespace

std::unique_ptr<Link> make_link(LinkPtr state) {
  return std::make_unique<BluezLink>(std::move(state));
}

awaitable<void> close_connection(LinkContext context, Address device, TimePoint deadline) {
  System& system = *context.system;
  co_await system.open(deadline);
  DeviceChanges changes(system, context.adapter, device, co_await boost::asio::this_coro::executor);
  if (!changes.is_connected()) co_return;
  mark_closing(context, device);
  try {
    (void)co_await system.call(system.new_call(changes.object()->path, device_interface, "Disconnect"), deadline);
  } catch (const dbus::CallFailed&) {  // not connected, or gone: nothing to close
  } catch (const TimedOut&) {
    co_return;
  }
  while (changes.is_connected() && co_await changes.next(deadline)) {
  }
}

awaitable<bool> forget(LinkContext context, Address device, bool bond_too, TimePoint deadline) {
  System& system = *context.system;
  co_await system.open(deadline);
  const DeviceObject* const object = system.tree().find_device(context.adapter, device);
  if (object == nullptr || ((object->bonded || object->paired) && !bond_too)) co_return false;
  mark_closing(context, device);
  DeviceChanges changes(system, context.adapter, device, co_await boost::asio::this_coro::executor);
  dbus::Message message = system.new_call(adapter_path(context.adapter), "org.bluez.Adapter1", "RemoveDevice");
  message.write().path(object->path);
  try {
    (void)co_await system.call(std::move(message), deadline);
  } catch (const dbus::CallFailed& refusal) {
    if (refusal.name() == "org.bluez.Error.DoesNotExist") co_return false;
    ErrorContext error{.device = device, .radio = context.radio_name, .cause = full_text(refusal)};
    throw RadioNotAvailable("bluetoothd does not forget " + device.to_string(), std::move(error));
  }
  while (changes.object() != nullptr && co_await changes.next(deadline)) {
  }
  co_return true;
}

}  // namespace moor::bluez
