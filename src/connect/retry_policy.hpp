#pragma once
// What follows from a failure to connect: one row for each class of failures, in two tables. docs/connections.md shows both.

#include "moor/connect.hpp"

namespace moor {

inline constexpr int transient_budget = 9;
/// The longest wait for a link to be gone that the radio's system still shows.
inline constexpr Duration link_gone_limit = std::chrono::seconds(5);
/// How often a device that was removed is looked for, by the rules of compat.
inline constexpr Duration reappear_poll = std::chrono::milliseconds(500);

/// What may end the wait after a failure before its time (standard), or make it longer.
enum class WaitFor : uint8_t {
  link_gone,        ///< the radio's system may still show a link
  slot_free,        ///< of the radio
  heard,            ///< the radio's system knows the device again
  radio_available,  ///< powered on, plugged in, reachable
};

/// Which error a failure becomes when nothing more is tried.
enum class ConnectFailure : uint8_t { not_found, out_of_slots, aborted, failed, radio_unavailable };

struct RetryRule {
  AttemptBudget budget = AttemptBudget::errors;
  Duration backoff{};
  bool waits = true;
  bool clears_services = false;  ///< the radio's system forgets the services, and the link is closed
  WaitFor wait_for = WaitFor::link_gone;
  ConnectFailure failure = ConnectFailure::failed;
  std::string_view advice{};     ///< empty where there is none
  std::string_view type_name{};  ///< stands in messages where the cause has no text
};

[[nodiscard]] RetryRule retry_rule(const ConnectCause& cause, RetryProfile profile);

}  // namespace moor
