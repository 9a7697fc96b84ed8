#include "connect/retry_policy.hpp"

#include <algorithm>
#include <array>

namespace moor {

namespace {

using namespace std::chrono_literals;
using Reasons = std::bitset<connect_reason_count>;

struct StandardRow {
  ConnectReason reason;
  AttemptBudget budget;
  Duration backoff;
  WaitFor wait_for;
  ConnectFailure failure;
};
// The bus or bluetoothd is busy, or restarts: at least so long after an error reply, whatever its reason.
constexpr Duration least_after_system_call = 250ms;

constexpr std::array<StandardRow, connect_reason_count> standard_rows = {{
    {ConnectReason::unknown, AttemptBudget::errors, 100ms, WaitFor::link_gone, ConnectFailure::failed},
    {ConnectReason::timed_out, AttemptBudget::timeouts, 250ms, WaitFor::link_gone, ConnectFailure::not_found},
    {ConnectReason::device_not_found, AttemptBudget::transient, 4s, WaitFor::heard, ConnectFailure::not_found},
    {ConnectReason::out_of_slots, AttemptBudget::transient, 4s, WaitFor::slot_free, ConnectFailure::out_of_slots},
    {ConnectReason::aborted_by_local, AttemptBudget::transient, 250ms, WaitFor::link_gone, ConnectFailure::aborted},
    {ConnectReason::canceled, AttemptBudget::transient, 250ms, WaitFor::link_gone, ConnectFailure::aborted},
    {ConnectReason::not_established, AttemptBudget::transient, 500ms, WaitFor::link_gone, ConnectFailure::aborted},
    {ConnectReason::closed_by_peer, AttemptBudget::transient, 250ms, WaitFor::link_gone, ConnectFailure::aborted},
    {ConnectReason::closed_by_local, AttemptBudget::transient, 250ms, WaitFor::link_gone, ConnectFailure::aborted},
    {ConnectReason::supervision_timeout, AttemptBudget::errors, 500ms, WaitFor::link_gone, ConnectFailure::aborted},
    {ConnectReason::stack_error, AttemptBudget::errors, 1s, WaitFor::link_gone, ConnectFailure::aborted},
    {ConnectReason::disconnected, AttemptBudget::errors, 100ms, WaitFor::link_gone, ConnectFailure::failed},
    {ConnectReason::services_incomplete, AttemptBudget::transient, 100ms, WaitFor::link_gone, ConnectFailure::failed},
    {ConnectReason::att_error, AttemptBudget::errors, 100ms, WaitFor::link_gone, ConnectFailure::failed},
    {ConnectReason::radio_unavailable, AttemptBudget::errors, 250ms, WaitFor::radio_available, ConnectFailure::radio_unavailable},
    {ConnectReason::system_gone, AttemptBudget::transient, 250ms, WaitFor::link_gone, ConnectFailure::failed},
    {ConnectReason::pipe_broken, AttemptBudget::transient, 250ms, WaitFor::link_gone, ConnectFailure::failed},
}};
static_assert(std::ranges::is_sorted(standard_rows, {}, &StandardRow::reason));

RetryRule standard_rule(const ConnectCause& cause) {
  const StandardRow& row = standard_rows[static_cast<size_t>(cause.reason)];
  return {.budget = row.budget,
          .backoff = cause.origin == CauseOrigin::system_call ? std::max(row.backoff, least_after_system_call) : row.backoff,
          .clears_services = row.reason == ConnectReason::services_incomplete,
          .wait_for = row.wait_for,
          .failure = row.failure,
          .advice = advice_for(row.reason),
          .type_name = to_string(row.reason)};
}

// The kinds of Python's exceptions that the package tells apart, first by their type.
enum class Kind : uint8_t { timeout, key_error, broken_pipe, eof, not_found, dbus, generic, attribute };

struct KindRow {
  Kind kind;
  AttemptBudget budget;  // dbus, generic, attribute: unless the text says transient
  Duration backoff;      // generic: unless the text says more
  bool waits;
  bool clears_services;
  std::string_view type_name;
};
constexpr std::array kind_rows = {
    KindRow{Kind::timeout, AttemptBudget::timeouts, 250ms, true, false, "TimeoutError"},
    KindRow{Kind::key_error, AttemptBudget::transient, 100ms, true, true, "KeyError"},
    KindRow{Kind::broken_pipe, AttemptBudget::transient, 250ms, false, false, "BrokenPipeError"},
    KindRow{Kind::eof, AttemptBudget::transient, 250ms, true, false, "EOFError"},
    KindRow{Kind::not_found, AttemptBudget::transient, 4s, true, false, "BleakDeviceNotFoundError"},
    KindRow{Kind::dbus, AttemptBudget::errors, 250ms, true, false, "BleakDBusError"},
    KindRow{Kind::generic, AttemptBudget::errors, 100ms, true, false, "BleakError"},
    KindRow{Kind::attribute, AttemptBudget::errors, 100ms, true, false, "AttributeError"},
};
static_assert(std::ranges::is_sorted(kind_rows, {}, &KindRow::kind));

// What texts name, in the order in which their backoffs are looked for.
struct TextRow {
  ConnectReason reason;
  Duration backoff;
  bool transient;
  ConnectFailure failure;
};
constexpr TextRow text_rows[] = {
    {ConnectReason::out_of_slots, 4s, true, ConnectFailure::out_of_slots},
    {ConnectReason::supervision_timeout, 500ms, false, ConnectFailure::aborted},
    {ConnectReason::not_established, 500ms, true, ConnectFailure::aborted},
    {ConnectReason::stack_error, 1s, false, ConnectFailure::aborted},
    {ConnectReason::aborted_by_local, 250ms, true, ConnectFailure::aborted},
    {ConnectReason::canceled, 250ms, true, ConnectFailure::aborted},
    {ConnectReason::closed_by_peer, 250ms, true, ConnectFailure::aborted},
    {ConnectReason::closed_by_local, 250ms, true, ConnectFailure::aborted},
    {ConnectReason::disconnected, 0s, false, ConnectFailure::failed},
    {ConnectReason::device_not_found, 100ms, false, ConnectFailure::not_found},
};

// Which of several failures an error becomes that names them all.
constexpr int rank(ConnectFailure failure) noexcept {
  switch (failure) {
    case ConnectFailure::out_of_slots: return 3;
    case ConnectFailure::aborted: return 2;
    case ConnectFailure::not_found: return 1;
    case ConnectFailure::failed:
    case ConnectFailure::radio_unavailable: break;
  }
  return 0;
}

Reasons named_by(const ConnectCause& cause) {
  Reasons named = reasons_in(cause.text);
  if (named.none()) named.set(static_cast<size_t>(cause.reason));
  return named;
}

Kind kind_of(const ConnectCause& cause) {
  switch (cause.reason) {
    case ConnectReason::timed_out: return Kind::timeout;
    case ConnectReason::services_incomplete: return Kind::key_error;
    case ConnectReason::pipe_broken: return Kind::broken_pipe;
    case ConnectReason::system_gone: return Kind::eof;
    default: break;
  }
  // A plain message that names UnknownObject is no exception of the type for it.
  const bool only_a_text = reasons_in(cause.text).test(static_cast<size_t>(ConnectReason::device_not_found));
  if (cause.reason == ConnectReason::device_not_found &&
      (cause.origin == CauseOrigin::lookup || (cause.origin == CauseOrigin::radio && !only_a_text)))
    return Kind::not_found;
  if (cause.origin == CauseOrigin::system_call) return Kind::dbus;
  return cause.origin == CauseOrigin::client ? Kind::attribute : Kind::generic;
}

std::string_view compat_advice(ConnectFailure failure) noexcept {
  switch (failure) {
    case ConnectFailure::not_found: return advice_for(ConnectReason::device_not_found);
    case ConnectFailure::out_of_slots: return advice_for(ConnectReason::out_of_slots);
    case ConnectFailure::aborted: return advice_for(ConnectReason::aborted_by_local);
    case ConnectFailure::failed:
    case ConnectFailure::radio_unavailable: break;
  }
  return {};
}

RetryRule compat_rule(const ConnectCause& cause) {
  const KindRow& row = kind_rows[static_cast<size_t>(kind_of(cause))];
  RetryRule rule{.budget = row.budget,
                 .backoff = row.backoff,
                 .waits = row.waits,
                 .clears_services = row.clears_services,
                 .type_name = row.type_name};
  const bool is_ble_error = row.kind == Kind::dbus || row.kind == Kind::generic;
  if (is_ble_error || row.kind == Kind::attribute) {
    const Reasons named = named_by(cause);
    bool backoff_found = row.kind != Kind::generic;
    for (const TextRow& text : text_rows) {
      if (!named.test(static_cast<size_t>(text.reason))) continue;
      if (text.transient) rule.budget = AttemptBudget::transient;
      if (!backoff_found) rule.backoff = text.backoff;
      backoff_found = true;
      if (is_ble_error && rank(text.failure) > rank(rule.failure)) rule.failure = text.failure;
    }
  }
  if (row.kind == Kind::not_found || cause.text.find("not found") != std::string::npos) rule.failure = ConnectFailure::not_found;
  rule.advice = compat_advice(rule.failure);
  if (row.kind == Kind::timeout) {
    rule.failure = ConnectFailure::not_found;
    rule.advice = {};
  }
  return rule;
}

}  // namespace

RetryRule retry_rule(const ConnectCause& cause, RetryProfile profile) {
  return profile == RetryProfile::compat ? compat_rule(cause) : standard_rule(cause);
}

}  // namespace moor
