#include "moor/power.hpp"

namespace moor {
namespace {

bool is_multiple(Duration value, Duration unit) noexcept {
  return value % unit == Duration::zero();
}

}  // namespace

std::optional<std::string> ConnectionTiming::problem() const {
  if (interval < min_interval || interval > max_interval) return "the connection interval must be from 7.5 ms to 4 s";
  if (!is_multiple(interval, unit)) return "the connection interval must be a multiple of 1.25 ms";
  if (latency > max_latency) return "the peripheral latency must be from 0 to 499";
  if (timeout < min_timeout || timeout > max_timeout) return "the supervision timeout must be from 100 ms to 32 s";
  if (!is_multiple(timeout, timeout_unit)) return "the supervision timeout must be a multiple of 10 ms";
  if (timeout <= 2 * (1 + latency) * interval) return "the supervision timeout must be above 2 x (1 + latency) x interval";
  return std::nullopt;
}

std::optional<std::string> AdvertisingTiming::problem() const {
  if (interval < min_interval || interval > max_interval) return "the advertising interval must be from 20 ms to 10.24 s";
  if (!is_multiple(interval, unit)) return "the advertising interval must be a multiple of 0.625 ms";
  return std::nullopt;
}

}  // namespace moor
