// How many zone changes are false, in the shop of examples/worlds/shop.toml: every gateway follows every customer with the settings of the
// retail installation and others beside them, and the truth is known. One hour is simulated for each hour that is asked for, on the
// same advertisements for all settings.
//
// The true zone is that of the mean RSSI of the place: distance, walls and shadowing, no fading, no body, no turned antenna. A change
// is false where the customer was at no time of the last 30 s in the zone that it names: so long takes alpha 0.2 to follow a step, at
// a reading every 2 s (docs/presence.md).

#include "bench/arguments.hpp"
#include "core/within.hpp"
#include "moor/presence.hpp"
#include "moor/world.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/io_context.hpp>

namespace moor::bench {
namespace {

using namespace std::chrono_literals;

constexpr double min_rssi_dbm = -75;
constexpr Duration lag = 30s;
constexpr Duration step = 1s;

struct Setting {
  double alpha;
  uint16_t min_samples;
  double hysteresis_db;

  [[nodiscard]] PresenceOptions options() const {
    return {.smoothing = {.alpha = alpha, .reading_interval = 2s},
            .zones = {.hysteresis_db = hysteresis_db, .min_samples = min_samples}};
  }
};
constexpr Setting settings[] = {{0.3, 1, 0}, {0.2, 1, 0}, {0.3, 3, 0}, {0.2, 3, 0},
                                {0.3, 1, 3}, {0.2, 1, 3}, {0.3, 3, 3}, {0.2, 3, 3}};

struct Result {
  uint64_t changes = 0;
  uint64_t false_changes = 0;
  uint64_t readings = 0;
  uint64_t right = 0;
};

// The zones that the customers are in, as each gateway would have them without noise.
class Truth {
public:
  Truth(const sim::World& world, TimePoint start, Duration duration, size_t customers) : start_(start) {
    const ZoneOptions zones;
    for (const sim::RadioEntry& radio : world.spec().radios)
      for (size_t i = 0; i < customers; ++i) {
        auto& line = lines_.emplace_back();
        for (Duration t{}; t <= duration; t += step)
          line.push_back(classify(world.mean_rssi_dbm(radio.name, world.spec().devices[i].address, start + t), zones));
        for (size_t k = 1; k < line.size(); ++k) changes_ += line[k] != line[k - 1] ? 1 : 0;
      }
  }
  [[nodiscard]] Zone zone(size_t pair, TimePoint t) const { return lines_[pair][index(t)]; }
  [[nodiscard]] bool was_in(size_t pair, Zone zone, TimePoint t) const {
    const auto& line = lines_[pair];
    const auto end = line.begin() + static_cast<std::ptrdiff_t>(index(t)) + 1;
    const auto begin = end - std::min<std::ptrdiff_t>(end - line.begin(), lag / step);
    return std::find(begin, end, zone) != end;
  }
  [[nodiscard]] uint64_t changes() const noexcept { return changes_; }

private:
  [[nodiscard]] size_t index(TimePoint t) const { return static_cast<size_t>((t - start_) / step); }

  TimePoint start_;
  std::vector<std::vector<Zone>> lines_;  // by radio, then customer
  uint64_t changes_ = 0;
};

// One gateway with a tracker for each setting.
class Gateway final : public SightingSink {
public:
  Gateway(const sim::World& world, size_t radio, size_t customers, const Truth& truth, std::vector<Result>& results)
      : first_pair_(radio * customers), truth_(truth), results_(results) {
    for (const Setting& setting : settings) trackers_.emplace_back(setting.options());
    for (size_t i = 0; i < customers; ++i) slots_.emplace_back(world.spec().devices[i].address, static_cast<DeviceSlot>(i));
    std::sort(slots_.begin(), slots_.end());
  }

  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& sighting : batch) {
      const auto slot = std::lower_bound(slots_.begin(), slots_.end(), std::pair(sighting.address, DeviceSlot{}));
      if (sighting.rssi_dbm < min_rssi_dbm || slot == slots_.end() || slot->first != sighting.address) continue;
      for (size_t i = 0; i < trackers_.size(); ++i) {
        const auto judge = [&](const PresenceReading& reading) { on_reading(reading, results_[i]); };
        trackers_[i].advance(sighting.time, judge);
        trackers_[i].on_sample(slot->second, sighting.time, sighting.rssi_dbm, std::nullopt, judge);
      }
    }
  }

private:
  void on_reading(const PresenceReading& reading, Result& result) const {
    if (!reading.zone) return;
    const size_t pair = first_pair_ + reading.slot;
    ++result.readings;
    result.right += *reading.zone == truth_.zone(pair, reading.time) ? 1 : 0;
    if (reading.event != PresenceEvent::changed) return;
    ++result.changes;
    result.false_changes += truth_.was_in(pair, *reading.zone, reading.time) ? 0 : 1;
  }

  size_t first_pair_;
  const Truth& truth_;
  std::vector<Result>& results_;
  std::vector<PresenceTracker> trackers_;
  std::vector<std::pair<Address, DeviceSlot>> slots_;
};

awaitable<void> scan_for(Clock& clock, Radio& radio, Duration duration, SightingSink& sink) {
  const ScanOptions options;
  (void)co_await within(clock, clock.now() + duration, radio.scan(options, sink));
}

int run(const Arguments& arguments) {
  const Duration duration = std::chrono::hours(arguments.number());
  VirtualClock clock(TimePoint(1h));
  boost::asio::io_context context;
  sim::World world(clock, sim::load_world(MOOR_SOURCE_DIR "/examples/worlds/shop.toml"));
  const auto& devices = world.spec().devices;
  const auto customers = static_cast<size_t>(std::count_if(
      devices.begin(), devices.end(), [](const sim::DeviceEntry& device) { return device.name.starts_with("customer"); }));
  const Truth truth(world, clock.now(), duration, customers);

  std::vector<Result> results(std::size(settings));
  std::vector<std::unique_ptr<Radio>> radios;
  std::vector<std::unique_ptr<Gateway>> gateways;
  for (size_t i = 0; i < world.spec().radios.size(); ++i) {
    radios.push_back(world.make_radio(world.spec().radios[i].name, static_cast<RadioId>(i)));
    gateways.push_back(std::make_unique<Gateway>(world, i, customers, truth, results));
    boost::asio::co_spawn(context, scan_for(clock, *radios[i], duration, *gateways[i]), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  }
  clock.run(context);

  const double customer_hours = static_cast<double>(customers) * static_cast<double>(arguments.number());
  const double true_changes = static_cast<double>(truth.changes()) / customer_hours;
  if (!arguments.json()) {
    fmt::print("{} customers, {} gateways, {} h; true changes of zone a customer and hour: {:.0f}\n", customers, radios.size(),
               arguments.number(), true_changes);
    fmt::print("{:>5} {:>8} {:>11} {:>9} {:>7} {:>12}\n", "alpha", "samples", "hysteresis", "changes", "false", "right zone");
  }
  for (size_t i = 0; i < results.size(); ++i) {
    const Setting& setting = settings[i];
    const double changes = static_cast<double>(results[i].changes) / customer_hours;
    const double wrong = static_cast<double>(results[i].false_changes) / customer_hours;
    const double right = static_cast<double>(results[i].right) / static_cast<double>(results[i].readings);
    if (arguments.json())
      fmt::print(
          "{{\"bench\":\"shop_zones\",\"alpha\":{},\"min_samples\":{},\"hysteresis_db\":{},\"changes\":{:.2f},\"false\":{:.2f},"
          "\"right\":{:.4f}}}\n",
          setting.alpha, setting.min_samples, setting.hysteresis_db, changes, wrong, right);
    else
      fmt::print("{:>5} {:>8} {:>8} dB {:>9.1f} {:>7.1f} {:>10.1f} %\n", setting.alpha, setting.min_samples,
                 setting.hysteresis_db, changes, wrong, right * 100);
  }
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::run(moor::bench::Arguments(argc, argv, "--hours", 1));
}
