#include "radio/sim/radio_faults.hpp"

#include "core/saturating.hpp"

#include <algorithm>

namespace moor::sim {

namespace {

// A fault that lasts for ever ends here: far from where a sum of times could overflow.
constexpr TimePoint never = TimePoint::max();

}  // namespace

RadioFaults::RadioFaults(State& state, size_t radio) : state_(state), radio_(radio) {
  for (const RadioFault& fault : state.spec().radios[radio].faults) add(fault);
}

void RadioFaults::add(RadioFault fault) {
  Running running{.fault = fault, .number = faults_.size(), .begin = add_saturated(state_.start(), fault.at), .end = never};
  if (fault.every && fault.random) running.begin = add_saturated(running.begin, pause_of(running));
  if (fault.lasts) running.end = add_saturated(running.begin, *fault.lasts);
  faults_.push_back(running);
}

Duration RadioFaults::pause_of(const Running& running) const {
  // A pause of nothing would begin the fault again and again in one moment.
  const Duration mean = std::max(*running.fault.every, Duration(std::chrono::microseconds(1)));
  if (!running.fault.random) return mean;
  const double share = state_.random().exponential(Purpose::radio_fault, radio_, running.number, running.occurrence);
  return std::max(Duration(1), from_seconds(to_seconds(mean) * share));
}

void RadioFaults::follow(Running& running, TimePoint t) const {
  while (running.end <= t && running.fault.every) {
    ++running.occurrence;
    running.begin = add_saturated(running.end, pause_of(running));
    running.end = running.fault.lasts ? add_saturated(running.begin, *running.fault.lasts) : never;
  }
}

bool RadioFaults::has(RadioFault::Kind kind, TimePoint t) {
  return std::any_of(faults_.begin(), faults_.end(), [&](Running& running) {
    if (running.fault.kind != kind) return false;
    follow(running, t);
    return running.begin <= t && t < running.end;
  });
}

bool RadioFaults::is_deaf(TimePoint t) {
  return has(RadioFault::Kind::dead, t) || has(RadioFault::Kind::silent, t) || has(RadioFault::Kind::stuck, t);
}

TimePoint RadioFaults::next_change(TimePoint t) {
  TimePoint next = never;
  for (Running& running : faults_) {
    follow(running, t);
    if (running.begin > t)
      next = std::min(next, running.begin);
    else if (running.end > t)
      next = std::min(next, running.end);
  }
  return next;
}

bool RadioFaults::recover(TimePoint t, bool hard) {
  bool mended = false;
  for (Running& running : faults_) {
    follow(running, t);
    const RadioFault::Kind kind = running.fault.kind;
    const bool mends = kind == RadioFault::Kind::stuck || (hard && kind != RadioFault::Kind::dead);
    if (!mends || t < running.begin || t >= running.end) continue;
    running.end = t;
    mended = true;
  }
  return mended;
}

}  // namespace moor::sim
