#pragma once
// When a device is awake: awake and asleep in turn, and what a link does to that. A machine without I/O.

#include "moor/world.hpp"
#include "radio/sim/random.hpp"

namespace moor::sim {

class SleepSchedule {
public:
  /// @param device  key of its random times. Without `sleep` it never sleeps; with a time of zero awake, only after a link.
  SleepSchedule(const std::optional<Sleep>& sleep, const Random& random, size_t device, TimePoint start);

  [[nodiscard]] bool is_awake() const noexcept { return awake_; }
  /// The next moment at which it wakes or falls asleep by itself; TimePoint::max() for never.
  [[nodiscard]] TimePoint next_change() const noexcept { return change_at_; }
  /// It is that moment.
  void change();
  void link_made(TimePoint t);
  void link_gone(TimePoint t);

private:
  void wake(TimePoint t);
  void fall_asleep(TimePoint t);
  [[nodiscard]] Duration span(Duration mean);

  std::optional<Sleep> sleep_;
  Random random_;
  size_t device_;
  uint64_t spans_ = 0;  // drawn so far
  int links_ = 0;
  bool awake_ = true;
  bool overdue_ = false;  // awake only for its link
  TimePoint change_at_ = TimePoint::max();
};

}  // namespace moor::sim
