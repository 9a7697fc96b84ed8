// Both profiles in the simulated world, whose air was made without a thought of the hub: two radios 16 m apart, devices that stand between
// them and devices that go from one to the other.

#include "hub/reception.hpp"

#include "core/within.hpp"
#include "moor/world.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>

namespace moor::hub {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start = TimePoint(1h);
constexpr double apart_m = 16;
constexpr Duration stay = 10min;
constexpr Duration walk = 10s;
constexpr int visits = 12;
constexpr Duration length = visits * (stay + walk);
constexpr size_t profiles = 2;  // standard, compat

Address address_of(size_t device) {
  return Address(0xC00000000000 + device, true);
}

// From `side_m` beside the first radio to as near to the second, and back, again and again.
std::vector<sim::Waypoint> route(double side_m) {
  std::vector<sim::Waypoint> points;
  for (int visit = 0; visit < visits; ++visit) {
    const sim::Position place{visit % 2 == 0 ? side_m : apart_m - side_m, 0.5, 0};
    const Duration arrives = visit * (stay + walk);
    points.push_back({arrives, place});
    points.push_back({arrives + stay, place});
  }
  return points;
}

struct Kind {
  const char* name;
  bool moves;
  double side_m;
  bool carried;
};
constexpr Kind kinds[] = {{"stands in the middle", false, 8, false}, {"the same, carried", false, 8, true},
                          {"stands at a quarter", false, 4, false},  {"the same, carried", false, 4, true},
                          {"goes from 1 m to 1 m", true, 1, false},  {"the same, carried", true, 1, true},
                          {"goes from 2 m to 2 m", true, 2, false},  {"the same, carried", true, 2, true}};

sim::WorldSpec world_of(uint64_t seed) {
  sim::WorldSpec spec;
  spec.seed = seed;
  spec.radios.push_back({.name = "hall", .position = {0, 0, 0}});
  spec.radios.push_back({.name = "attic", .position = {apart_m, 0, 0}});
  for (const Kind& kind : kinds) {
    sim::DeviceEntry device;
    device.name = "device " + std::to_string(spec.devices.size());
    device.address = address_of(spec.devices.size());
    if (kind.moves)
      device.movement = route(kind.side_m);
    else
      device.movement = sim::Position{kind.side_m, 0.5, 0};
    device.carried = kind.carried;
    spec.devices.push_back(std::move(device));
  }
  return spec;
}

struct Tally {
  int changes = 0;
  int late = 0;     ///< seconds of a visit until the nearer radio owned the device; all of it where it never did
  int without = 0;  ///< visits that ended without
  friend Tally& operator+=(Tally& a, const Tally& b) {
    a.changes += b.changes;
    a.late += b.late;
    a.without += b.without;
    return a;
  }
};
using Tallies = std::array<std::array<Tally, std::size(kinds)>, profiles>;

// What the radios hear goes to both profiles.
class Race {
public:
  explicit Race(uint64_t seed) : world_(clock_, world_of(seed)) {
    for (Reception& each : receptions_) {
      each.begin(start);
      for (SourceIndex source = 0; source < 2; ++source) each.set_source(source, true, true);
    }
  }

  Tallies run() {
    const auto hall = world_.make_radio("hall", 0);
    const auto attic = world_.make_radio("attic", 1);
    Ear ears[] = {{*this, 0}, {*this, 1}};
    boost::asio::io_context context;
    boost::asio::co_spawn(context, listen(*hall, ears[0]), boost::asio::detached);
    boost::asio::co_spawn(context, listen(*attic, ears[1]), boost::asio::detached);
    boost::asio::co_spawn(context, look(), boost::asio::detached);
    clock_.run(context);
    return tallies_;
  }

private:
  struct Ear final : SightingSink {
    Ear(Race& its_race, SourceIndex its_source) : race(its_race), source(its_source) {}
    void on_sightings(std::span<const Sighting> batch) override {
      for (const Sighting& sighting : batch) race.on_sighting(source, sighting);
    }
    Race& race;
    SourceIndex source;
  };

  void on_sighting(SourceIndex source, const Sighting& sighting) {
    const size_t device = sighting.address.bits() - address_of(0).bits();
    for (size_t profile = 0; profile < profiles; ++profile) {
      const auto outcome = receptions_[profile].on_sighting(source, sighting);
      if (outcome && outcome->taken_from != no_source) ++tallies_[profile][device].changes;
    }
  }

  awaitable<void> listen(Radio& radio, SightingSink& sink) {
    const ScanOptions options;
    (void)co_await within(clock_, start + length, radio.scan(options, sink));
  }

  // Once a second during each visit but the first: has the nearer radio owned the device since the visit began?
  awaitable<void> look() {
    for (int visit = 1; visit < visits; ++visit) {
      const TimePoint arrives = start + visit * (stay + walk);
      const SourceIndex nearer = visit % 2 == 0 ? 0 : 1;
      std::array<std::array<bool, std::size(kinds)>, profiles> followed{};
      for (TimePoint now = arrives; now < arrives + stay; now += 1s) {
        co_await clock_.wait_until(now);
        for (size_t profile = 0; profile < profiles; ++profile)
          for (size_t device = 0; device < std::size(kinds); ++device) {
            followed[profile][device] |= owner(profile, device) == nearer;
            if (!followed[profile][device]) ++tallies_[profile][device].late;
          }
      }
      for (size_t profile = 0; profile < profiles; ++profile)
        for (size_t device = 0; device < std::size(kinds); ++device)
          if (!followed[profile][device]) ++tallies_[profile][device].without;
    }
  }

  [[nodiscard]] SourceIndex owner(size_t profile, size_t device) const {
    const auto slot = receptions_[profile].devices().find(address_of(device));
    return slot ? receptions_[profile].ownership().owner(*slot) : no_source;
  }

  VirtualClock clock_{start};
  sim::World world_;
  std::array<Reception, profiles> receptions_{Reception(standard_rules), Reception(compat_rules)};
  Tallies tallies_{};
};

TEST(WorldComparison, TwoRadiosAndDevicesBetweenThem) {
  constexpr uint64_t first_seed = 101;
  constexpr uint64_t seeds = 16;
  Tallies sum{};
  for (uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
    const Tallies tallies = Race(seed).run();
    for (size_t profile = 0; profile < profiles; ++profile)
      for (size_t device = 0; device < std::size(kinds); ++device) sum[profile][device] += tallies[profile][device];
  }
  const double hours = static_cast<double>(seeds) * to_seconds(length) / 3600;
  const double all_visits = static_cast<double>(seeds) * (visits - 1);
  std::printf("two radios %.0f m apart, default channel: standard, compat\n", apart_m);
  for (size_t device = 0; device < std::size(kinds); ++device) {
    const Kind& kind = kinds[device];
    const Tally& standard = sum[0][device];
    const Tally& compat = sum[1][device];
    std::printf("  %-24s changes an hour %6.2f %6.2f", kind.name, standard.changes / hours, compat.changes / hours);
    if (kind.moves)
      std::printf("   followed after %6.1f s %6.1f s   never %d %d of %.0f", standard.late / all_visits, compat.late / all_visits,
                  standard.without, compat.without, all_visits);
    std::printf("\n");
    if (kind.moves) {
      EXPECT_LE(standard.late, compat.late) << kind.name;
      EXPECT_LE(standard.without, compat.without) << kind.name;
    } else {
      // Not met exactly: what settles at 15 dB and not at 16 makes one change more in these 32 hours (docs/hub.md).
      EXPECT_LE(standard.changes, compat.changes + 1) << kind.name;
    }
  }
}

}  // namespace
}  // namespace moor::hub
