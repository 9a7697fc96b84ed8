#include "moor/zone.hpp"

#include "core/require.hpp"

#include <array>

namespace moor {
namespace {

struct ZoneText {
  std::string_view name;
  std::string_view typical;
  std::string_view retail;
};

constexpr std::array<ZoneText, 3> texts{{
    {"immediate", "< 0.5 m", "< 1 m"},
    {"near", "0.5 - 3 m", "1 - 4 m"},
    {"far", "> 3 m", "> 4 m"},
}};

const ZoneText& text_of(Zone zone) noexcept {
  return texts[static_cast<size_t>(zone)];
}

double crossed_limit(std::optional<Zone> from, Zone to, const ZoneOptions& options) noexcept {
  switch (to) {
    case Zone::immediate: return options.near_dbm;
    case Zone::near: return from == Zone::immediate ? options.near_exit() : options.far_dbm;
    case Zone::far: break;
  }
  return from ? options.far_exit() : options.far_dbm;
}

}  // namespace

std::string_view to_string(Zone zone) noexcept {
  return text_of(zone).name;
}
std::string_view typical_range(Zone zone) noexcept {
  return text_of(zone).typical;
}
std::string_view retail_range(Zone zone) noexcept {
  return text_of(zone).retail;
}

std::optional<Zone> find_zone(std::string_view name) noexcept {
  for (const Zone zone : {Zone::immediate, Zone::near, Zone::far})
    if (to_string(zone) == name) return zone;
  return std::nullopt;
}

void ZoneOptions::validate() const {
  require(far_dbm >= -127 && near_dbm <= 20, "zone limits must be from -127 dBm to 20 dBm");
  require(far_dbm < near_dbm, "the limit of far must lie below that of near");
  require(hysteresis_db >= 0 && hysteresis_db <= 100, "the hysteresis must be from 0 dB to 100 dB");
  require(near_exit() <= near_dbm && far_exit() <= far_dbm, "an exit limit must not lie above its enter limit");
  require(far_exit() <= near_exit(), "the exit limit of near must not lie above that of immediate");
  require(min_samples >= 1, "min-samples must be at least 1");
}

Zone classify(double smoothed_dbm, const ZoneOptions& options, std::optional<Zone> current) noexcept {
  const bool is_immediate = current == Zone::immediate;
  const bool is_near_or_nearer = current && *current != Zone::far;
  if (smoothed_dbm > (is_immediate ? options.near_exit() : options.near_dbm)) return Zone::immediate;
  if (smoothed_dbm > (is_near_or_nearer ? options.far_exit() : options.far_dbm)) return Zone::near;
  return Zone::far;
}

std::optional<ZoneChange> ZoneMachine::on_reading(double smoothed_dbm, const ZoneOptions& options) noexcept {
  const Zone asked = classify(smoothed_dbm, options, zone_);
  if (asked == zone_) {
    readings_ = 0;
    return std::nullopt;
  }
  readings_ = static_cast<uint16_t>(asked == asked_ ? readings_ + 1 : 1);
  asked_ = asked;
  if (readings_ < options.min_samples) return std::nullopt;

  const ZoneChange change{.from = zone_, .to = asked, .readings = readings_, .limit_dbm = crossed_limit(zone_, asked, options)};
  zone_ = asked;
  readings_ = 0;
  return change;
}

}  // namespace moor
