#pragma once
// Where a device is: fixed, on a path, or walking like a person in a shop. A walk is drawn leg by leg as time goes on, each leg from the seed
// and its number, so that it is the same whoever asks and when.

#include "radio/sim/state.hpp"

namespace moor::sim {

struct Place {
  Position position;
  double heading = 0;  ///< radians in the plane; where the device stands, the last one
};

class Mover {
public:
  Mover(State& state, size_t device);
  [[nodiscard]] bool is_fixed() const noexcept;
  /// Any moment; one before the last leg asked for costs the way there again.
  [[nodiscard]] Place at(TimePoint t);

private:
  // From where it stood, on the way, and standing there until the end.
  struct Leg {
    uint64_t number = 0;
    Position from;
    Position to;
    TimePoint begin;
    TimePoint arrival;
    TimePoint end;
    double heading = 0;
  };
  [[nodiscard]] Place on_path(const std::vector<Waypoint>& path, TimePoint t) const;
  [[nodiscard]] Place on_walk(const RandomWaypoint& walk, TimePoint t);
  [[nodiscard]] Leg first_leg(const RandomWaypoint& walk) const;
  [[nodiscard]] Leg next_leg(const RandomWaypoint& walk, const Leg& last) const;
  [[nodiscard]] Position random_place(const RandomWaypoint& walk, uint64_t leg) const;
  [[nodiscard]] Duration stay(const RandomWaypoint& walk, uint64_t leg) const;

  State* state_;
  size_t device_;
  double first_heading_;
  Leg leg_;
  Leg last_leg_;  // most of those who ask for an earlier moment ask for one a moment before
};

}  // namespace moor::sim
