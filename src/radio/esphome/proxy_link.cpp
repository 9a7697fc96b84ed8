#include "radio/esphome/proxy_link.hpp"

#include "radio/esphome/link_private.hpp"

namespace moor::esphome_radio {

ProxyLink::ProxyLink(std::shared_ptr<LinkState> state) : state_(std::move(state)), core_(state_->private_->core) {}

ProxyLink::~ProxyLink() {
  core_->release();
  core_->close(CloseReason::local, "closed");
}

const LinkInfo& ProxyLink::info() const noexcept {
  return core_->info();
}
const std::optional<Closed>& ProxyLink::closed() const noexcept {
  return core_->closed();
}
awaitable<Closed> ProxyLink::wait_closed() {
  return esphome_radio::wait_closed(core_);
}
awaitable<GattServices> ProxyLink::services(TimePoint deadline) {
  return find_services(core_, deadline);
}
awaitable<std::vector<uint8_t>> ProxyLink::read(uint16_t handle, TimePoint deadline) {
  return esphome_radio::read(core_, handle, deadline);
}
awaitable<void> ProxyLink::write(uint16_t handle, std::vector<uint8_t> value, WriteKind kind, TimePoint deadline) {
  return esphome_radio::write(core_, handle, std::move(value), kind, deadline);
}
awaitable<void> ProxyLink::subscribe(uint16_t handle, SubscribeKind kind, ValueCallback on_value, TimePoint deadline) {
  return esphome_radio::subscribe(core_, handle, kind, std::move(on_value), deadline);
}
awaitable<void> ProxyLink::unsubscribe(uint16_t handle, TimePoint deadline) {
  return esphome_radio::unsubscribe(core_, handle, deadline);
}
awaitable<std::vector<uint8_t>> ProxyLink::read_descriptor(uint16_t handle, TimePoint deadline) {
  return esphome_radio::read_descriptor(core_, handle, deadline);
}
awaitable<void> ProxyLink::write_descriptor(uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) {
  return esphome_radio::write_descriptor(core_, handle, std::move(value), deadline);
}
uint16_t ProxyLink::mtu() const noexcept {
  return core_->mtu();
}
awaitable<int8_t> ProxyLink::rssi(TimePoint) {
  return esphome_radio::rssi(core_);
}
awaitable<ParametersApplied> ProxyLink::set_parameters(ConnectionParameters parameters, TimePoint deadline) {
  return esphome_radio::set_parameters(core_, parameters, deadline);
}
awaitable<void> ProxyLink::pair(PairingAgent& agent, TimePoint deadline) {
  return esphome_radio::pair(core_, agent, deadline);
}
awaitable<void> ProxyLink::unpair(TimePoint deadline) {
  return esphome_radio::unpair(core_, deadline);
}
awaitable<bool> ProxyLink::clear_cache(TimePoint deadline) {
  return esphome_radio::clear_cache(core_, deadline);
}
void ProxyLink::on_services_changed(std::function<void()> callback) {
  core_->on_services_changed(std::move(callback));
}
awaitable<void> ProxyLink::disconnect(TimePoint deadline) {
  return esphome_radio::disconnect(core_, deadline);
}

std::unique_ptr<Link> make_link(std::shared_ptr<LinkState> state) {
  return std::make_unique<ProxyLink>(std::move(state));
}

}  // namespace moor::esphome_radio
