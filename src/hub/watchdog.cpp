#include "hub/watchdog.hpp"

#include "core/saturating.hpp"

#include <algorithm>

namespace moor::hub {

void Watchdog::on_started(TimePoint now) noexcept {
  if (running_) return;
  running_ = true;
  silent_ = false;
  heard_any_ = false;
  restarted_ = false;
  started_ = now;
  last_heard_ = now;
  silent_at_.reset();
  not_before_ = TimePoint::min();
}

void Watchdog::on_life() noexcept {
  silent_ = false;
  silent_at_.reset();
  restarted_ = false;
  resets_ = 0;
  not_before_ = TimePoint::min();
}

TimePoint Watchdog::silent_at() const noexcept {
  return silent_at_.value_or(add_saturated(last_heard_, silent_after));
}

Watchdog::Action Watchdog::check(TimePoint now) noexcept {
  if (!running_ || now < next_check()) return Action::none;
  const Duration silence = subtract_saturated(now, silent_at());
  silent_ = true;
  const bool only_quiet = heard_any_ && !restarted_ && silence <= hung_after - silent_after;
  not_before_ = TimePoint::max();  // until `on_acted`
  if (only_quiet) {
    restarted_ = true;
    return Action::restart;
  }
  resets_ = std::min(resets_ + 1, max_resets);
  return Action::reset;
}

void Watchdog::on_acted(TimePoint now) noexcept {
  if (!running_ || not_before_ != TimePoint::max()) return;
  Duration pause = watchdog_beat;
  if (resets_ >= max_resets)
    pause = pause_when_given_up;
  else if (resets_ > 0)
    pause = first_pause * (1 << (resets_ - 1));
  not_before_ = add_saturated(now, pause);
}

// On the beat since the start, as a check every 30 s would find it.
TimePoint Watchdog::next_check() const noexcept {
  if (!running_) return TimePoint::max();
  const TimePoint due = std::max(silent_at(), not_before_);
  if (due == TimePoint::max()) return due;
  const Duration since = subtract_saturated(due, started_);
  const auto beats = (since + watchdog_beat - Duration(1)) / watchdog_beat;
  return add_saturated(started_, beats * watchdog_beat);
}

}  // namespace moor::hub
