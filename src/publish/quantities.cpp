#include "publish/quantities.hpp"

#include <fmt/format.h>

namespace moor::publish {
namespace {

constexpr std::string_view now = "measurement";
constexpr std::string_view total = "total";
constexpr std::string_view rising = "total_increasing";

constexpr EntityKind nothing = {.platform = Platform::none};

constexpr EntityKind sensor(std::string_view device_class, std::string_view state_class = now) {
  return {.platform = Platform::sensor, .device_class = device_class, .state_class = state_class};
}
constexpr EntityKind binary(std::string_view device_class = {}) {
  return {.platform = Platform::binary_sensor, .device_class = device_class};
}
constexpr EntityKind event(std::string_view device_class = {}) {
  return {.platform = Platform::event, .device_class = device_class};
}
constexpr EntityKind diagnostic(EntityKind kind) {
  kind.diagnostic = true;
  return kind;
}

// Without a default: a new quantity is a warning here.
constexpr EntityKind row(Quantity quantity) noexcept {
  using enum Quantity;
  switch (quantity) {
    case acceleration: return sensor("");
    case air_quality_index: return sensor("aqi");
    case angle: return sensor("");
    case anti_lock: return binary();
    case apparent_power: return sensor("apparent_power");
    case armed: return binary();
    case asleep: return binary();
    case battery: return diagnostic(sensor("battery"));
    case battery_charging: return diagnostic(binary("battery_charging"));
    case battery_low: return diagnostic(binary("battery"));
    case button: return event("button");
    case calibrating: return diagnostic(binary());
    case carbon_dioxide: return sensor("carbon_dioxide");
    case carbon_monoxide: return binary("carbon_monoxide");
    case channel: return diagnostic(sensor("", ""));
    case charge_consumed: return sensor("");
    case child_lock: return binary();
    case cold: return binary("cold");
    case conductivity: return sensor("conductivity");
    case connectivity: return diagnostic(binary("connectivity"));
    case consumable: return diagnostic(sensor(""));
    case count: return sensor("");
    case current: return sensor("current");
    case device_type: return diagnostic(sensor("", ""));
    case dew_point: return sensor("temperature");
    case dimmer: return event();
    case direction: return sensor("", "");
    case distance: return sensor("distance");
    case door: return binary("door");
    case door_left_open: return binary("problem");
    case duration: return sensor("duration");
    case elapsed_time: return sensor("duration");
    case energy: return sensor("energy", rising);
    case fingerprint: return nothing;
    case firmware: return diagnostic(sensor("", ""));
    case formaldehyde: return sensor("");  // Home Assistant has a class for organic compounds in µg/m³ only
    case garage_door: return binary("garage_door");
    case gas: return sensor("gas", rising);
    case gas_detected: return binary("gas");
    case generic: return binary();
    case gyroscope: return sensor("");
    case heart_rate: return sensor("");
    case heat: return binary("heat");
    case humidity: return sensor("humidity");
    case illuminance: return sensor("illuminance");
    case impedance: return sensor("");
    case light: return binary("light");
    case light_level: return sensor("");
    case lock: return binary("lock");
    case methane: return sensor("");
    case moisture: return sensor("moisture");
    case moisture_detected: return binary("moisture");
    case motion: return binary("motion");
    case movement: return sensor("");
    case moving: return binary("moving");
    case nitrogen_oxides: return sensor("");
    case occupancy: return binary("occupancy");
    case opening: return binary("opening");
    case packet_id: return nothing;
    case plug: return binary("plug");
    case pm1: return sensor("pm1");
    case pm10: return sensor("pm10");
    case pm25: return sensor("pm25");
    case pm4: return sensor("");  // a class of recent versions only
    case position: return sensor("");
    case power: return sensor("power");
    case power_factor: return sensor("power_factor");
    case power_on: return binary("power");
    case precipitation: return sensor("precipitation");
    case presence: return binary("presence");
    case pressure: return sensor("pressure");
    case pressure_detected: return binary();
    case problem: return diagnostic(binary("problem"));
    case profile: return diagnostic(sensor("", ""));
    case reading_quality: return diagnostic(sensor(""));
    case remaining_time: return sensor("duration");
    case rotary: return event();
    case rotation: return sensor("");
    case rotational_speed: return sensor("");
    case running: return binary("running");
    case safety: return binary("safety");
    case score: return sensor("");
    case sector: return sensor("", "");
    case sequence: return nothing;
    case signal_strength: return diagnostic(sensor("signal_strength"));
    case smoke: return binary("smoke");
    case sound: return binary("sound");
    case sound_average: return sensor("sound_pressure");
    case sound_pressure: return sensor("sound_pressure");
    case specific_gravity: return sensor("");
    case speed: return sensor("speed");
    case steps: return sensor("", rising);
    case tamper: return binary("tamper");
    case tank_level: return sensor("distance");
    case temperature: return sensor("temperature");
    case temperature_alarm_high: return diagnostic(sensor("temperature", ""));
    case temperature_alarm_low: return diagnostic(sensor("temperature", ""));
    case tilt: return sensor("");
    case timestamp: return diagnostic(sensor("timestamp", ""));
    case transmit_power: return diagnostic(sensor("signal_strength"));
    case uv_index: return sensor("");
    case vibration: return binary("vibration");
    case volatile_organic_compounds: return sensor("volatile_organic_compounds");
    case volatile_organic_compounds_index: return sensor("");
    case voltage: return diagnostic(sensor("voltage"));
    case volume: return sensor("volume", total);
    case volume_capacity: return diagnostic(sensor("volume_storage"));
    case volume_dispensed: return sensor("volume", rising);
    case volume_flow_rate: return sensor("volume_flow_rate");
    case volume_start: return diagnostic(sensor("volume", total));
    case volume_storage: return sensor("volume_storage");
    case water: return sensor("water", rising);
    case wearing: return binary();
    case weight: return sensor("weight");
    case weight_removed: return binary();
    case weight_stable: return diagnostic(binary());
    case window: return binary("window");
  }
  return nothing;
}

std::string numbered(std::string_view name, char between, uint8_t index) {
  return index == 0 ? std::string(name) : fmt::format("{}{}{}", name, between, index + 1);
}

}  // namespace

EntityKind entity_kind(Quantity quantity) noexcept {
  EntityKind kind = row(quantity);
  if (kind.platform == Platform::sensor && quantity != Quantity::timestamp) kind.unit = unit_of(quantity);
  return kind;
}

std::string reading_key(Quantity quantity, uint8_t index) {
  return numbered(name_of(quantity), '_', index);
}

std::string reading_title(Quantity quantity, uint8_t index) {
  std::string title(name_of(quantity));
  for (char& c : title)
    if (c == '_') c = ' ';
  if (!title.empty() && title.front() >= 'a' && title.front() <= 'z')
    title.front() = static_cast<char>(title.front() - 'a' + 'A');
  return numbered(title, ' ', index);
}

}  // namespace moor::publish
