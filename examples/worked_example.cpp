// The worked example of proximity: five RSSI samples, smoothed, a distance with its interval, a zone. It needs no radio.

#include "moor/path_loss.hpp"
#include "moor/smoothing.hpp"
#include "moor/zone.hpp"

#include <cstdio>

int main() {
  constexpr double alpha = 0.3;
  constexpr double tx_power_dbm = -59;  // at 1 m
  moor::Ema smoothed;
  for (const double rssi_dbm : {-68.0, -72.0, -65.0, -70.0, -66.0})
    std::printf("RSSI %.0f -> smoothed %.1f\n", rssi_dbm, smoothed.add(rssi_dbm, alpha));

  const moor::DistanceEstimate distance =
      moor::estimate_distance(smoothed.value(), tx_power_dbm, moor::PathLoss{.exponent = 2.5});
  std::printf("Distance: %.2f m, %.2f to %.2f m at 6 dB\n", distance.m, distance.low_m, distance.high_m);

  const moor::Zone zone = moor::classify(smoothed.value(), moor::ZoneOptions{});
  std::printf("Zone: %s (%s)\n", moor::to_string(zone).data(), moor::typical_range(zone).data());
}
