#include "radio/sim/channel.hpp"

#include <algorithm>
#include <limits>

namespace moor::sim {

namespace {

// The path loss model says nothing of places nearer than this, m.
constexpr double nearest_m = 0.1;
// Two fields of values, the second coarser, come near exp(-d / distance) together: tests/sim/channel_test.cpp.
struct Octave {
  double spacing;   // of the lattice, times the shadowing distance
  double variance;  // its share
};
constexpr Octave octaves[] = {{0.3, 0.35}, {1.7, 0.65}};
constexpr size_t kept_corners = 1 << 14;
constexpr size_t most_fixed = 1 << 20;
// A body stays in between for about so long.
constexpr Duration body_episode = std::chrono::seconds(4);

// Which side of the line from a to b the point is on.
double side(const Position& a, const Position& b, const Position& point) noexcept {
  return (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x);
}

bool cross(const Position& a, const Position& b, const Wall& wall) noexcept {
  return (side(a, b, wall.from) > 0) != (side(a, b, wall.to) > 0) &&
         (side(wall.from, wall.to, a) > 0) != (side(wall.from, wall.to, b) > 0);
}

uint64_t pair_key(size_t radio, size_t device) noexcept {
  return static_cast<uint64_t>(device) << 20 | static_cast<uint64_t>(radio);
}

}  // namespace

ChannelModel::ChannelModel(State& state) : state_(state), corners_(kept_corners) {
  const size_t devices = state.spec().devices.size();
  movers_.reserve(devices);
  for (size_t i = 0; i < devices; ++i) movers_.emplace_back(state, i);
  const size_t pairs = devices * state.spec().radios.size();
  if (pairs <= most_fixed) fixed_.assign(pairs, {std::numeric_limits<double>::quiet_NaN(), 0});
}

double ChannelModel::place_rssi_dbm(size_t radio, size_t device, TimePoint t) {
  return place_rssi_dbm(radio, position(device, t), state_.spec().devices[device].rssi_at_1m_dbm);
}

double ChannelModel::mean_rssi_dbm(size_t radio, size_t device, TimePoint t) {
  const DeviceEntry& entry = state_.spec().devices[device];
  const double body = entry.carried ? body_db(radio, device, t) : 0;
  Mover& mover = movers_[device];
  if (fixed_.empty() || !mover.is_fixed()) {
    const Place place = mover.at(t);
    return place_rssi_dbm(radio, place.position, entry.rssi_at_1m_dbm) + orientation_db(radio, device, place) - body;
  }
  Fixed& fixed = fixed_[radio * movers_.size() + device];
  if (std::isnan(fixed.place_dbm)) {
    const Place place = mover.at(t);
    fixed = {place_rssi_dbm(radio, place.position, entry.rssi_at_1m_dbm), orientation_db(radio, device, place)};
  }
  return fixed.place_dbm + fixed.orientation_db - body;
}

// The sum of two equal numbers: a triangle, so bounded, and small deviations more often than large ones.
double ChannelModel::packet_rssi_dbm(size_t radio, size_t device, TimePoint t, uint64_t packet, uint8_t channel) {
  const uint64_t bits = state_.random().bits(Purpose::fading, pair_key(radio, device), packet, channel);
  const double sum = static_cast<double>(bits >> 32) + static_cast<double>(bits & 0xFFFFFFFFU);
  return mean_rssi_dbm(radio, device, t) + state_.spec().channel.fading_db * (sum * 0x1.0p-32 - 1);
}

double ChannelModel::place_rssi_dbm(size_t radio, const Position& at, double rssi_at_1m_dbm) {
  const Position& ear = state_.spec().radios[radio].position;
  const double distance_m = std::max(nearest_m, std::hypot(at.x - ear.x, at.y - ear.y, at.z - ear.z));
  return rssi_at_1m_dbm - 10 * state_.spec().channel.exponent * std::log10(distance_m) - walls_db(at, ear) +
         shadowing_db(radio, at);
}

double ChannelModel::walls_db(const Position& from, const Position& to) const noexcept {
  double loss = 0;
  for (const Wall& wall : state_.spec().walls)
    if (cross(from, to, wall)) loss += wall.loss_db.value_or(state_.spec().channel.wall_db);
  return loss;
}

double ChannelModel::shadowing_db(size_t radio, const Position& at) {
  const Channel& channel = state_.spec().channel;
  if (channel.shadowing_db <= 0 || channel.shadowing_distance_m <= 0) return 0;
  double sum = 0;
  for (size_t i = 0; i < std::size(octaves); ++i) {
    const double scale = 1 / (octaves[i].spacing * channel.shadowing_distance_m);
    sum += std::sqrt(octaves[i].variance) * lattice(radio, i, at.x * scale, at.y * scale);
  }
  return channel.shadowing_db * sum;
}

// Between the corners of a cell their values are mixed; the weights' own length keeps the deviation 1 everywhere.
double ChannelModel::lattice(size_t radio, uint64_t octave, double x, double y) {
  constexpr double most = 1e15;  // whatever a world's file says, a cell's number fits
  const double left = std::floor(std::clamp(x, -most, most));
  const double low = std::floor(std::clamp(y, -most, most));
  const double across = std::clamp(x - left, 0.0, 1.0);
  const double up = std::clamp(y - low, 0.0, 1.0);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 4; ++i) {
    const double weight = ((i & 1) != 0 ? across : 1 - across) * ((i & 2) != 0 ? up : 1 - up);
    sum += weight * corner(radio, octave, static_cast<int64_t>(left) + (i & 1), static_cast<int64_t>(low) + (i >> 1));
    squares += weight * weight;
  }
  return sum / std::sqrt(squares);
}

double ChannelModel::corner(size_t radio, uint64_t octave, int64_t x, int64_t y) {
  const uint64_t field = static_cast<uint64_t>(radio) << 1 | octave;
  const uint64_t key = state_.random().bits(Purpose::shadowing, field, static_cast<uint64_t>(x), static_cast<uint64_t>(y)) | 1;
  Corner& kept = corners_[key >> 32 & (kept_corners - 1)];
  if (kept.key != key)
    kept = {key, state_.random().normal(Purpose::shadowing, field, static_cast<uint64_t>(x), static_cast<uint64_t>(y))};
  return kept.value;
}

// A simple pattern: strongest to one side of the device, weakest to the other; which side, is the device's own.
double ChannelModel::orientation_db(size_t radio, size_t device, const Place& place) const noexcept {
  const double most = state_.spec().channel.orientation_db;
  if (most <= 0) return 0;
  const Position& ear = state_.spec().radios[radio].position;
  const double bearing = std::atan2(ear.y - place.position.y, ear.x - place.position.x);
  const double own = 2 * std::numbers::pi * state_.random().uniform(Purpose::orientation, device, 1);
  return most * std::cos(place.heading + own - bearing);
}

// Time in episodes, each with somebody in between or not; each pair's begin at a moment of its own.
double ChannelModel::body_db(size_t radio, size_t device, TimePoint t) const noexcept {
  const Channel& channel = state_.spec().channel;
  const uint64_t pair = pair_key(radio, device);
  const Random& random = state_.random();
  const double phase = random.uniform(Purpose::body, pair, 0, 2);
  const auto episode = static_cast<uint64_t>(std::floor(to_seconds(t - state_.start()) / to_seconds(body_episode) + phase) + 1);
  if (random.uniform(Purpose::body, pair, episode) >= channel.body_share) return 0;
  return std::lerp(channel.body_min_db, channel.body_max_db, random.uniform(Purpose::body, pair, episode, 1));
}

}  // namespace moor::sim
