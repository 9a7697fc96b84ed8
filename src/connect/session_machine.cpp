#include "connect/session_machine.hpp"

#include "core/require.hpp"

#include <algorithm>

namespace moor {

namespace {

constexpr size_t kept_gaps = 1000;

void check(const SessionOptions& options) {
  require(options.first_retry > Duration::zero(), "the first retry of a session must be after more than 0 s");
  require(options.last_retry >= options.first_retry, "the last retry of a session must not be before the first one");
  for (const SessionOptions::Read& read : options.reads)
    require(read.every > Duration::zero(), "a session reads again after more than 0 s");
  for (size_t i = 0; i < options.subscriptions.size(); ++i) {
    require(options.subscriptions[i].options.capacity > 0, "a subscription has room for at least one value");
    for (size_t j = 0; j < i; ++j)
      require(options.subscriptions[i].characteristic != options.subscriptions[j].characteristic,
              "a session subscribes to a characteristic once");
  }
}

void keep(SessionReport& report, const SessionGap& gap) {
  if (gap.to == gap.from) return;
  report.longest_gap = std::max(report.longest_gap, gap.to - gap.from);
  report.gaps.push_back(gap);
  if (report.gaps.size() > kept_gaps) report.gaps.pop_front();
}

}  // namespace

SessionMachine::SessionMachine(const SessionOptions& options)
    : next_reads_(options.reads.size()),
      subscribing_(options.subscriptions.size()),
      first_retry_(options.first_retry),
      last_retry_(options.last_retry),
      delay_(options.first_retry) {
  check(options);
  for (const SessionOptions::Read& read : options.reads) periods_.push_back(read.every);
}

SessionMachine::Action SessionMachine::on_start(TimePoint now) {
  running_ = true;
  report_ = {.started = now, .until = now};
  gap_ = {.from = now, .to = now, .cause = "not connected yet"};
  std::ranges::fill(next_reads_, now);
  delay_ = first_retry_;
  return Connect{};
}

Duration SessionMachine::doubled(Duration delay) const noexcept {
  return delay > last_retry_ / 2 ? last_retry_ : delay * 2;
}

SessionMachine::Action SessionMachine::retry() noexcept {
  const Duration wait = delay_;
  delay_ = doubled(delay_);
  return Wait{wait};
}

SessionMachine::Action SessionMachine::on_connect_failed(TimePoint now, const std::string& cause) {
  ++report_.failed_connects;
  go_down(now, cause);
  return retry();
}

void SessionMachine::on_connected(TimePoint now) {
  ++report_.connections;
  connected_ = true;
  delay_ = first_retry_;
  for (Subscribing& each : subscribing_) each = {.in_place = false, .next = now, .delay = first_retry_};
  go_up(now);
}

SessionMachine::Action SessionMachine::on_link_lost(TimePoint now, const std::string& cause) {
  ++report_.drops;
  connected_ = false;
  go_down(now, cause);
  return retry();
}

void SessionMachine::on_stopped(TimePoint now) {
  report_ = report(now);
  connected_ = false;
  running_ = false;
  up_since_.reset();
}

void SessionMachine::on_subscribed(TimePoint now, size_t index) {
  subscribing_[index].in_place = true;
  go_up(now);
}

void SessionMachine::on_subscription_failed(TimePoint now, size_t index, const std::string& cause) {
  ++report_.failed_operations;
  Subscribing& subscription = subscribing_[index];
  subscription.next = now + subscription.delay;
  subscription.delay = doubled(subscription.delay);
  explain_first_gap(cause);
}

void SessionMachine::on_subscription_ended(TimePoint now, size_t index, const std::string& cause) {
  subscribing_[index] = {.in_place = false, .next = now, .delay = first_retry_};
  go_down(now, cause);
}

std::optional<size_t> SessionMachine::due_subscription(TimePoint now) const {
  if (!connected_) return std::nullopt;
  for (size_t i = 0; i < subscribing_.size(); ++i)
    if (!subscribing_[i].in_place && subscribing_[i].next <= now) return i;
  return std::nullopt;
}

std::optional<size_t> SessionMachine::due_read(TimePoint now) const {
  if (!connected_) return std::nullopt;
  const auto earliest = std::ranges::min_element(next_reads_);
  if (earliest == next_reads_.end() || *earliest > now) return std::nullopt;
  return static_cast<size_t>(earliest - next_reads_.begin());
}

void SessionMachine::on_read(TimePoint now, size_t index) {
  on_value(0);
  on_read_ended(now, index);
}

void SessionMachine::on_read_failed(TimePoint now, size_t index) {
  ++report_.failed_operations;
  on_read_ended(now, index);
}

void SessionMachine::on_read_ended(TimePoint now, size_t index) {
  // The schedule keeps its beat; of beats that were missed, only the last is made up for, at once after a connection.
  const auto missed = (now - next_reads_[index]) / periods_[index];
  next_reads_[index] += periods_[index] * (missed + 1);
}

TimePoint SessionMachine::next_due() const {
  TimePoint next = TimePoint::max();
  if (!connected_) return next;
  for (const TimePoint each : next_reads_) next = std::min(next, each);
  for (const Subscribing& each : subscribing_)
    if (!each.in_place) next = std::min(next, each.next);
  return next;
}

void SessionMachine::on_value(uint64_t dropped_before) noexcept {
  ++report_.values;
  report_.values_dropped += dropped_before;
}

void SessionMachine::go_up(TimePoint now) {
  if (up_since_ || !std::ranges::all_of(subscribing_, &Subscribing::in_place)) return;
  up_since_ = now;
  gap_.to = now;
  keep(report_, gap_);
  was_up_ = true;
}

void SessionMachine::go_down(TimePoint now, const std::string& cause) {
  if (up_since_) {
    report_.up += now - *up_since_;
    up_since_.reset();
    gap_ = {.from = now, .to = now, .cause = cause};
  } else {
    explain_first_gap(cause);
  }
}

void SessionMachine::explain_first_gap(const std::string& cause) {
  // A later gap is explained by what began it.
  if (!was_up_) gap_.cause = cause;
}

SessionReport SessionMachine::report(TimePoint now) const {
  SessionReport all = report_;
  if (!running_) return all;
  all.until = now;
  if (up_since_) {
    all.up += now - *up_since_;
  } else {
    SessionGap lasting = gap_;
    lasting.to = now;
    keep(all, lasting);
  }
  return all;
}

}  // namespace moor
