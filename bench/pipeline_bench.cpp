// How fast advertisements go through moor: real captures from their bytes to presence, visits and events, on one core, without the store.
// The floor is a plain loop over the same payloads that does nothing but walk the AD structures. All are measured in turn, round after
// round, in the thread's processor time; the median counts.
//
// Time goes on from capture to capture and from round to round, so in every round devices are lost, come back, and visits end. No device is
// forgotten: what is allocated after the first rounds is not for devices that are new, but all that a running gateway allocates.

#include "bench/allocations.hpp"
#include "bench/arguments.hpp"
#include "moor/capture.hpp"
#include "moor/pipeline.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>

namespace moor::bench {
namespace {

namespace fs = std::filesystem;

constexpr int warm_up_rounds = 5;
constexpr Duration gap_between_captures = std::chrono::milliseconds(1);

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

/// Captures in memory, replayed one after the other on one time line that never goes back.
class Replay {
public:
  void add(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
    captures_.push_back(Capture::from_bytes(std::move(bytes), path.filename().string()));
  }
  [[nodiscard]] size_t size() const noexcept { return captures_.size(); }

  void run(SightingSink& sink) {
    for (Capture& capture : captures_) {
      capture.rewind();
      Duration shift{};
      bool begun = false;
      for (auto batch = capture.next_batch(); !batch.empty(); batch = capture.next_batch()) {
        if (!std::exchange(begun, true)) shift = latest_ + gap_between_captures - batch.front().time;
        for (Sighting& sighting : batch) sighting.time = latest_ = std::max(latest_, sighting.time + shift);
        sink.on_sightings(batch);
      }
    }
  }

private:
  std::vector<Capture> captures_;
  TimePoint latest_ = TimePoint(std::chrono::years(50));
};

/// All that was heard, in memory one behind the other: what the floor walks.
class Payloads final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& sighting : batch) {
      const Bytes payload = sighting.payload();
      bytes_.insert(bytes_.end(), payload.begin(), payload.end());
      sizes_.push_back(static_cast<uint16_t>(payload.size()));
    }
  }
  [[nodiscard]] size_t count() const noexcept { return sizes_.size(); }
  [[nodiscard]] size_t bytes() const noexcept { return bytes_.size(); }

  [[nodiscard]] uint64_t walk() const noexcept {
    uint64_t sum = 0;
    const uint8_t* payload = bytes_.data();
    for (const uint16_t size : sizes_) {
      for (size_t at = 0; at < size;) {
        const size_t length = payload[at];
        if (length >= size - at) break;
        if (length > 0) sum += payload[at + 1] + length;
        at += 1 + length;
      }
      payload += size;
    }
    return sum;
  }

private:
  std::vector<uint8_t> bytes_;
  std::vector<uint16_t> sizes_;
};

double processor_seconds() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Measure {
  const char* name;
  std::vector<double> seconds;  // of each round
  uint64_t allocated = 0;

  template <typename Work>
  void take(Work&& work) {
    const uint64_t before = allocations().count;
    const double begin = processor_seconds();
    work();
    const double end = processor_seconds();
    allocated += allocations().count - before;
    seconds.push_back(end - begin);
  }
  [[nodiscard]] double median() const {
    std::vector<double> sorted = seconds;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }
};

std::vector<fs::path> captures_to_run(const Arguments& arguments) {
  if (!arguments.files().empty()) return {arguments.files().begin(), arguments.files().end()};
  const char* data = std::getenv("MOOR_TEST_DATA");
  const fs::path folder = (data != nullptr ? fs::path(data) : fs::path(MOOR_SOURCE_DIR "/../shared/data")) / "captures";
  constexpr std::string_view formats[] = {".btsnoop", ".pcap", ".pcapng", ".pklg", ".cfa"};
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (std::ranges::find(formats, entry.path().extension().string()) != std::end(formats)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

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
  for (const fs::path& path : captures_to_run(arguments)) replay.add(path);
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
