#include "radio/bluez/discovery.hpp"

#include "radio/bluez/system.hpp"

#include <algorithm>

namespace moor::bluez {

namespace {

constexpr const char* adapter_interface = "org.bluez.Adapter1";
constexpr Duration longest_stop = std::chrono::seconds(5);  // InProgress may last as long as a connection is made

}  // namespace

Discovery::Want::Want(std::shared_ptr<Discovery> discovery, std::vector<Uuid> service_uuids)
    : discovery_(std::move(discovery)), service_uuids_(std::move(service_uuids)) {
  discovery_->wants_.push_back(this);
}

void Discovery::Want::drop() noexcept {
  if (std::exchange(dropped_, true)) return;
  std::erase(discovery_->wants_, this);
}

Discovery::Discovery(System& system, unsigned adapter)
    : system_(system), adapter_(adapter), adapter_watch_(system.tree().watch_adapters([this] { look_at_adapter(); })) {}

// An adapter that is powered off has forgotten who wanted to discover.
void Discovery::look_at_adapter() {
  const AdapterObject* const adapter = system_.tree().find_adapter(adapter_);
  if (adapter == nullptr || !adapter->powered) state_ = State::stopped;
}

bool Discovery::is_running() const noexcept {
  return state_ == State::running && generation_ == system_.generation();
}

std::vector<Uuid> Discovery::wanted_uuids() const {
  std::vector<Uuid> uuids;
  for (const Want* want : wants_) {
    if (want->service_uuids_.empty()) return {};
    uuids.insert(uuids.end(), want->service_uuids_.begin(), want->service_uuids_.end());
  }
  std::sort(uuids.begin(), uuids.end());
  uuids.erase(std::unique(uuids.begin(), uuids.end()), uuids.end());
  return uuids;
}

awaitable<void> Discovery::settle(std::shared_ptr<Discovery> self, TimePoint deadline) {
  const Turns::Turn turn = co_await self->turns_.take();
  if (self->generation_ != self->system_.generation()) self->state_ = State::stopped;
  self->generation_ = self->system_.generation();
  if (self->wants_.empty()) {
    if (self->state_ != State::stopped) co_await self->stop(deadline);
    co_return;
  }
  // To somebody who has asked before, bluetoothd answers InProgress for ever: so it begins anew.
  if (self->state_ == State::unsure) co_await self->stop(deadline);
  const bool refilter = self->state_ == State::stopped || self->filter_ != self->wanted_uuids();
  if (refilter) co_await self->set_filter(deadline);
  if (self->state_ == State::stopped) co_await self->start(deadline);
}

awaitable<void> Discovery::set_filter(TimePoint deadline) {
  const std::vector<Uuid> uuids = wanted_uuids();
  dbus::Message message = system_.new_call(adapter_path(adapter_), adapter_interface, "SetDiscoveryFilter");
  dbus::Writer writer = message.write();
  writer.open_array("{sv}").entry("Transport", "le").entry("DuplicateData", true);
  if (!uuids.empty()) {
    writer.open_dict_entry("sv").string("UUIDs").open_variant("as").open_array("s");
    for (const Uuid& uuid : uuids) writer.string(uuid.to_string());
    writer.close().close().close();
  }
  writer.close();
  (void)co_await system_.call(std::move(message), deadline);
  filter_ = uuids;
}

awaitable<void> Discovery::start(TimePoint deadline) {
  state_ = State::unsure;
  const std::function<dbus::Message()> make = [this] {
    return system_.new_call(adapter_path(adapter_), adapter_interface, "StartDiscovery");
  };
  try {
    (void)co_await system_.call_when_free(make, deadline);
  } catch (const dbus::CallFailed&) {
    state_ = State::stopped;
    throw;
  }
  state_ = State::running;
}

awaitable<void> Discovery::stop(TimePoint deadline) {
  state_ = State::unsure;
  const std::function<dbus::Message()> make = [this] {
    return system_.new_call(adapter_path(adapter_), adapter_interface, "StopDiscovery");
  };
  try {
    (void)co_await system_.call_when_free(make, std::min(deadline, system_.clock().now() + longest_stop));
    state_ = State::stopped;
    dbus::Message clear = system_.new_call(adapter_path(adapter_), adapter_interface, "SetDiscoveryFilter");
    clear.write().no_entries();
    system_.bus().send(std::move(clear));
  } catch (const TimedOut&) {  // stopped the next time
  } catch (const Error&) {     // "No discovery started", powered off, no adapter, no bluetoothd: there is none
    state_ = State::stopped;
  }
}

}  // namespace moor::bluez
