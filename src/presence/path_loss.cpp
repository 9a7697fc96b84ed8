#include "moor/path_loss.hpp"

#include "core/require.hpp"

#include <cmath>

namespace moor {

bool is_plausible_rssi(double rssi_dbm) noexcept {
  return rssi_dbm >= -127 && rssi_dbm <= 20 && rssi_dbm != 0;
}

bool is_plausible_power(double power_at_1m_dbm) noexcept {
  return power_at_1m_dbm >= -127 && power_at_1m_dbm < 0;
}

void PathLoss::validate() const {
  require(exponent >= 1 && exponent <= 10, "the path loss exponent must be from 1 to 10");
  require(is_plausible_power(default_power_dbm), "the power at 1 m must be from -127 dBm to below 0 dBm");
  require(deviation_db >= 0 && deviation_db <= 100, "the deviation must be from 0 dB to 100 dB");
}

double distance_m(double rssi_dbm, double power_at_1m_dbm, double exponent) noexcept {
  return std::pow(10, (power_at_1m_dbm - rssi_dbm) / (10 * exponent));
}

double expected_rssi_dbm(double distance_m, double power_at_1m_dbm, double exponent) noexcept {
  return power_at_1m_dbm - 10 * exponent * std::log10(distance_m);
}

double deviation_factor(double deviation_db, double exponent) noexcept {
  return std::pow(10, deviation_db / (10 * exponent));
}

DistanceEstimate estimate_distance(double rssi_dbm, std::optional<double> power_at_1m_dbm, const PathLoss& path_loss) noexcept {
  const bool has_own = power_at_1m_dbm && is_plausible_power(*power_at_1m_dbm);
  const double m = distance_m(rssi_dbm, has_own ? *power_at_1m_dbm : path_loss.default_power_dbm, path_loss.exponent);
  const double factor = deviation_factor(path_loss.deviation_db, path_loss.exponent);
  return DistanceEstimate{.m = m, .low_m = m / factor, .high_m = m * factor};
}

}  // namespace moor
