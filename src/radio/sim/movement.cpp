#include "radio/sim/movement.hpp"

#include <algorithm>

namespace moor::sim {

namespace {

// What a leg's random numbers are for.
enum Draw : uint64_t { draw_x, draw_y, draw_z, draw_speed, draw_stay };

double distance(const Position& a, const Position& b) noexcept {
  return std::hypot(a.x - b.x, a.y - b.y, a.z - b.z);
}

Position between(const Position& from, const Position& to, double share) noexcept {
  return {std::lerp(from.x, to.x, share), std::lerp(from.y, to.y, share), std::lerp(from.z, to.z, share)};
}

double share_of(TimePoint begin, TimePoint end, TimePoint t) noexcept {
  return end <= begin ? 1.0 : std::clamp(to_seconds(t - begin) / to_seconds(end - begin), 0.0, 1.0);
}

// Somebody who stands or rises keeps the heading.
double heading_of(const Position& from, const Position& to, double otherwise) noexcept {
  return from.x == to.x && from.y == to.y ? otherwise : std::atan2(to.y - from.y, to.x - from.x);
}

}  // namespace

Mover::Mover(State& state, size_t device)
    : state_(&state),
      device_(device),
      first_heading_(2 * std::numbers::pi * state.random().uniform(Purpose::orientation, device)) {
  if (const auto* walk = std::get_if<RandomWaypoint>(&state.spec().devices[device].movement)) leg_ = last_leg_ = first_leg(*walk);
}

bool Mover::is_fixed() const noexcept {
  const Movement& movement = state_->spec().devices[device_].movement;
  if (const auto* path = std::get_if<std::vector<Waypoint>>(&movement)) return path->size() < 2;
  return std::holds_alternative<Position>(movement);
}

Place Mover::at(TimePoint t) {
  const Movement& movement = state_->spec().devices[device_].movement;
  if (const auto* fixed = std::get_if<Position>(&movement)) return {*fixed, first_heading_};
  if (const auto* path = std::get_if<std::vector<Waypoint>>(&movement)) return on_path(*path, t);
  return on_walk(std::get<RandomWaypoint>(movement), t);
}

Place Mover::on_path(const std::vector<Waypoint>& path, TimePoint t) const {
  if (path.empty()) return {{}, first_heading_};
  const Duration elapsed = t - state_->start();
  const auto next = std::upper_bound(path.begin(), path.end(), elapsed, [](Duration d, const Waypoint& w) { return d < w.at; });
  if (next == path.begin()) return {path.front().position, first_heading_};
  const Waypoint& from = *(next - 1);
  if (next == path.end()) {
    const double heading =
        path.size() < 2 ? first_heading_ : heading_of(path[path.size() - 2].position, from.position, first_heading_);
    return {from.position, heading};
  }
  const double share = share_of(state_->start() + from.at, state_->start() + next->at, t);
  return {between(from.position, next->position, share), heading_of(from.position, next->position, first_heading_)};
}

Place Mover::on_walk(const RandomWaypoint& walk, TimePoint t) {
  if (t < last_leg_.begin) leg_ = last_leg_ = first_leg(walk);
  while (t >= leg_.end) last_leg_ = std::exchange(leg_, next_leg(walk, leg_));
  const Leg& leg = t < leg_.begin ? last_leg_ : leg_;
  return {between(leg.from, leg.to, share_of(leg.begin, leg.arrival, t)), leg.heading};
}

Mover::Leg Mover::first_leg(const RandomWaypoint& walk) const {
  const Position place = random_place(walk, 0);
  return {.from = place,
          .to = place,
          .begin = state_->start(),
          .arrival = state_->start(),
          .end = state_->start() + stay(walk, 0),
          .heading = first_heading_};
}

Mover::Leg Mover::next_leg(const RandomWaypoint& walk, const Leg& last) const {
  constexpr double slowest = 1e-3;  // m/s: a walk arrives
  Leg leg{.number = last.number + 1, .from = last.to, .to = random_place(walk, last.number + 1), .begin = last.end};
  const double share = state_->random().uniform(Purpose::movement, device_, leg.number, draw_speed);
  const double speed = std::max(slowest, std::lerp(walk.speed_min, walk.speed_max, share));
  leg.arrival = leg.begin + from_seconds(distance(leg.from, leg.to) / speed);
  // A leg takes time, or a walk in an area of one point without stays would never get past a moment.
  leg.end = std::max(leg.arrival + stay(walk, leg.number), leg.begin + Duration(std::chrono::milliseconds(1)));
  leg.heading = heading_of(leg.from, leg.to, last.heading);
  return leg;
}

Position Mover::random_place(const RandomWaypoint& walk, uint64_t leg) const {
  const Random& random = state_->random();
  return {std::lerp(walk.min.x, walk.max.x, random.uniform(Purpose::movement, device_, leg, draw_x)),
          std::lerp(walk.min.y, walk.max.y, random.uniform(Purpose::movement, device_, leg, draw_y)),
          std::lerp(walk.min.z, walk.max.z, random.uniform(Purpose::movement, device_, leg, draw_z))};
}

Duration Mover::stay(const RandomWaypoint& walk, uint64_t leg) const {
  const double share = state_->random().uniform(Purpose::movement, device_, leg, draw_stay);
  return from_seconds(std::lerp(to_seconds(walk.stay_min), to_seconds(walk.stay_max), share));
}

}  // namespace moor::sim
