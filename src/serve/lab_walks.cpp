#include "serve/lab_walks.hpp"

#include "moor/capture.hpp"
#include "moor/clock.hpp"
#include "moor/path_loss.hpp"
#include "moor/smoothing.hpp"
#include "radio/sim/channel.hpp"
#include "radio/sim/packet_times.hpp"
#include "radio/sim/state.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace moor::serve {

namespace {

using namespace std::chrono_literals;

struct Plan {
  const char* name;
  const char* what;
  uint64_t seed;
  Duration interval;
  std::vector<sim::Waypoint> way;
  std::vector<sim::Wall> walls;
  double body_share;
};

// The receiver stands at 0, 0; metres.
std::vector<Plan> plans() {
  return {
      {.name = "store aisle",
       .what = "A customer comes down an aisle from 12 m, stands at the shelf beside the receiver, and goes on to the till.",
       .seed = 7,
       .interval = 1s,
       .way = {{0s, {12, 1}}, {40s, {0.6, 0.5}}, {75s, {0.4, 0.3}}, {95s, {4, 1}}, {130s, {4.5, 1.5}}, {150s, {13, 2}}},
       .walls = {},
       .body_share = 0.1},
      {.name = "doorway",
       .what = "Somebody stands in the doorway 3 m away, where the signal wavers around the far limit, and never comes in.",
       .seed = 12,
       .interval = 500ms,
       .way = {{0s, {9, 0}}, {12s, {2.8, 0.2}}, {30s, {3.2, 0.6}}, {50s, {2.7, -0.4}}, {70s, {3.3, 0.1}}, {84s, {9, 0}}},
       .walls = {},
       .body_share = 0.05},
      {.name = "behind the rack",
       .what = "A customer at 1.6 m steps behind a display rack for a few seconds: the signal falls by 12 dB, the customer is "
               "as near as before.",
       .seed = 3,
       .interval = 1s,
       .way = {{0s, {6, 0}},
               {15s, {1.6, 0}},
               {50s, {1.6, 0.3}},
               {51s, {1.6, 1.2}},
               {57s, {1.6, 1.4}},
               {58s, {1.6, 0.2}},
               {95s, {1.6, 0}},
               {110s, {7, 0}}},
       .walls = {{.from = {1.2, 0.5}, .to = {1.2, 2.2}, .loss_db = 12}},
       .body_share = 0}};
}

sim::WorldSpec world_of(const Plan& plan) {
  sim::WorldSpec world;
  world.seed = plan.seed;
  world.channel.shadowing_db = 2;
  world.channel.orientation_db = 3;
  world.channel.body_share = plan.body_share;
  world.walls = plan.walls;
  world.radios.push_back({.name = "receiver", .position = {}});
  sim::DeviceEntry phone;
  phone.name = "phone";
  phone.address = *Address::parse("C4:00:00:00:00:01", true);
  phone.movement = plan.way;
  phone.carried = true;
  world.devices.push_back(std::move(phone));
  return world;
}

Walk simulate(const Plan& plan) {
  Walk walk{.name = plan.name, .what = plan.what, .samples = {}};
  VirtualClock clock;
  const auto state = std::make_shared<sim::State>(clock, world_of(plan));
  const double sensitivity_dbm = state->spec().channel.sensitivity_dbm;
  uint64_t packet = 0;
  for (Duration t{}; t <= plan.way.back().at; t += plan.interval, ++packet) {
    const auto channel = static_cast<uint8_t>(sim::first_channel + packet % sim::advertising_channels);
    const double rssi_dbm = std::round(state->channel().packet_rssi_dbm(0, 0, state->start() + t, packet, channel));
    if (rssi_dbm >= sensitivity_dbm) walk.samples.push_back({to_seconds(t), rssi_dbm});
  }
  return walk;
}

// How far the smoothed signal of some samples goes up and down.
double span_db(const std::vector<Sample>& samples) {
  Ema ema;
  double least = 0;
  double most = -200;
  for (const Sample& sample : samples) {
    const double smoothed = ema.add(sample.rssi_dbm, 0.1);
    least = std::min(least, smoothed);
    most = std::max(most, smoothed);
  }
  return most - least;
}

// The device of a recording that moves most, of those that were heard often enough to draw.
std::vector<Sample> most_moving(const std::filesystem::path& recording) {
  constexpr size_t fewest = 100;
  constexpr size_t most = 600;  // more is no clearer on a screen
  std::map<Address, std::vector<Sample>> heard;
  Capture capture = Capture::open(recording);
  const TimePoint start = capture.first_report_time().value_or(TimePoint{});
  for (auto batch = capture.next_batch(); !batch.empty(); batch = capture.next_batch())
    for (const Sighting& sighting : batch)
      if (is_plausible_rssi(sighting.rssi_dbm)) {
        std::vector<Sample>& samples = heard[sighting.address];
        if (samples.size() < most) samples.push_back({to_seconds(sighting.time - start), static_cast<double>(sighting.rssi_dbm)});
      }
  std::vector<Sample> best;
  double best_db = 0;
  for (auto& [address, samples] : heard) {
    const double db = samples.size() < fewest ? 0 : span_db(samples);
    if (db <= best_db) continue;
    best_db = db;
    best = std::move(samples);
  }
  const double begin = best.empty() ? 0 : best.front().t;
  for (Sample& sample : best) sample.t -= begin;
  return best;
}

}  // namespace

const std::vector<Walk>& Walks::all() {
  if (!walks_.empty()) return walks_;
  for (const Plan& plan : plans()) walks_.push_back(simulate(plan));
  if (recording_.empty()) return walks_;
  try {
    Walk recorded{.name = "recorded",
                  .what = "A customer of the demo's shop, as it is in the recording that comes with moor.",
                  .samples = most_moving(recording_)};
    if (!recorded.samples.empty()) walks_.push_back(std::move(recorded));
  } catch (const CaptureError&) {
    // The lab is as good without it.
  }
  return walks_;
}

const Walk* Walks::find(std::string_view name) {
  for (const Walk& walk : all())
    if (walk.name == name) return &walk;
  return nullptr;
}

}  // namespace moor::serve
