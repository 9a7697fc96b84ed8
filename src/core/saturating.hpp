#pragma once
// Times from a recording may be anything: arithmetic on them stays at the ends of the time line instead of overflowing.

#include "moor/time.hpp"

namespace moor {

[[nodiscard]] constexpr TimePoint add_saturated(TimePoint t, Duration d) noexcept {
  Duration::rep sum = 0;
  if (!__builtin_add_overflow(t.time_since_epoch().count(), d.count(), &sum)) return TimePoint(Duration(sum));
  return d < Duration::zero() ? TimePoint::min() : TimePoint::max();
}

/// later - earlier.
[[nodiscard]] constexpr Duration subtract_saturated(TimePoint later, TimePoint earlier) noexcept {
  Duration::rep difference = 0;
  if (!__builtin_sub_overflow(later.time_since_epoch().count(), earlier.time_since_epoch().count(), &difference))
    return Duration(difference);
  return later < earlier ? Duration::min() : Duration::max();
}

}  // namespace moor
