// What the intake costs a sighting: while the program keeps up, when each has to wait, and when most have to be shed.

#include "bench/arguments.hpp"
#include "bench/measure.hpp"
#include "gateway/intake.hpp"

#include <fmt/format.h>

namespace moor::bench {
namespace {

constexpr size_t round_size = 50'000;

class Bench {
public:
  Bench() {
    for (size_t i = 0; i < round_size; ++i) {
      Sighting sighting;
      sighting.address = Address(0xA4CF00000000 + i % 10'000 * 7919, false);
      sightings_.push_back(sighting);
    }
  }

  void run_round() {
    now_ += std::chrono::seconds(1);
    for (Sighting& sighting : sightings_) sighting.time = now_;
    floor_.take([&] {
      for (const Sighting& sighting : sightings_) deliver_(sighting, true);
    });
    at_once_.take([&] { put_all(idle_, 16); });
    cost_ = std::chrono::seconds(1);
    waiting_.take([&] { put_all(roomy_, 500); });
    shedding_.take([&] { put_all(tight_, 5'000); });
    cost_ = Duration::zero();
  }

  void print(bool json) const {
    const double floor = floor_.median();
    for (const Measure* each : {&floor_, &at_once_, &waiting_, &shedding_}) {
      const double ns = each->median() * 1e9 / static_cast<double>(round_size);
      const double over = (each->median() - floor) * 1e9 / static_cast<double>(round_size);
      if (json)
        fmt::print("{{\"bench\":\"intake\",\"what\":\"{}\",\"ns_per_sighting\":{:.2f},\"over_call_ns\":{:.2f}}}\n", each->name,
                   ns, over);
      else
        fmt::print("{:<26} {:>8.1f} ns {:>8.1f} ns over the call\n", each->name, ns, over);
    }
  }

private:
  // A turn after each `batch` of sightings, four of five of them from radios that do not own the device.
  void put_all(Intake& intake, size_t batch) {
    for (size_t i = 0; i < sightings_.size(); ++i) {
      (void)intake.put(sightings_[i], i % 5 == 0, i % 100 == 0);
      if (i % batch == batch - 1) (void)intake.turn();
    }
    intake.drain();
    (void)intake.turn();
  }

  std::vector<Sighting> sightings_;
  TimePoint now_ = TimePoint(std::chrono::hours(1));
  uint64_t delivered_ = 0;
  Duration cost_ = Duration::zero();
  Intake::Deliver deliver_ = [this](const Sighting& sighting, bool owned) {
    delivered_ += owned ? sighting.address.bits() : 1;
    now_ += cost_;
  };
  // The idle path looks at the real clock, as the gateway's does.
  Intake idle_{{}, deliver_, [] { return TimePoint(std::chrono::steady_clock::now().time_since_epoch()); }};
  Intake roomy_{{.capacity = 1'000}, deliver_, [this] { return now_; }};
  Intake tight_{{.capacity = 1'000}, deliver_, [this] { return now_; }};
  Measure floor_{"floor: the call", {}};
  Measure at_once_{"passed at once", {}};
  Measure waiting_{"all wait", {}};
  Measure shedding_{"most are shed", {}};
};

int run(const Arguments& arguments) {
  Bench bench;
  for (uint64_t round = 0; round < arguments.number(); ++round) bench.run_round();
  bench.print(arguments.json());
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::run(moor::bench::Arguments(argc, argv, "--rounds", 101));
}
