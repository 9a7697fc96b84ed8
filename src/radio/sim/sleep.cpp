#include "radio/sim/sleep.hpp"

#include "core/saturating.hpp"

namespace moor::sim {

SleepSchedule::SleepSchedule(const std::optional<Sleep>& sleep, const Random& random, size_t device, TimePoint start)
    : sleep_(sleep), random_(random), device_(device) {
  if (sleep_ && sleep_->asleep <= Duration::zero()) sleep_.reset();
  if (sleep_) wake(start);
}

void SleepSchedule::change() {
  const TimePoint t = change_at_;
  if (!awake_)
    wake(t);
  else if (sleep_->only_when_idle && links_ > 0) {
    overdue_ = true;
    change_at_ = TimePoint::max();
  } else
    fall_asleep(t);
}

void SleepSchedule::link_made(TimePoint t) {
  ++links_;
  if (!sleep_ || !sleep_->awake_after_connect) return;
  change_at_ = add_saturated(t, *sleep_->awake_after_connect);
  overdue_ = false;
}

void SleepSchedule::link_gone(TimePoint t) {
  if (--links_ == 0 && overdue_) fall_asleep(t);
}

void SleepSchedule::wake(TimePoint t) {
  awake_ = true;
  change_at_ = sleep_->awake > Duration::zero() ? add_saturated(t, span(sleep_->awake)) : TimePoint::max();
}

void SleepSchedule::fall_asleep(TimePoint t) {
  awake_ = false;
  overdue_ = false;
  change_at_ = add_saturated(t, span(sleep_->asleep));
}

Duration SleepSchedule::span(Duration mean) {
  if (!sleep_->random) return mean;
  const double share = random_.exponential(Purpose::sleep, device_, spans_++);
  return std::max(from_seconds(to_seconds(mean) * share), Duration(std::chrono::milliseconds(1)));
}

}  // namespace moor::sim
