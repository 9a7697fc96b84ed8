#pragma once
// Areas: rooms of a house, departments of a shop. Each radio stands in one at most, and a device is in the area of the radio that owns it,
// once several readings in a row have said so: an owner that changes for a moment moves nobody.
//
// Machines without I/O.

#include "moor/sighting.hpp"
#include "moor/visits.hpp"

#include <vector>

namespace moor {

/// The area that a radio stands in.
struct RadioArea {
  std::optional<ZoneId> zone{};          ///< none: what this radio owns is nowhere
  std::optional<double> min_rssi_dbm{};  ///< a device with a weaker smoothed RSSI is not in the area
};

struct AreaOptions {
  std::vector<RadioArea> radios{};  ///< by RadioId; empty: there are no areas
  double hysteresis_db = 0;         ///< how far below `min_rssi_dbm` a device must fall to leave the area
  uint16_t min_readings = 3;        ///< in a row that must ask for an area

  [[nodiscard]] bool empty() const noexcept { return radios.empty(); }
  /// Where a device is that `radio` owns and that was in `current`.
  [[nodiscard]] std::optional<ZoneId> classify(RadioId radio, double smoothed_dbm, std::optional<ZoneId> current) const noexcept;
  /// @throws UsageError if no reading would be needed, or the hysteresis is negative.
  void validate() const;
};

/// The area of one device: state only, so that many devices share their options.
class AreaMachine {
public:
  struct Change {
    std::optional<ZoneId> from;
    std::optional<ZoneId> to;
    bool other_radio = false;  ///< another radio than the one that put it where it was
  };
  /// The device has become present: it is where this reading says.
  std::optional<Change> begin(RadioId radio, double smoothed_dbm, const AreaOptions& options) noexcept;
  /// @param radio  that owns the device. @returns the change that this reading completes, if it does.
  std::optional<Change> on_reading(RadioId radio, double smoothed_dbm, const AreaOptions& options) noexcept;
  /// The device was lost. @returns the area that it was in.
  std::optional<ZoneId> leave() noexcept;
  /// It goes on where it was.
  void restore(ZoneId zone, RadioId radio) noexcept;
  [[nodiscard]] std::optional<ZoneId> zone() const noexcept { return zone_ == nowhere ? std::nullopt : std::optional(zone_); }

private:
  std::optional<Change> on_reading(RadioId radio, double smoothed_dbm, const AreaOptions& options, uint16_t needed) noexcept;

  static constexpr ZoneId nowhere = ~ZoneId{0};

  ZoneId zone_ = nowhere;
  ZoneId asked_ = nowhere;
  uint16_t readings_ = 0;  // in a row that asked for `asked_`
  RadioId radio_ = 0;      // that put it into `zone_`
};

}  // namespace moor
