#pragma once
// Pauses between attempts: each up to twice the last, somewhat random so that many who lost the same server do not come back at once.

#include "moor/time.hpp"

#include <algorithm>
#include <random>

namespace moor {

class GrowingPause {
public:
  /// @param seed  of the randomness: whoever waits beside others has another one.
  GrowingPause(Duration first, Duration most, uint64_t seed) : first_(first), most_(most), next_(first), random_(seed) {}

  /// Between three quarters and all of the pause that it is the time for; the longest is `most`.
  [[nodiscard]] Duration next() {
    const Duration pause = next_;
    next_ = std::min(most_, next_ * 2);
    const auto spread = static_cast<uint64_t>(pause.count() / 4 + 1);
    return pause - Duration(static_cast<Duration::rep>(random_() % spread));
  }
  void reset() noexcept { next_ = first_; }

private:
  Duration first_;
  Duration most_;
  Duration next_;
  std::mt19937_64 random_;
};

}  // namespace moor
