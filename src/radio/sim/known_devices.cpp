#include "radio/sim/known_devices.hpp"

#include "core/within.hpp"

#include <boost/asio/this_coro.hpp>

namespace moor::sim {

KnownDevices::KnownDevices(State& state, size_t radio) : state_(state), radio_(radio), entries_(state.spec().devices.size()) {}

bool KnownDevices::is_known(const Entry& entry, TimePoint t) const noexcept {
  return is_kept(entry) || (entry.there && t - entry.last_heard < temporary_timeout);
}

void KnownDevices::heard(size_t device, int8_t rssi_dbm, TimePoint t) {
  Entry& entry = entries_[device];
  const bool was_known = is_known(entry, t);
  entry.there = true;
  entry.last_heard = t;
  entry.rssi_dbm = rssi_dbm;
  if (!was_known) ring(device);
}

void KnownDevices::set_connecting(size_t device, bool connecting) {
  Entry& entry = entries_[device];
  entry.connecting = static_cast<uint16_t>(entry.connecting + (connecting ? 1 : -1));
}

void KnownDevices::set_connected(size_t device, bool connected) {
  Entry& entry = entries_[device];
  entry.connected = connected;
  entry.there = true;
  // BlueZ keeps a device for the time-out after its link too.
  entry.last_heard = std::max(entry.last_heard, state_.clock().now());
  ring(device);
}

void KnownDevices::set_bonded(size_t device, bool bonded) {
  entries_[device].bonded = bonded;
  ring(device);
}

bool KnownDevices::forget(size_t device) {
  Entry& entry = entries_[device];
  if (entry.bonded || !is_known(entry, state_.clock().now())) return false;
  entry.there = false;
  entry.rssi_dbm = no_rssi;
  ring(device);
  return true;
}

std::optional<KnownDevice> KnownDevices::find(size_t device) const {
  const Entry& entry = entries_[device];
  if (!is_known(entry, state_.clock().now())) return std::nullopt;
  const DeviceEntry& spec = state_.spec().devices[device];
  KnownDevice known{.address = spec.address, .name = spec.name, .path = path(device)};
  if (entry.rssi_dbm != no_rssi) known.rssi_dbm = entry.rssi_dbm;
  known.connected = entry.connected;
  known.bonded = entry.bonded;
  return known;
}

std::vector<KnownDevice> KnownDevices::all() const {
  std::vector<KnownDevice> known;
  for (size_t device = 0; device < entries_.size(); ++device)
    if (auto each = find(device)) known.push_back(std::move(*each));
  return known;
}

std::string KnownDevices::path(size_t device) const {
  if (state_.spec().radios[radio_].kind == RadioKind::proxy) return {};
  std::string address = state_.spec().devices[device].address.to_string();
  std::replace(address.begin(), address.end(), ':', '_');
  return "/org/bluez/hci" + std::to_string(radio_) + "/dev_" + address;
}

awaitable<void> KnownDevices::changed(size_t device) {
  const auto keep_alive = state_.shared_from_this();
  Event change(co_await boost::asio::this_coro::executor);
  const Bell::Listener listener(bells_[device], change);
  const Entry& entry = entries_[device];
  while (is_known(entry, state_.clock().now()) && !is_kept(entry)) {
    // Being forgotten is a change; each advertisement puts it off.
    if (co_await within(state_.clock(), entry.last_heard + temporary_timeout, change.wait())) co_return;
    if (!is_known(entry, state_.clock().now())) co_return;
  }
  co_await change.wait();
}

void KnownDevices::ring(size_t device) {
  if (const auto bell = bells_.find(device); bell != bells_.end()) bell->second.ring();
}

}  // namespace moor::sim
