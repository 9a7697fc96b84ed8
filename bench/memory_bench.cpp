// What a tracked device costs in memory: a million of them, each with an address and a payload of its own, near enough and heard often
// enough to be in a zone, with a visit that goes on. First the tables one by one, in bytes taken from the heap, then the pipeline with all
// of them, as the process grows.

#include "bench/allocations.hpp"
#include "bench/arguments.hpp"
#include "moor/pipeline.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>
#include <fstream>
#include <string>

namespace moor::bench {
namespace {

constexpr int sightings_each = 4;
constexpr TimePoint begin = TimePoint(std::chrono::years(50));
constexpr Duration between_sightings = std::chrono::nanoseconds(500);
constexpr int8_t rssi_dbm = -63;

struct Line {
  const char* name;
  double bytes_per_device;
};

class Quiet final : public PipelineListener {};

// Addresses that look random and never repeat: odd factors permute the numbers of 46 bits.
Address address_of(uint64_t number) noexcept {
  constexpr uint64_t random_static = uint64_t{0b11} << 46;
  return Address((number * 0x9E3779B97F4A7C15U & ((uint64_t{1} << 46) - 1)) | random_static, true);
}

// 28 bytes: flags, and 25 of manufacturer data.
Sighting sighting_of(uint64_t number, TimePoint time) noexcept {
  std::array<uint8_t, 28> payload = {2, 0x01, 0x06, 24, 0xFF, 0xFF, 0xFF};
  for (size_t i = 0; i < sizeof(number); ++i) payload[7 + i] = static_cast<uint8_t>(number >> (8 * i));
  Sighting sighting;
  sighting.address = address_of(number);
  sighting.time = time;
  sighting.rssi_dbm = rssi_dbm;
  sighting.properties = AdvertisingProperties::legacy | AdvertisingProperties::connectable;
  sighting.set_legacy_payload(payload);
  return sighting;
}

template <typename Take>
void hear_all(uint64_t devices, Take&& take) {
  TimePoint time = begin;
  for (int round = 0; round < sightings_each; ++round)
    for (uint64_t number = 0; number < devices; ++number) take(sighting_of(number, time += between_sightings));
}

// Heap bytes a device that the table still has when it is full.
template <typename Fill>
Line measure(const char* name, uint64_t devices, Fill&& fill) {
  const size_t before = allocations().live_bytes;
  const auto table = fill();
  return {name, static_cast<double>(allocations().live_bytes - before) / static_cast<double>(devices)};
}

template <typename Table, typename... Options>
auto in_memory(Options&&... options) {
  return std::make_unique<Table>(std::forward<Options>(options)...);
}

std::vector<Line> measure_tables(uint64_t devices, const PipelineOptions& options) {
  const auto nothing = [](auto&&...) {};
  std::vector<Line> lines;
  lines.push_back(measure("devices", devices, [&] {
    auto table = in_memory<DeviceTable>(options.devices);
    hear_all(devices, [&](const Sighting& sighting) { (void)table->apply(sighting, nothing); });
    return table;
  }));
  lines.push_back(measure("presence", devices, [&] {
    auto tracker = in_memory<PresenceTracker>(options.presence);
    DeviceSlot slot = 0;
    hear_all(devices, [&](const Sighting& sighting) {
      tracker->on_sample(slot, sighting.time, sighting.rssi_dbm, std::nullopt, nothing);
      slot = (slot + 1) % static_cast<DeviceSlot>(devices);
    });
    return tracker;
  }));
  lines.push_back(measure("visits", devices, [&] {
    auto tracker = in_memory<VisitTracker>(options.visits);
    for (uint64_t number = 0; number < devices; ++number) tracker->enter(address_of(number).bits(), 1, begin, nothing);
    return tracker;
  }));
  lines.push_back(measure("traffic", devices, [&] {
    auto counter = in_memory<TrafficCounter>(options.traffic);
    for (uint64_t number = 0; number < devices; ++number) counter->on_entry(address_of(number).bits(), 1, begin, nothing);
    return counter;
  }));
  return lines;
}

size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  size_t pages = 0;
  file >> pages >> pages;
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

int run(const Arguments& arguments) {
  const uint64_t devices = arguments.number();
  const auto count = static_cast<double>(devices);
  PipelineOptions options;
  options.devices.max_devices = devices;
  options.visits.max_open = options.traffic.max_visitors = devices;

  std::vector<Line> lines = measure_tables(devices, options);
  (void)malloc_trim(0);

  Quiet quiet;
  const size_t resident_before = resident_bytes();
  const size_t heap_before = allocations().live_bytes;
  const auto pipeline = in_memory<Pipeline>(options, quiet);
  hear_all(devices, [&](const Sighting& sighting) { pipeline->on_sightings({&sighting, 1}); });
  const auto resident = static_cast<double>(resident_bytes() - resident_before);
  double rest = static_cast<double>(allocations().live_bytes - heap_before) / count;
  for (const Line& line : lines) rest -= line.bytes_per_device;
  lines.push_back({"the pipeline's own", rest});

  if (pipeline->devices().size() != devices || pipeline->visits().size() != devices) {
    fmt::print(stderr, "only {} devices and {} visits were kept\n", pipeline->devices().size(), pipeline->visits().size());
    return 1;
  }
  if (arguments.json()) {
    fmt::print("{{\"bench\":\"memory\",\"devices\":{},\"resident_mb\":{:.1f},\"bytes_per_device\":{:.1f}", devices,
               resident * 1e-6, resident / count);
    for (const Line& line : lines) fmt::print(",\"{}\":{:.1f}", line.name, line.bytes_per_device);
    fmt::print("}}\n");
    return 0;
  }
  fmt::print("{} devices in zones, with visits: the process grows by {:.1f} MB, {:.1f} bytes a device\n", devices,
             resident * 1e-6, resident / count);
  for (const Line& line : lines) fmt::print("{:<22} {:>8.1f} bytes a device\n", line.name, line.bytes_per_device);
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::run(moor::bench::Arguments(argc, argv, "--devices", 1'000'000));
}
