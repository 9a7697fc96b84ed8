#pragma once
// Sums of times that end at the last moment there is, which stands for never.

#include "moor/time.hpp"

namespace moor::sim {

[[nodiscard]] constexpr TimePoint later(TimePoint t, Duration d) noexcept {
  return d > Duration::zero() && t > TimePoint::max() - d ? TimePoint::max() : t + d;
}

}  // namespace moor::sim
