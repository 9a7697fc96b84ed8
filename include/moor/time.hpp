#pragma once
// Time as moor counts it: nanoseconds since 1970 that never go backwards. On a live system a correction of the wall clock does not move
// it (Clock::to_wall converts for people and databases); in a replay it is the capture's own time.

#include <chrono>

namespace moor {

using Duration = std::chrono::nanoseconds;

/// Names the time line, so that a moment of the system's clock cannot be taken for one of moor's. Read it from a `Clock`, clock.hpp.
struct MoorTime {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MoorTime>;
  static constexpr bool is_steady = true;
};
using TimePoint = MoorTime::time_point;
using WallTime = std::chrono::sys_time<Duration>;

[[nodiscard]] constexpr double to_seconds(Duration d) noexcept {
  return std::chrono::duration<double>(d).count();
}
/// Seconds since 1970 of a moment, as JSON output has it.
[[nodiscard]] constexpr double to_seconds(TimePoint t) noexcept {
  return to_seconds(t.time_since_epoch());
}
[[nodiscard]] constexpr double to_seconds(WallTime t) noexcept {
  return to_seconds(t.time_since_epoch());
}
[[nodiscard]] constexpr Duration from_seconds(double seconds) noexcept {
  return std::chrono::round<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace moor
