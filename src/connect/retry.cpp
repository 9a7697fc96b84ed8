#include "moor/retry.hpp"

#include "connect/retry_policy.hpp"

#include <algorithm>
#include <array>

namespace moor {

namespace {

ConnectReason reason_of(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::peer: return ConnectReason::closed_by_peer;
    case CloseReason::supervision_timeout: return ConnectReason::supervision_timeout;
    case CloseReason::not_established: return ConnectReason::not_established;
    case CloseReason::other_host: return ConnectReason::closed_by_local;
    case CloseReason::radio_lost: return ConnectReason::system_gone;
    case CloseReason::local:
    case CloseReason::encryption_failed:
    case CloseReason::unknown: break;
  }
  return ConnectReason::disconnected;
}

std::optional<ConnectCause> cause_of(const Error& error) {
  if (const auto* connect = dynamic_cast<const ConnectError*>(&error)) return connect->cause();
  ConnectCause cause{.text = error.what()};
  if (const auto* closed = dynamic_cast<const LinkClosed*>(&error)) {
    cause.reason = reason_of(closed->closed().reason);
  } else if (const auto* refused = dynamic_cast<const GattError*>(&error)) {
    cause.reason = ConnectReason::att_error;
    cause.att_code = refused->code();
  } else if (dynamic_cast<const RadioNotAvailable*>(&error) != nullptr) {
    cause.reason = ConnectReason::radio_unavailable;
  } else if (dynamic_cast<const TimedOut*>(&error) != nullptr) {
    cause.reason = ConnectReason::timed_out;
  } else if (dynamic_cast<const AttributeNotFound*>(&error) == nullptr) {
    return std::nullopt;
  }
  return cause;
}

// Refusals of the device that say "not now" (Core 5.4, Vol 3, Part F, 3.4.1.1; the last is of the Core Specification Supplement, Part B).
bool passes(uint8_t att_code) noexcept {
  constexpr uint8_t unlikely_error = 0x0E;
  constexpr uint8_t insufficient_resources = 0x11;
  constexpr uint8_t procedure_in_progress = 0xFE;
  constexpr std::array passing = {unlikely_error, insufficient_resources, procedure_in_progress};
  return std::ranges::find(passing, att_code) != passing.end();
}

}  // namespace

std::optional<ConnectCause> cause_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return cause_of(known);
  } catch (...) {
    return std::nullopt;
  }
}

bool is_retryable(const Error& error, RetryProfile profile) {
  const auto cause = cause_of(error);
  if (!cause) return false;
  if (profile == RetryProfile::compat)
    return cause->reason != ConnectReason::timed_out && cause->reason != ConnectReason::services_incomplete;
  if (dynamic_cast<const AttributeNotFound*>(&error) != nullptr) return false;
  return cause->reason != ConnectReason::att_error || passes(cause->att_code);
}

bool is_retryable(const std::exception_ptr& error, RetryProfile profile) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return is_retryable(known, profile);
  } catch (...) {
    return false;
  }
}

Duration backoff_for(const ConnectCause& cause, RetryProfile profile) {
  return retry_rule(cause, profile).backoff;
}

}  // namespace moor
