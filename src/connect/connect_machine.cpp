#include "connect/connect_machine.hpp"

#include <algorithm>

namespace moor {

ConnectMachine::ConnectMachine(RetryProfile profile, int max_attempts, bool clears_services)
    : profile_(profile), max_attempts_(std::max(max_attempts, 1)), clears_services_(clears_services) {}

ConnectMachine::RadioState& ConnectMachine::state_of(RadioIndex radio) {
  const auto found = std::ranges::find(states_, radio, &RadioState::radio);
  if (found != states_.end()) return *found;
  states_.push_back({.radio = radio});
  return states_.back();
}

ConnectMachine::Counters& ConnectMachine::budget_of(RadioIndex radio) noexcept {
  return profile_ == RetryProfile::compat || radio == first_ ? first_counters_ : other_counters_;
}

bool ConnectMachine::is_spent(const Counters& counters) const noexcept {
  if (counters.transient >= transient_budget) return true;
  if (profile_ == RetryProfile::compat) return counters.timeouts + counters.errors >= max_attempts_;
  return counters.timeouts >= max_attempts_ || counters.errors >= max_attempts_;
}

ConnectMachine::Counters ConnectMachine::counters() const noexcept {
  return {.timeouts = first_counters_.timeouts + other_counters_.timeouts,
          .errors = first_counters_.errors + other_counters_.errors,
          .transient = first_counters_.transient + other_counters_.transient};
}

ConnectMachine::Verdict ConnectMachine::on_failed(const ConnectCause& cause, Duration took) {
  RadioState& state = state_of(running_);
  RetryRule rule = retry_rule(cause, profile_);
  Verdict verdict;
  state.lost += took;
  // What was tried early, because something had changed, must not shorten the time for which the device is tried.
  if (!std::exchange(state.early, false) || early_attempts_ >= early_attempts_limit) {
    Counters& counters = budget_of(running_);
    switch (rule.budget) {
      case AttemptBudget::timeouts: counters.timeouts++; break;
      case AttemptBudget::errors: counters.errors++; break;
      case AttemptBudget::transient: counters.transient++; break;
    }
    verdict.counted_as = rule.budget;
  } else {
    early_attempts_++;
  }
  if (rule.clears_services && clears_services_) state.to_clear = true;
  if (rule.clears_services && !clears_services_ && profile_ == RetryProfile::compat) rule.waits = false;
  const bool waits = rule.waits && (profile_ == RetryProfile::compat || !is_spent(budget_of(running_)));
  if (waits) verdict.wait = rule.backoff;
  state.wait.reset();
  state.failed = waits ? std::optional(rule) : std::nullopt;
  return verdict;
}

std::optional<TimePoint> ConnectMachine::look(RadioState& state, const DeviceView& seen, TimePoint now) {
  if (state.failed) state.wait.emplace(profile_, state.failed->wait_for, state.failed->backoff, now);
  state.failed.reset();
  if (!state.wait) return std::nullopt;
  const auto until = state.wait->look(seen, now);
  if (!until) {
    state.early = profile_ == RetryProfile::standard && state.wait->ended_early();
    state.wait.reset();
  }
  return until;
}

ConnectMachine::Action ConnectMachine::attempt(RadioState& state) {
  running_ = state.radio;
  if (running_ == no_radio) return NoRadio{};
  attempts_++;
  return Attempt{.radio = running_};
}

ConnectMachine::Action ConnectMachine::next_without_radio(TimePoint now) {
  RadioState& state = state_of(no_radio);
  const DeviceView nothing;
  if (const auto until = look(state, nothing, now)) return Wait{.until = *until, .watch = true};
  if (is_spent(budget_of(no_radio))) return GiveUp{};
  return attempt(state);
}

ConnectMachine::Action ConnectMachine::next(TimePoint now, std::span<const Candidate> best_first) {
  for (RadioState& state : states_)
    if (std::exchange(state.to_clear, false)) return ClearServices{.radio = state.radio};
  if (best_first.empty()) return next_without_radio(now);
  if (!first_) first_ = best_first.front().radio;

  // A radio that is off or full is tried only where no other may be.
  const auto usable = [](const Candidate& candidate) { return candidate.seen.available && candidate.seen.slot_free; };
  const auto may_be_tried = [this](const Candidate& candidate) { return !is_spent(budget_of(candidate.radio)); };
  const bool some_usable =
      std::ranges::any_of(best_first, [&](const Candidate& candidate) { return usable(candidate) && may_be_tried(candidate); });

  const Candidate* best = nullptr;
  std::optional<TimePoint> best_until;
  Duration least_cost = Duration::max();
  for (const Candidate& candidate : best_first) {
    RadioState& state = state_of(candidate.radio);
    const auto until = look(state, candidate.seen, now);
    // By compat's rules the last failure waits too.
    if (profile_ == RetryProfile::compat && until) return Wait{.until = *until, .watch = state.wait->is_watching()};
    if (!may_be_tried(candidate) || (some_usable && !usable(candidate))) continue;
    const Duration cost = state.lost + (until ? *until - now : Duration{});
    if (cost >= least_cost) continue;
    best = &candidate;
    best_until = until;
    least_cost = cost;
  }
  if (best == nullptr) return GiveUp{};
  if (best_until) return Wait{.until = *best_until, .watch = true};
  return attempt(state_of(best->radio));
}

}  // namespace moor
