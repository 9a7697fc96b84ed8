#include "moor/power.hpp"

namespace moor {
std::optional<std::string> AdvertisingTiming::problem() const {
  if (interval < min_interval || interval > max_interval) return "the advertising interval must be from 20 ms to 10.24 s";
  if (interval % unit != Duration::zero()) return "the advertising interval must be a multiple of 0.625 ms";
  return std::nullopt;
}

}  // namespace moor
