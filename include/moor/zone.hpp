#pragma once
// Zones: how near a device is, in three words. Above -55 dBm it is immediate, above -70 dBm near, else far; -70 dBm itself is
// far. A zone holds until several readings in a row ask for another, and a limit may lie lower on the way out than on the way in.

#include <cstdint>
#include <optional>
#include <string_view>

namespace moor {

enum class Zone : uint8_t { immediate, near, far };

/// "immediate", "near" or "far".
[[nodiscard]] std::string_view to_string(Zone zone) noexcept;
[[nodiscard]] std::optional<Zone> find_zone(std::string_view name) noexcept;
/// The range that a zone typically means: "< 0.5 m", "0.5 - 3 m", "> 3 m".
[[nodiscard]] std::string_view typical_range(Zone zone) noexcept;
/// The same as retail installations give it: "< 1 m", "1 - 4 m", "> 4 m".
[[nodiscard]] std::string_view retail_range(Zone zone) noexcept;

struct ZoneOptions {
  double near_dbm = -55;                     ///< above it: immediate
  double far_dbm = -70;                      ///< above it: near; at it or below: far
  double hysteresis_db = 0;                  ///< how far below its limit a device must fall to leave the zone
  std::optional<double> near_exit_dbm = {};  ///< at it or below, immediate is left; near_dbm - hysteresis_db where not set
  std::optional<double> far_exit_dbm = {};   ///< at it or below, near is left; far_dbm - hysteresis_db where not set
  uint16_t min_samples = 3;                  ///< readings in a row that must ask for a zone before it is assigned

  [[nodiscard]] double near_exit() const noexcept { return near_exit_dbm.value_or(near_dbm - hysteresis_db); }
  [[nodiscard]] double far_exit() const noexcept { return far_exit_dbm.value_or(far_dbm - hysteresis_db); }
  /// @throws UsageError if the limits contradict each other.
  void validate() const;
};

/// The zone of a smoothed RSSI for a device that is in `current`, or in none yet.
[[nodiscard]] Zone classify(double smoothed_dbm, const ZoneOptions& options, std::optional<Zone> current = std::nullopt) noexcept;

struct ZoneChange {
  std::optional<Zone> from;  ///< empty for the first zone
  Zone to;
  uint16_t readings;  ///< in a row that asked for it
  double limit_dbm;   ///< the limit of `to` that the smoothed RSSI has crossed
};

/// The zone of one device. It holds state only, 6 bytes, so that a million devices share their options.
class ZoneMachine {
public:
  /// @returns the change that this reading completes, if it does.
  std::optional<ZoneChange> on_reading(double smoothed_dbm, const ZoneOptions& options) noexcept;
  /// The device is in this zone already.
  void restore(Zone zone) noexcept {
    zone_ = zone;
    readings_ = 0;
  }
  [[nodiscard]] std::optional<Zone> zone() const noexcept { return zone_; }

private:
  std::optional<Zone> zone_;
  Zone asked_ = Zone::far;
  uint16_t readings_ = 0;  // in a row that asked for `asked_`
};

}  // namespace moor
