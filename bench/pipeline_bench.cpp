// How fast advertisements go through moor: real captures from their bytes to presence, visits and events, on one core, without the store.
// The floor is a plain loop over the same payloads that does nothing but walk the AD structures. All are measured in turn, round after
// round, in the thread's processor time; the median counts.
//
// Time goes on from capture to capture and from round to round, so in every round devices are lost, come back, and visits end. No device is
// forgotten: what is allocated after the first rounds is not for devices that are new, but all that a running gateway allocates.

#include "bench/arguments.hpp"
#include "bench/captures.hpp"
#include "bench/measure.hpp"
#include "moor/pipeline.hpp"

#include <fmt/format.h>

namespace moor::bench {
namespace {

constexpr int warm_up_rounds = 5;

class CountingListener final : public PipelineListener {
public:
  void on_device(DeviceSlot, const Device&) override { ++calls_; }
  void on_forgotten(DeviceSlot, const Device&) override { ++calls_; }
  void on_decoded(DeviceSlot, const Device&, const Decoded&, TimePoint) override { ++calls_; }
  void on_beacon(const BeaconEvent&) override { ++calls_; }
  void on_presence(const Device&, const PresenceReading& reading, VisitorId) override {
    ++calls_;
    if (reading.event != PresenceEvent::none) ++zone_events_;
  }
  void on_visit(const Visit&) override { ++calls_, ++visits_; }
  void on_traffic(const ZoneTraffic&) override { ++calls_; }

  [[nodiscard]] uint64_t zone_events() const noexcept { return zone_events_; }
  [[nodiscard]] uint64_t visits() const noexcept { return visits_; }

private:
  uint64_t calls_ = 0;
  uint64_t zone_events_ = 0;
  uint64_t visits_ = 0;
};

class NoSink final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override { sum_ += static_cast<uint64_t>(batch.back().rssi_dbm); }

private:
  uint64_t sum_ = 0;
};

void print(const std::vector<Measure>& measures, size_t adverts, bool json) {
  const double floor = measures.front().median();
  const auto count = static_cast<double>(adverts);
  for (const Measure& measure : measures) {
    const double seconds = measure.median();
    const double allocated = static_cast<double>(measure.allocated) / static_cast<double>(measure.seconds.size());
    if (json)
      fmt::print(
          "{{\"bench\":\"pipeline\",\"what\":\"{}\",\"adverts_per_s\":{:.0f},\"ns_per_advert\":{:.2f},\"ratio_to_floor\":{:.2f},"
          "\"allocations_per_round\":{:.1f}}}\n",
          measure.name, count / seconds, seconds * 1e9 / count, seconds / floor, allocated);
    else
      fmt::print("{:<22} {:>8.2f} M adverts/s {:>8.1f} ns {:>8.1f} x floor {:>8.1f} allocations a round\n", measure.name,
                 count / seconds * 1e-6, seconds * 1e9 / count, seconds / floor, allocated);
  }
}

int run(const Arguments& arguments) {
  Replay replay;
  for (const std::filesystem::path& path : captures_to_run(arguments.files())) replay.add(path);
  if (replay.size() == 0) {
    fmt::print(stderr, "no captures in $MOOR_TEST_DATA/captures: give some as arguments\n");
    return 0;
  }
  Payloads payloads;
  replay.run(payloads);

  NoSink no_sink;
  CountingListener listener;
  PipelineOptions options;
  options.devices.forget_after = std::chrono::years(10);
  Pipeline pipeline(options, listener);
  for (int i = 0; i < warm_up_rounds; ++i) replay.run(pipeline);

  std::vector<Measure> measures = {{"floor: walk AD", {}}, {"replay", {}}, {"replay and pipeline", {}}};
  volatile uint64_t walked = 0;
  for (uint64_t round = 0; round < arguments.number(); ++round) {
    measures[0].take([&] { walked = walked + payloads.walk(); });
    measures[1].take([&] { replay.run(no_sink); });
    measures[2].take([&] { replay.run(pipeline); });
  }
  if (!arguments.json())
    fmt::print("{} captures, {} advertisements of {:.1f} bytes, {} devices, {} zone events, {} visits; median of {} rounds\n",
               replay.size(), payloads.count(), static_cast<double>(payloads.bytes()) / static_cast<double>(payloads.count()),
               pipeline.devices().size(), listener.zone_events(), listener.visits(), arguments.number());
  print(measures, payloads.count(), arguments.json());
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::run(moor::bench::Arguments(argc, argv, "--rounds", 51));
}
