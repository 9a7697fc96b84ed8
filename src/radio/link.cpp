#include "moor/link.hpp"

#include <fmt/format.h>
#include <cmath>

namespace moor {

namespace {

uint16_t units_of(Duration duration, Duration unit, unsigned least, unsigned most, const char* what) {
  const double units = std::round(to_seconds(duration) / to_seconds(unit));
  if (!(units >= least && units <= most))
    throw UsageError(
        fmt::format("{} of {:.6g} ms cannot be", what, to_seconds(duration) * 1e3),
        {.advice = fmt::format("It is {:.6g} to {:.6g} ms.", to_seconds(unit) * least * 1e3, to_seconds(unit) * most * 1e3)});
  return static_cast<uint16_t>(units);
}

}  // namespace

std::string_view to_string(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::local: return "closed by us";
    case CloseReason::peer: return "closed by the device";
    case CloseReason::supervision_timeout: return "supervision timeout";
    case CloseReason::not_established: return "not established";
    case CloseReason::other_host: return "closed by another program";
    case CloseReason::encryption_failed: return "encryption failed";
    case CloseReason::radio_lost: return "radio lost";
    case CloseReason::unknown: break;
  }
  return "unknown";
}

ConnectionInterval ConnectionInterval::from(Duration duration) {
  return {units_of(duration, std::chrono::microseconds(1250), 6, 3200, "a connection interval")};
}

SupervisionTimeout SupervisionTimeout::from(Duration duration) {
  return {units_of(duration, std::chrono::milliseconds(10), 10, 3200, "a supervision time-out")};
}

void ConnectionParameters::check() const {
  const auto refuse = [](const std::string& what, const std::string& advice) { throw UsageError(what, {.advice = advice}); };
  for (const ConnectionInterval interval : {min_interval, max_interval})
    if (interval.units < 6 || interval.units > 3200)
      refuse(fmt::format("a connection interval of {} units cannot be", interval.units),
             "It is 6 (7.5 ms) to 3200 (4 s) units of 1.25 ms.");
  if (min_interval > max_interval) refuse("the least connection interval is above the largest", "Exchange them.");
  if (latency > 499) refuse(fmt::format("a latency of {} events cannot be", latency), "It is 0 to 499.");
  if (timeout.units < 10 || timeout.units > 3200)
    refuse(fmt::format("a supervision time-out of {} units cannot be", timeout.units),
           "It is 10 (100 ms) to 3200 (32 s) units of 10 ms.");
  // Core 5.4, Vol 4, Part E, 7.8.18: longer than (1 + latency) * interval * 2.
  if (timeout.duration() <= max_interval.duration() * (1 + latency) * 2)
    refuse(fmt::format("the supervision time-out of {} ms is too short for intervals of {:.2f} ms with latency {}",
                       timeout.units * 10, max_interval.units * 1.25, latency),
           "It must be longer than (1 + latency) * interval * 2.");
}

}  // namespace moor
