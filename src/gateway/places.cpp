#include "gateway/places.hpp"

#include <algorithm>

namespace moor {

namespace {

// A radio is named as it is shown, or by a spec that opens it.
bool is_meant(const std::string& text, const std::string& name, const RadioSpec& spec) {
  if (text == name || text == spec.to_string()) return true;
  try {
    return RadioSpec::parse(text).to_string() == spec.to_string();
  } catch (const UsageError&) {
    return false;
  }
}

}  // namespace

Places::Places(const GatewayConfig& config, const std::vector<std::string>& names) {
  if (config.zones.empty()) {
    for (const Zone zone : {Zone::immediate, Zone::near, Zone::far}) names_.emplace_back(to_string(zone));
    return;
  }
  areas_.radios.resize(std::max<size_t>(names.size(), 1));
  areas_.hysteresis_db = config.presence.hysteresis_db;
  areas_.min_readings = static_cast<uint16_t>(config.presence.min_samples);
  for (const GatewayConfig::ZoneEntry& zone : config.zones) {
    const auto id = static_cast<ZoneId>(names_.size());
    names_.push_back(zone.name);
    for (const std::string& text : zone.radios) {
      bool known = false;
      for (size_t i = 0; i < names.size() && i < config.radios.size(); ++i) {
        if (!is_meant(text, names[i], config.radios[i].spec)) continue;
        areas_.radios[i].zone = id;
        if (zone.min_rssi_dbm) areas_.radios[i].min_rssi_dbm = *zone.min_rssi_dbm;
        known = true;
      }
      if (!known) unknown_.push_back(zone.name + ": " + text);
    }
  }
}

std::optional<ZoneId> Places::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(names_, name);
  return found == names_.end() ? std::nullopt : std::optional(static_cast<ZoneId>(found - names_.begin()));
}

}  // namespace moor
