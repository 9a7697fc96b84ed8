#include "core/event.hpp"
#include "core/within.hpp"
#include "radio/bluez/adapter_state.hpp"
#include "radio/bluez/advertisement_monitor.hpp"
#include "radio/bluez/discovery.hpp"
#include "radio/bluez/scans.hpp"
#include "radio/bluez/unavailable.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

namespace moor::bluez {

namespace asio = boost::asio;

namespace {

// As habluetooth 6.26.7 has them.
constexpr Duration start_time = std::chrono::seconds(15);
constexpr Duration stop_time = std::chrono::seconds(5);
// bluetoothd finds its adapters after it has taken its name.
constexpr Duration adapter_time = std::chrono::seconds(10);
constexpr Duration power_time = std::chrono::seconds(5);
// When it is stopped bluetoothd switches its adapters off, takes them back and only then ends.
constexpr Duration power_back_time = std::chrono::seconds(10);
constexpr Duration adapter_back_time = std::chrono::seconds(2);
constexpr size_t most_remembered = 10'000;

// One scan of one adapter.
class BusScan {
public:
  BusScan(ScanContext context, ScanOptions options, SightingSink& sink, const asio::any_io_executor& executor)
      : context_(context), options_(std::move(options)), sink_(sink), changed_(executor) {}

  [[nodiscard]] awaitable<void> run();

private:
  enum class Ended : uint8_t { not_yet, bluetoothd_gone, unplugged, powered_off, released };

  [[nodiscard]] awaitable<void> listen();
  [[nodiscard]] awaitable<void> discover();
  [[nodiscard]] awaitable<void> monitor();
  [[nodiscard]] awaitable<void> wait_until_ended(const AdvertisementMonitor* monitor);
  [[nodiscard]] Ended ended(const AdvertisementMonitor* monitor) const;
  [[noreturn]] void fail(Ended why) const;
  void deliver(const DeviceObject& device);
  void found(const Address& address);
  [[nodiscard]] std::string name() const { return adapter_name(context_.adapter); }
  [[nodiscard]] TimePoint in(Duration how_long) const { return context_.system.clock().now() + how_long; }

  ScanContext context_;
  const ScanOptions options_;
  SightingSink& sink_;
  Event changed_;
  uint64_t generation_ = 0;                    // of bluetoothd, that was asked
  boost::unordered_flat_set<uint64_t> heard_;  // in a passive scan
  std::unique_ptr<ObjectTree::Watch> heard_watch_;
};

// BlueZ says neither the report's type nor its channel; that a connection may be tried is the better guess.
void BusScan::deliver(const DeviceObject& device) {
  Sighting sighting;
  sighting.address = device.address;
  sighting.time = context_.system.clock().now();
  sighting.radio = context_.id;
  sighting.rssi_dbm = device.rssi_dbm.value_or(no_rssi);
  sighting.properties = AdvertisingProperties::connectable;
  sighting.set_payload(device.payload, context_.payloads);
  ++context_.statistics.reports;
  if (!sighting.has_rssi()) ++context_.statistics.without_rssi;
  context_.last_heard = sighting.time;
  if (!options_.active) {
    if (heard_.size() >= most_remembered) heard_.clear();
    heard_.insert(device.address.bits());
  }
  sink_.on_sightings(std::span(&sighting, 1));
}

// A monitor's word that a device is there counts where no property has said so: one that is heard as it was before changes none.
void BusScan::found(const Address& address) {
  const DeviceObject* const device = context_.system.tree().find_device(context_.adapter, address);
  if (device != nullptr && !heard_.contains(device->address.bits())) deliver(*device);
}

BusScan::Ended BusScan::ended(const AdvertisementMonitor* monitor) const {
  if (context_.system.generation() != generation_ || !context_.system.is_open()) return Ended::bluetoothd_gone;
  const AdapterObject* const adapter = context_.system.tree().find_adapter(context_.adapter);
  if (adapter == nullptr) return Ended::unplugged;
  if (!adapter->powered) return Ended::powered_off;
  return monitor != nullptr && monitor->is_released() ? Ended::released : Ended::not_yet;
}

void BusScan::fail(Ended why) const {
  if (why == Ended::unplugged) throw adapter_unplugged(name());
  if (why == Ended::released) throw no_monitors(name(), "bluetoothd has given the monitor back");
  if (is_blocked(context_.system.ports().sysfs, context_.adapter)) throw adapter_blocked(name());
  throw adapter_powered_off(name());
}

awaitable<void> BusScan::wait_until_ended(const AdvertisementMonitor* monitor) {
  std::optional<TimePoint> back_by;  // since it was switched off, or went
  for (;;) {
    const Ended why = ended(monitor);
    if (why == Ended::bluetoothd_gone || (why == Ended::not_yet && back_by)) co_return;
    const bool is_off = why == Ended::powered_off && !is_blocked(context_.system.ports().sysfs, context_.adapter);
    const bool may_come_back = is_off || why == Ended::unplugged;
    if (why != Ended::not_yet && !may_come_back) fail(why);
    changed_.reset();
    if (!may_come_back) {
      co_await changed_.wait();
      continue;
    }
    if (!back_by) back_by = in(is_off ? power_back_time : adapter_back_time);
    const bool changed = co_await within(context_.system.clock(), *back_by, changed_.wait());
    if (!changed) fail(why);
  }
}

awaitable<void> BusScan::discover() {
  Discovery::Want want(context_.system.discovery(context_.adapter), options_.service_uuids);
  std::exception_ptr error;
  try {
    co_await want.settle(in(start_time));
    co_await wait_until_ended(nullptr);
  } catch (...) {
    error = std::current_exception();
  }
  // First nothing is heard any more: at its end BlueZ takes levels back, and says so as if devices had changed.
  heard_watch_.reset();
  want.drop();
  if (!error) co_return;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  try {
    co_await want.settle(in(stop_time));
  } catch (const Error&) {  // bluetoothd is gone, and its discovery with it
  }
  std::rethrow_exception(error);
}

awaitable<void> BusScan::monitor() {
  const AdapterObject* const adapter = context_.system.tree().find_adapter(context_.adapter);
  if (adapter == nullptr) throw adapter_unplugged(name());
  if (!adapter->has_monitors) throw no_monitors(name());
  AdvertisementMonitor monitor(
      context_.system, context_.adapter, options_.patterns.empty() ? usual_patterns() : options_.patterns,
      [this](const Address& device) { found(device); }, [this] { changed_.set(); });
  std::exception_ptr error;
  try {
    co_await monitor.start(in(start_time));
    co_await wait_until_ended(&monitor);
  } catch (...) {
    error = std::current_exception();
  }
  heard_watch_.reset();
  if (!error) co_return;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await monitor.stop(in(stop_time));
  std::rethrow_exception(error);
}

// Until bluetoothd is gone, or the adapter was away for a while.
awaitable<void> BusScan::listen() {
  generation_ = context_.system.generation();
  ObjectTree& tree = context_.system.tree();
  const auto adapters = tree.watch_adapters([this] { changed_.set(); });
  heard_watch_ = tree.watch_heard(context_.adapter, [this](const DeviceObject& device) { deliver(device); });
  try {
    if (options_.active)
      co_await discover();
    else
      co_await monitor();
  } catch (const dbus::CallFailed& failed) {
    const std::string cause = failed.name() + ": " + failed.what();
    if (failed.name().ends_with(".AccessDenied")) throw to_unavailable(failed);
    if (failed.name() == "org.bluez.Error.NotReady") throw adapter_powered_off(name(), cause);
    throw discovery_refused(name(), cause);
  } catch (const TimedOut& late) {
    throw discovery_refused(name(), late.context().cause.empty() ? late.what() : late.context().cause);
  } catch (const RadioNotAvailable&) {
    if (context_.system.generation() == generation_) throw;
  }
}

awaitable<void> BusScan::run() {
  System& system = context_.system;
  for (bool first = true;; first = false) {
    co_await system.wait_open();
    if (!first) {
      try {
        co_await wait_for_adapter(system, context_.adapter, in(adapter_time));
      } catch (const TimedOut&) {
        if (!system.is_open()) continue;
        throw adapter_unplugged(name());
      }
    }
    const uint64_t generation = system.generation();
    try {
      co_await power_on(system, context_.adapter, in(power_time));
    } catch (const RadioNotAvailable&) {
      if (system.generation() == generation) throw;
      continue;
    }
    co_await listen();
  }
}

}  // namespace

awaitable<void> scan_over_bus(ScanContext context, ScanOptions options, SightingSink& sink) {
  BusScan scan(context, std::move(options), sink, co_await asio::this_coro::executor);
  co_await scan.run();
}

}  // namespace moor::bluez
