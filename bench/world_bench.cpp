// How fast a simulated world runs in virtual time: advertising events a second of processor time, of a crowd that one radio and four
// radios listen to, of a shop for an hour, and of one sensor for a month. The floor beside it is the plain loop that any simulation
// of timed events has: a heap of moments, each replaced by the next.

#include "bench/arguments.hpp"
#include "bench/measure.hpp"
#include "core/within.hpp"
#include "moor/world.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <queue>

namespace moor::bench {
namespace {

using namespace std::chrono_literals;

struct Line {
  std::string name;
  double events = 0;
  double heard = 0;
  double simulated_s = 0;
  double seconds = 0;
};

class Count final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override { heard += batch.size(); }
  uint64_t heard = 0;
};

awaitable<void> scan_for(Clock& clock, Radio& radio, Duration duration, SightingSink& sink) {
  const ScanOptions options;
  (void)co_await within(clock, clock.now() + duration, radio.scan(options, sink));
}

Line measure(std::string name, const sim::WorldSpec& spec, Duration duration) {
  VirtualClock clock(TimePoint(1h));
  boost::asio::io_context context;
  sim::World world(clock, spec);
  std::vector<std::unique_ptr<Radio>> radios;
  Count count;
  for (const sim::RadioEntry& radio : spec.radios) {
    radios.push_back(world.make_radio(radio.name, static_cast<RadioId>(radios.size())));
    boost::asio::co_spawn(context, scan_for(clock, *radios.back(), duration, count), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  }
  const double begun = processor_seconds();
  clock.run(context);
  Line line{.name = std::move(name), .simulated_s = to_seconds(duration), .seconds = processor_seconds() - begun};
  for (const sim::DeviceEntry& device : spec.devices)
    line.events += static_cast<double>(world.truth(device.address).advertisements);
  line.heard = static_cast<double>(count.heard);
  return line;
}

Line measure_floor(size_t devices, uint64_t events) {
  using Turn = std::pair<uint64_t, size_t>;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns;
  uint64_t random = 1;
  for (size_t i = 0; i < devices; ++i) turns.emplace(i * 97, i);
  const double begun = processor_seconds();
  for (uint64_t i = 0; i < events; ++i) {
    const auto [time, device] = turns.top();
    turns.pop();
    random = random * 6364136223846793005U + 1442695040888963407U;
    turns.emplace(time + 100'000'000 + (random >> 40), device);
  }
  return {.name = "floor: a heap of moments", .events = static_cast<double>(events), .seconds = processor_seconds() - begun};
}

// Devices over 20 by 20 m that do not move, or walk; a payload of 28 bytes ten times a second.
sim::WorldSpec crowd(size_t devices, size_t radios, bool walking) {
  sim::WorldSpec spec;
  for (size_t i = 0; i < radios; ++i)
    spec.radios.push_back({.name = std::to_string(i), .position = {i % 2 == 0 ? 5.0 : 15.0, i < 2 ? 5.0 : 15.0, 2}});
  for (size_t i = 0; i < devices; ++i) {
    sim::DeviceEntry device;
    device.name = std::to_string(i);
    device.address = Address(0xC00000000000 | i, true);
    device.carried = walking;
    if (walking)
      device.movement = sim::RandomWaypoint{.min = {0, 0, 1}, .max = {20, 20, 1}};
    else
      device.movement = sim::Position{static_cast<double>(i % 32) * 0.6, static_cast<double>(i / 32 % 32) * 0.6, 1};
    device.advertising->interval = 95ms;
    device.advertising->payload.assign(28, 0);
    spec.devices.push_back(std::move(device));
  }
  return spec;
}

sim::WorldSpec one_sensor() {
  sim::WorldSpec spec = crowd(1, 1, false);
  spec.devices[0].advertising->interval = 1s;
  return spec;
}

int run(const Arguments& arguments) {
  const auto seconds = std::chrono::seconds(arguments.number());
  std::vector<Line> lines;
  lines.push_back(measure_floor(1000, 10'000 * arguments.number()));
  lines.push_back(measure("1,000 at rest, one radio", crowd(1000, 1, false), seconds));
  lines.push_back(measure("1,000 walking, one radio", crowd(1000, 1, true), seconds));
  lines.push_back(measure("1,000 walking, four radios", crowd(1000, 4, true), seconds));
  lines.push_back(measure("the shop, four radios, an hour", sim::load_world(MOOR_SOURCE_DIR "/examples/worlds/shop.toml"),
                          std::chrono::hours(1)));
  lines.push_back(measure("one sensor, a month", one_sensor(), std::chrono::hours(24 * 30)));
  if (arguments.json()) {
    for (const Line& line : lines)
      fmt::print(
          "{{\"bench\":\"world\",\"what\":\"{}\",\"events_per_s\":{:.0f},\"events\":{:.0f},\"heard\":{:.0f},\"seconds\":{:.3f}}}"
          "\n",
          line.name, line.events / line.seconds, line.events, line.heard, line.seconds);
    return 0;
  }
  fmt::print("{:<32} {:>12} {:>12} {:>10} {:>14} {:>12}\n", "", "events", "heard", "seconds", "events a s", "times real");
  for (const Line& line : lines)
    fmt::print("{:<32} {:>12.0f} {:>12.0f} {:>10.3f} {:>14.0f} {:>12.0f}\n", line.name, line.events, line.heard, line.seconds,
               line.events / line.seconds, line.simulated_s / line.seconds);
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::run(moor::bench::Arguments(argc, argv, "--seconds", 300));
}
