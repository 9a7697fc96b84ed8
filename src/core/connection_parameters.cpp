#include "moor/connection_parameters.hpp"

#include <fmt/format.h>
#include <cmath>

namespace moor {

namespace {

uint16_t units_of(Duration duration, Duration unit, unsigned least, unsigned most, const char* what) {
  const double units = std::round(to_seconds(duration) / to_seconds(unit));
  if (units < least || units > most)
    throw UsageError(
        fmt::format("{} of {:.6g} ms cannot be", what, to_seconds(duration) * 1e3),
        {.advice = fmt::format("It is {:.6g} to {:.6g} ms.", to_seconds(unit) * least * 1e3, to_seconds(unit) * most * 1e3)});
  return static_cast<uint16_t>(units);
}

}  // namespace

std::optional<std::string> ConnectionTiming::problem() const {
  if (interval < min_interval || interval > max_interval) return "the connection interval must be from 7.5 ms to 4 s";
  if (interval % unit != Duration::zero()) return "the connection interval must be a multiple of 1.25 ms";
  if (latency > max_latency) return "the peripheral latency must be from 0 to 499";
  if (timeout < min_timeout || timeout > max_timeout) return "the supervision timeout must be from 100 ms to 32 s";
  if (timeout % timeout_unit != Duration::zero()) return "the supervision timeout must be a multiple of 10 ms";
  if (timeout <= 2 * (1 + latency) * interval) return "the supervision timeout must be above 2 x (1 + latency) x interval";
  return std::nullopt;
}

ConnectionInterval ConnectionInterval::from(Duration duration) {
  return {units_of(duration, ConnectionTiming::unit, 6, 3200, "a connection interval")};
}

SupervisionTimeout SupervisionTimeout::from(Duration duration) {
  return {units_of(duration, ConnectionTiming::timeout_unit, 10, 3200, "a supervision time-out")};
}

void ConnectionParameters::check() const {
  for (const ConnectionInterval interval : {min_interval, max_interval})
    if (const auto problem = ConnectionTiming{interval.duration(), latency, timeout.duration()}.problem())
      throw UsageError(
          *problem, {.advice = fmt::format("Asked for are {:.2f} to {:.2f} ms, latency {}, time-out {} ms.",
                                           min_interval.units * 1.25, max_interval.units * 1.25, latency, timeout.units * 10)});
  if (min_interval > max_interval)
    throw UsageError("the least connection interval is above the largest", {.advice = "Exchange them."});
}

}  // namespace moor
