#pragma once
// Intervals of equal length, counted from 1970.

#include "core/saturating.hpp"

namespace moor {

/// Which interval a moment lies in; negative before 1970.
[[nodiscard]] constexpr int64_t interval_number(TimePoint t, Duration length) noexcept {
  const int64_t time = t.time_since_epoch().count();
  return time / length.count() - (time % length.count() < 0 ? 1 : 0);
}

/// When the interval that a moment lies in has begun.
[[nodiscard]] constexpr TimePoint interval_start(TimePoint t, Duration length) noexcept {
  const int64_t rest = t.time_since_epoch().count() % length.count();
  return add_saturated(t, Duration(rest < 0 ? -rest - length.count() : -rest));
}

}  // namespace moor
