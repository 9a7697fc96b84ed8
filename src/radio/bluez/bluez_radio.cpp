#include "radio/bluez/bluez_radio.hpp"

#include "radio/bluez/adapter_state.hpp"
#include "radio/bluez/advertisement_monitor.hpp"
#include "radio/bluez/bluez_link.hpp"
#include "radio/bluez/link_registry.hpp"
#include "radio/bluez/restartable.hpp"
#include "radio/bluez/scans.hpp"
#include "radio/bluez/unavailable.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace moor::bluez {

namespace {

constexpr Duration opening_time = std::chrono::seconds(15);
constexpr Duration silent_after = std::chrono::seconds(90);              // as habluetooth 6.26.7
constexpr Duration adapter_back_time = std::chrono::milliseconds(3500);  // bluetooth-auto-recovery: until bluetoothd has it again
constexpr Duration power_cycle_pause = std::chrono::milliseconds(500);
constexpr int usual_slots = 5;  // what Home Assistant's bluetooth-adapters assumes; CSR has 5, Broadcom 7

KnownDevice to_known(const DeviceObject& device) {
  return {.address = device.address,
          .name = device.name,
          .path = device.path,
          .rssi_dbm = device.rssi_dbm,
          .connected = device.connected,
          .bonded = device.bonded || device.paired};  // Bonded is since BlueZ 5.66
}

// Whether no object of the table is missing; bluetoothd keeps a bonded device's while it is not connected.
bool has_whole_table(const DeviceObject& device) {
  return !device.services.empty() && std::ranges::none_of(device.services, [](const auto& service) {
    return service.second.path.empty() ||
           std::ranges::any_of(service.second.characteristics, [](const auto& each) { return each.second.path.empty(); });
  });
}

class BluezRadio final : public Radio {
public:
  BluezRadio(std::shared_ptr<System> system, const std::string& target, RadioId id)
      : system_(std::move(system)), target_(target) {
    info_ = {.id = id,
             .name = target.empty() ? "bluez" : "bluez:" + target,
             .kind = "bluez",
             .detail = "an adapter of this machine",
             .can_connect = true};
  }

  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return statistics_; }
  [[nodiscard]] awaitable<void> open(TimePoint deadline) override;
  [[nodiscard]] awaitable<void> scan(ScanOptions options, SightingSink& sink) override;
  [[nodiscard]] RadioHealth health() const override;

  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options) override;
  [[nodiscard]] awaitable<void> close_connection(Address device, TimePoint deadline) override;
  [[nodiscard]] Slots slots() const override;
  [[nodiscard]] LinkAbilities abilities() const override {
    return {.parameters = system_->management() != nullptr};  // bluetoothd has no call for them
  }

  [[nodiscard]] std::optional<KnownDevice> find_device(const Address& address) const override;
  [[nodiscard]] std::vector<KnownDevice> known_devices() const override;
  [[nodiscard]] awaitable<void> device_changed(Address address) override;
  [[nodiscard]] awaitable<bool> forget(Address device, bool bond_too, TimePoint deadline) override;
  [[nodiscard]] bool has_services(const Address& address) const override;
  [[nodiscard]] awaitable<bool> clear_services(Address device, TimePoint deadline) override;
  [[nodiscard]] awaitable<void> recover(bool hard, TimePoint deadline) override;

private:
  [[nodiscard]] awaitable<unsigned> ready();
  [[nodiscard]] awaitable<unsigned> ready(TimePoint deadline);
  void choose(unsigned adapter);
  [[nodiscard]] awaitable<std::optional<unsigned>> controller_without_bluetoothd();
  [[nodiscard]] awaitable<void> scan_once(ScanOptions options, SightingSink& sink);
  [[nodiscard]] std::optional<unsigned> adapter() const;
  [[nodiscard]] const DeviceObject* device(const Address& address) const;
  [[nodiscard]] LinkContext link_context(unsigned adapter) const;
  [[nodiscard]] std::string problem() const;
  [[nodiscard]] awaitable<void> reset(unsigned adapter, TimePoint deadline);
  [[nodiscard]] awaitable<void> power_cycle(unsigned adapter, TimePoint deadline);

  std::shared_ptr<System> system_;
  std::string target_;
  RadioInfo info_;
  std::optional<unsigned> index_;  // once it is known
  ScanStatistics statistics_;
  PayloadRing payloads_;
  std::optional<TimePoint> last_heard_;
  std::optional<TimePoint> scanning_since_;
  Restartable scans_;
  bool over_management_ = false;                   // the scan that was begun last
  mutable std::map<uint64_t, TimePoint> noticed_;  // links of others, when they were seen first
};

void BluezRadio::choose(unsigned adapter) {
  index_ = adapter;
  info_.name = "bluez:" + adapter_name(adapter);
  if (const AdapterObject* const object = system_->tree().find_adapter(adapter)) info_.detail = object->address.to_string();
}

awaitable<unsigned> BluezRadio::ready(TimePoint deadline) {
  co_await system_->open(deadline);
  choose(index_ && system_->tree().find_adapter(*index_) ? *index_ : system_->adapter_index(target_));
  info_.limits =
      system_->management() != nullptr
          ? ""
          : fmt::format(
                "without CAP_NET_ADMIN advertisements come through bluetoothd, which merges what a device says and leaves "
                "out repeats with the same level; {}",
                limits_of_usual_patterns());
  co_return *index_;
}

awaitable<unsigned> BluezRadio::ready() {
  return ready(system_->clock().now() + opening_time);
}

awaitable<void> BluezRadio::open(TimePoint deadline) {
  (void)co_await ready(deadline);
}

// The kernel can scan by itself.
awaitable<std::optional<unsigned>> BluezRadio::controller_without_bluetoothd() {
  Management* const management = system_->management();
  if (management == nullptr) co_return std::nullopt;
  for (const auto& controller : co_await management->controllers()) {
    const bool powered = (controller.current_settings & 1U) != 0;
    if (target_.empty() ? powered : adapter_name(controller.index) == target_) {
      info_.detail = controller.address.to_string();
      co_return controller.index;
    }
  }
  co_return std::nullopt;
}

awaitable<void> BluezRadio::scan_once(ScanOptions options, SightingSink& sink) {
  std::exception_ptr unavailable;
  try {
    (void)co_await ready();
  } catch (const RadioNotAvailable& error) {
    if (error.reason() != Unavailable::no_service && error.reason() != Unavailable::permission_denied) throw;
    unavailable = std::current_exception();
  }
  if (unavailable) {
    const auto controller = co_await controller_without_bluetoothd();
    if (!controller) std::rethrow_exception(unavailable);
    choose(*controller);
  }
  scanning_since_ = system_->clock().now();
  const ScanContext context{*system_, *index_, info_.id, info_.name, statistics_, payloads_, last_heard_};
  over_management_ = system_->management() != nullptr;
  if (over_management_) {
    try {
      co_await scan_over_management(context, options, sink);
      co_return;
    } catch (const RadioNotAvailable& error) {
      if (error.reason() != Unavailable::permission_denied || unavailable) throw;
    }
    over_management_ = false;
  }
  co_await scan_over_bus(context, std::move(options), sink);
}

awaitable<void> BluezRadio::scan(ScanOptions options, SightingSink& sink) {
  const auto keep = system_;
  const auto once = [this, &options, &sink] { return scan_once(options, sink); };
  co_await scans_.run(once);
}

std::optional<unsigned> BluezRadio::adapter() const {
  if (index_ || !system_->is_open()) return index_;
  try {
    return system_->adapter_index(target_);
  } catch (const RadioNotAvailable&) {
    return std::nullopt;
  }
}

std::string BluezRadio::problem() const {
  if (!index_ || (over_management_ && scans_.is_wanted())) return {};
  if (!system_->is_open()) return "bluetoothd is gone";
  const AdapterObject* const adapter = system_->tree().find_adapter(*index_);
  if (adapter == nullptr) return "the adapter is gone";
  if (adapter->powered) return {};
  return is_blocked(system_->ports().sysfs, *index_) ? "blocked by rfkill" : "powered off";
}

RadioHealth BluezRadio::health() const {
  RadioHealth health{.scanning = scans_.is_wanted() && !scans_.is_paused(), .last_heard = last_heard_, .problem = problem()};
  if (!health.problem.empty()) {
    health.state = RadioHealth::State::unavailable;
  } else if (health.scanning && scanning_since_) {
    const TimePoint since = std::max(*scanning_since_, last_heard_.value_or(TimePoint::min()));
    const bool silent = system_->clock().now() - since >= silent_after;
    health.state = silent ? RadioHealth::State::silent : RadioHealth::State::scanning;
    if (silent) health.problem = "it should scan and hears nothing";
  }
  return health;
}

LinkContext BluezRadio::link_context(unsigned adapter) const {
  return {.system = system_, .adapter = adapter, .id = info_.id, .radio_name = info_.name};
}

awaitable<std::unique_ptr<Link>> BluezRadio::connect(Address device, LinkOptions options) {
  LinkContext context = link_context(co_await ready());
  co_return co_await bluez::connect(std::move(context), device, std::move(options));
}

awaitable<void> BluezRadio::close_connection(Address device, TimePoint deadline) {
  LinkContext context = link_context(co_await ready(deadline));
  co_await bluez::close_connection(std::move(context), device, deadline);
}

awaitable<bool> BluezRadio::forget(Address device, bool bond_too, TimePoint deadline) {
  LinkContext context = link_context(co_await ready(deadline));
  co_return co_await bluez::forget(std::move(context), device, bond_too, deadline);
}

// BlueZ does not say how many links a controller can have.
Slots BluezRadio::slots() const {
  Slots slots{.limit = usual_slots, .free = usual_slots};
  const auto adapter = this->adapter();
  if (!adapter) return slots;
  const TimePoint now = system_->clock().now();
  std::map<uint64_t, Slots::Holder> holders;
  for (const auto& [key, entry] : system_->links().entries())
    if (key.first == *adapter) holders[key.second] = {Address(key.second, false), entry.label, entry.since};
  std::map<uint64_t, TimePoint> noticed;
  for (const DeviceObject* device : system_->tree().devices(*adapter)) {
    const uint64_t bits = device->address.bits();
    const auto ours = holders.find(bits);
    if (ours != holders.end()) {
      ours->second.device = device->address;
    } else if (device->connected) {
      const auto before = noticed_.find(bits);
      noticed[bits] = before == noticed_.end() ? now : before->second;
      holders[bits] = {device->address, {}, noticed[bits]};
    }
  }
  noticed_ = std::move(noticed);
  for (auto& [bits, holder] : holders) slots.holders.push_back(std::move(holder));
  slots.free -= static_cast<int>(slots.holders.size());
  return slots;
}

const DeviceObject* BluezRadio::device(const Address& address) const {
  const auto adapter = this->adapter();
  return adapter ? system_->tree().find_device(*adapter, address) : nullptr;
}

std::optional<KnownDevice> BluezRadio::find_device(const Address& address) const {
  const DeviceObject* const found = device(address);
  return found == nullptr ? std::nullopt : std::optional(to_known(*found));
}

std::vector<KnownDevice> BluezRadio::known_devices() const {
  std::vector<KnownDevice> known;
  if (const auto adapter = this->adapter())
    for (const DeviceObject* each : system_->tree().devices(*adapter)) known.push_back(to_known(*each));
  return known;
}

awaitable<void> BluezRadio::device_changed(Address address) {
  const auto keep = system_;
  if (!adapter()) co_await keep->wait_open();
  const auto index = adapter();
  if (!index) {  // no adapter: until there is one
    Event changed(co_await boost::asio::this_coro::executor);
    const auto watch = keep->tree().watch_adapters([&changed] { changed.set(); });
    co_await changed.wait();
    co_return;
  }
  Event changed(co_await boost::asio::this_coro::executor);
  const auto watch = keep->tree().watch_device(*index, address, [&changed](const ObjectTree::DeviceEvent& event) {
    if (event.kind != ObjectTree::DeviceEvent::Kind::value) changed.set();
  });
  co_await changed.wait();
}

bool BluezRadio::has_services(const Address& address) const {
  const DeviceObject* const found = device(address);
  return found != nullptr && has_whole_table(*found);
}

// BlueZ forgets services only with their device.
awaitable<bool> BluezRadio::clear_services(Address address, TimePoint deadline) {
  const DeviceObject* const found = device(address);
  if (found == nullptr || found->services.empty()) co_return false;
  co_return co_await forget(address, false, deadline);
}

awaitable<void> BluezRadio::recover(bool hard, TimePoint deadline) {
  const auto keep = system_;
  Clock& clock = keep->clock();
  const unsigned adapter = index_ ? *index_ : co_await ready(deadline);
  Restartable::Pause pause(scans_);
  const bool stopped = co_await within(clock, deadline, pause.wait_stopped());
  if (!stopped) throw discovery_refused(adapter_name(adapter), "it does not stop to scan");
  if (hard) co_await reset(adapter, deadline);
}

awaitable<void> BluezRadio::power_cycle(unsigned adapter, TimePoint deadline) {
  try {
    dbus::Message off = system_->new_call(adapter_path(adapter), "org.freedesktop.DBus.Properties", "Set");
    off.write().string("org.bluez.Adapter1").string("Powered").open_variant("b").boolean(false).close();
    (void)co_await system_->call(std::move(off), deadline);
  } catch (const dbus::CallFailed& failed) {
    throw discovery_refused(adapter_name(adapter), failed.name() + ": " + failed.what());
  } catch (const TimedOut& late) {
    throw discovery_refused(adapter_name(adapter), late.what());
  }
  co_await system_->clock().wait_for(power_cycle_pause);
  co_await power_on(*system_, adapter, deadline);
}

awaitable<void> BluezRadio::reset(unsigned adapter, TimePoint deadline) {
  Management* const management = system_->management();
  if (management == nullptr) {  // bluetoothd lets everybody switch an adapter off and on
    co_await power_cycle(adapter, deadline);
    co_return;
  }
  const RecoveryPorts ports{.sysfs = system_->ports().sysfs, .rfkill = system_->ports().rfkill};
  const Recovery done =
      co_await recover_controller(*management, system_->clock(), ports, static_cast<uint16_t>(adapter), true, deadline);
  choose(done.controller);
  if (!system_->is_open()) co_return;
  try {
    co_await wait_for_adapter(*system_, done.controller, std::min(deadline, system_->clock().now() + adapter_back_time));
  } catch (const TimedOut&) {
    throw adapter_unplugged(adapter_name(done.controller));
  }
}

}  // namespace

std::unique_ptr<Radio> make_radio(std::shared_ptr<System> system, const std::string& target, RadioId id) {
  return std::make_unique<BluezRadio>(std::move(system), target, id);
}

}  // namespace moor::bluez
