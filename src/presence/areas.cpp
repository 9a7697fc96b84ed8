#include "moor/areas.hpp"

#include "core/require.hpp"

#include <utility>

namespace moor {

void AreaOptions::validate() const {
  require(min_readings >= 1, "an area must need at least one reading");
  require(hysteresis_db >= 0, "the hysteresis of areas must not be negative");
}

std::optional<ZoneId> AreaOptions::classify(RadioId radio, double smoothed_dbm, std::optional<ZoneId> current) const noexcept {
  if (radio >= radios.size()) return std::nullopt;
  const RadioArea& area = radios[radio];
  if (!area.zone || !area.min_rssi_dbm) return area.zone;
  const double limit = *area.min_rssi_dbm - (current == area.zone ? hysteresis_db : 0);
  return smoothed_dbm >= limit ? area.zone : std::nullopt;
}

std::optional<AreaMachine::Change> AreaMachine::begin(RadioId radio, double smoothed_dbm, const AreaOptions& options) noexcept {
  return on_reading(radio, smoothed_dbm, options, 1);
}

std::optional<AreaMachine::Change> AreaMachine::on_reading(RadioId radio, double smoothed_dbm,
                                                           const AreaOptions& options) noexcept {
  return on_reading(radio, smoothed_dbm, options, options.min_readings);
}

std::optional<AreaMachine::Change> AreaMachine::on_reading(RadioId radio, double smoothed_dbm, const AreaOptions& options,
                                                           uint16_t needed) noexcept {
  const ZoneId asked = options.classify(radio, smoothed_dbm, zone()).value_or(nowhere);
  if (asked == zone_) {
    readings_ = 0;
    radio_ = radio;
    return std::nullopt;
  }
  if (asked != asked_ || readings_ == 0) {
    asked_ = asked;
    readings_ = 0;
  }
  if (++readings_ < needed) return std::nullopt;
  readings_ = 0;
  const std::optional<ZoneId> from = zone();
  zone_ = asked;
  return Change{.from = from, .to = zone(), .other_radio = std::exchange(radio_, radio) != radio};
}

std::optional<ZoneId> AreaMachine::leave() noexcept {
  const std::optional<ZoneId> left = zone();
  *this = AreaMachine();
  return left;
}

void AreaMachine::restore(ZoneId zone, RadioId radio) noexcept {
  *this = AreaMachine();
  zone_ = zone;
  radio_ = radio;
}

}  // namespace moor
