#include "connect/wait_machine.hpp"

#include <algorithm>

namespace moor {

std::optional<TimePoint> WaitMachine::look(const DeviceView& seen, TimePoint now) {
  if (phase_ == Phase::over) return std::nullopt;
  const auto next = profile_ == RetryProfile::compat ? look_compat(seen, now) : look_standard(seen, now);
  if (!next) phase_ = Phase::over;
  before_ = seen;
  return next;
}

std::optional<TimePoint> WaitMachine::sleep(TimePoint until, TimePoint now) {
  phase_ = Phase::sleeping;
  next_poll_ = until;
  return now < until ? std::optional(until) : std::nullopt;
}

std::optional<TimePoint> WaitMachine::look_compat(const DeviceView& seen, TimePoint now) {
  switch (phase_) {
    case Phase::beginning:
      if (!seen.keeps_objects || (seen.known && !seen.connected)) return sleep(start_ + backoff_, now);
      if (seen.known) {
        phase_ = Phase::link_shown;
        return start_ + link_gone_limit;
      }
      phase_ = Phase::looking;
      next_poll_ = now;
      polls_ = backoff_ / reappear_poll;
      return poll(seen, now);
    case Phase::link_shown:
      if (now >= start_ + link_gone_limit) return std::nullopt;
      removed_ = removed_ || !seen.known;
      if (!removed_ && !seen.connected) return sleep(start_ + backoff_, now);
      return start_ + link_gone_limit;
    case Phase::looking: return poll(seen, now);
    case Phase::sleeping: return sleep(next_poll_, now);
    case Phase::over: break;
  }
  return std::nullopt;
}

std::optional<TimePoint> WaitMachine::poll(const DeviceView& seen, TimePoint now) {
  if (now < next_poll_) return next_poll_;
  if (polls_ == 0) return std::nullopt;
  if (seen.known_anywhere) {
    ended_early_ = true;
    return std::nullopt;
  }
  --polls_;
  next_poll_ = now + reappear_poll;
  return next_poll_;
}

bool WaitMachine::happened(const DeviceView& seen) const noexcept {
  if (phase_ == Phase::beginning) return false;
  switch (wait_for_) {
    case WaitFor::slot_free: return seen.slot_free && !before_.slot_free;
    case WaitFor::radio_available: return seen.available && !before_.available;
    case WaitFor::heard:
    case WaitFor::link_gone: return seen.known && !before_.known;
  }
  return false;
}

std::optional<TimePoint> WaitMachine::look_standard(const DeviceView& seen, TimePoint now) {
  const TimePoint end = start_ + backoff_;
  const bool link_shown = wait_for_ == WaitFor::link_gone && seen.known && seen.connected;
  if (!link_shown && happened(seen)) {
    ended_early_ = now < end;
    return std::nullopt;
  }
  phase_ = Phase::sleeping;
  const TimePoint until = link_shown ? std::max(end, start_ + link_gone_limit) : end;
  if (now < until) return until;
  ended_early_ = before_.connected && !seen.known && now < start_ + link_gone_limit;
  return std::nullopt;
}

}  // namespace moor
