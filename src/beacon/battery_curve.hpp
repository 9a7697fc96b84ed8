#pragma once
// How full a battery is by its voltage, for devices that send the voltage only and whose makers show a percentage.

#include <cstddef>
#include <span>
#include <utility>

namespace moor {

struct BatteryPoint {
  double volts;
  double percent;
};

/// @param curve  by rising voltage. Between two points it is a straight line; below the first it is 0, above the last it stays.
[[nodiscard]] constexpr double battery_percent(double volts, std::span<const BatteryPoint> curve) noexcept {
  if (volts < curve.front().volts) return 0;
  for (size_t i = 1; i < curve.size(); ++i) {
    const auto& [low, high] = std::pair(curve[i - 1], curve[i]);
    if (volts < high.volts) return low.percent + (volts - low.volts) * (high.percent - low.percent) / (high.volts - low.volts);
  }
  return curve.back().percent;
}

}  // namespace moor
