#pragma once
// Distance from RSSI by the log-distance path loss model: rssi = power - 10 * exponent * log10(distance), with the power
// calibrated at 1 m. A deviation of the RSSI is a factor of the distance, not a plus-minus: 6 dB at exponent 2.5 is 0.58 to 1.74
// times the distance, -42 % to +74 %. Decide by zones (zone.hpp) and show the distance with its interval.

#include <optional>

namespace moor {

/// Whether a number can be a sample. 0 and anything above +20 dBm come from faulty controllers and flip zones (Home Assistant
/// core issue 80223); below -127 dBm no controller can report (HCI: -127 to +20, Core 5.4, Vol 4, Part E, 7.7.65.2).
[[nodiscard]] bool is_plausible_rssi(double rssi_dbm) noexcept;
/// Whether a beacon's own figure can be its power at 1 m: negative, and not below -127 dBm. Beacons with 0 or more were never
/// calibrated.
[[nodiscard]] bool is_plausible_power(double power_at_1m_dbm) noexcept;

struct PathLoss {
  double exponent = 2.5;           ///< 2 in free space, 2.5 among shelves, 3 to 4 through walls
  double default_power_dbm = -59;  ///< at 1 m, for devices that do not tell theirs or tell a number that cannot be meant
  double deviation_db = 6;         ///< standard deviation of RSSI indoors, for the interval

  /// @throws UsageError if the exponent or the power is out of range, or the deviation negative.
  void validate() const;
};

/// Metres.
struct DistanceEstimate {
  double m = 0;
  double low_m = 0;   ///< were the RSSI stronger by the deviation
  double high_m = 0;  ///< were it weaker

  friend bool operator==(const DistanceEstimate&, const DistanceEstimate&) = default;
};

/// 10^((power - rssi) / (10 * exponent)), in metres.
[[nodiscard]] double distance_m(double rssi_dbm, double power_at_1m_dbm, double exponent) noexcept;
/// The model read the other way: the RSSI to expect at a distance. @param distance_m  above 0.
[[nodiscard]] double expected_rssi_dbm(double distance_m, double power_at_1m_dbm, double exponent) noexcept;
/// What a deviation of the RSSI multiplies or divides the distance by: 10^(deviation / (10 * exponent)).
[[nodiscard]] double deviation_factor(double deviation_db, double exponent) noexcept;
/// @param power_at_1m_dbm  the beacon's own; the default where there is none or it is not plausible.
[[nodiscard]] DistanceEstimate estimate_distance(double rssi_dbm, std::optional<double> power_at_1m_dbm,
                                                 const PathLoss& path_loss) noexcept;

}  // namespace moor
