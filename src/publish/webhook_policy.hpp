#pragma once
// What to do after an attempt to deliver an event to a server. Without I/O.

#include "core/growing_pause.hpp"

#include <optional>

namespace moor::publish {

class WebhookPolicy {
public:
  static constexpr int tries_if_refused = 3;  ///< a server that says no (4xx) is asked so often about an event
  /// Whatever its Retry-After says, which may be 0 or a date that has passed.
  static constexpr Duration shortest_wait = std::chrono::seconds(1);
  static constexpr Duration longest_wait = std::chrono::hours(1);

  explicit WebhookPolicy(uint64_t seed) : pause_(shortest_wait, std::chrono::minutes(5), seed) {}

  struct Next {
    bool done = false;     ///< delivered, or given up: on to the next event
    bool refused = false;  ///< given up
    Duration wait{};       ///< before what comes next
  };
  /// @param status  of HTTP; none where there was no answer.
  [[nodiscard]] Next on_attempt(std::optional<unsigned> status, std::optional<Duration> retry_after);

private:
  GrowingPause pause_;
  int refusals_ = 0;  // of the event that is being delivered
};

}  // namespace moor::publish
