// What the hub costs an advertisement over the merge alone: three radios hear a thousand devices in turn, all of them warm.

#include "bench/arguments.hpp"
#include "bench/measure.hpp"
#include "hub/reception.hpp"

#include <fmt/format.h>

namespace moor::bench {
namespace {

constexpr size_t device_count = 1000;
constexpr hub::SourceIndex radio_count = 3;

class Bench {
public:
  Bench() {
    for (hub::SourceIndex radio = 0; radio < radio_count; ++radio) {
      standard_.set_source(radio, true, true);
      compat_.set_source(radio, true, true);
    }
    const uint8_t payload[] = {0x02, 0x01, 0x06, 0x03, 0x03, 0x0F, 0x18, 0x05, 0xFF, 0x01, 0x00, 0x11, 0x22};
    for (size_t i = 0; i < device_count; ++i) {
      Sighting sighting;
      sighting.address = Address(0xA4CF00000000 + i * 7919, false);
      sighting.set_legacy_payload(payload);
      for (hub::SourceIndex radio = 0; radio < radio_count; ++radio) {
        sighting.rssi_dbm = static_cast<int8_t>(-60 - 3 * radio);
        sightings_.push_back(sighting);
      }
    }
    // Longer than the devices take to be due for the first time: those due in one second are put in order, and the room for that is kept.
    for (int i = 0; i < 60; ++i) run_round();
    for (Measure* each : {&merge_, &standard_time_, &compat_time_}) *each = Measure{each->name, {}};
  }

  void run_round() {
    now_ += std::chrono::seconds(1);
    merge_.take([&] {
      for (Sighting& sighting : sightings_) {
        sighting.time = now_;
        (void)devices_.apply(sighting, [](DeviceSlot, const Device&) {});
      }
    });
    standard_time_.take([&] { receive(standard_); });
    compat_time_.take([&] { receive(compat_); });
  }

  void print(bool json) const {
    const double floor = merge_.median();
    for (const Measure* each : {&merge_, &standard_time_, &compat_time_}) {
      const auto count = static_cast<double>(sightings_.size());
      const double ns = each->median() / count * 1e9;
      const double over = (each->median() - floor) / count * 1e9;
      if (json)
        fmt::print("{{\"bench\":\"hub\",\"what\":\"{}\",\"ns_per_advert\":{:.2f},\"over_merge_ns\":{:.2f},\"allocations\":{}}}\n",
                   each->name, ns, over, each->allocated);
      else
        fmt::print("{:<22} {:>8.1f} ns {:>8.1f} ns over the merge {:>6} allocations\n", each->name, ns, over, each->allocated);
    }
  }

private:
  void receive(hub::Reception& reception) {
    for (size_t i = 0; i < sightings_.size(); ++i) {
      sightings_[i].time = now_;
      (void)reception.on_sighting(static_cast<hub::SourceIndex>(i % radio_count), sightings_[i]);
    }
    reception.advance(now_, [](DeviceSlot) {});
  }

  std::vector<Sighting> sightings_;
  TimePoint now_ = TimePoint(std::chrono::hours(1));
  DeviceTable devices_;
  hub::Reception standard_{hub::standard_rules};
  hub::Reception compat_{hub::compat_rules};
  Measure merge_{"floor: merge alone", {}};
  Measure standard_time_{"hub, standard", {}};
  Measure compat_time_{"hub, compat", {}};
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
