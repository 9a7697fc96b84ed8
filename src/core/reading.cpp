#include "moor/reading.hpp"

#include <array>

namespace moor {
namespace {

struct Row {
  Quantity quantity;
  std::string_view name;
  std::string_view unit;
  QuantityKind kind = QuantityKind::measured;
};

constexpr std::array<Row, quantity_count> rows = {{
    {Quantity::acceleration, "acceleration", "m/s²"},
    {Quantity::air_quality_index, "air_quality_index", ""},
    {Quantity::angle, "angle", "°"},
    {Quantity::anti_lock, "anti_lock", "", QuantityKind::binary},
    {Quantity::apparent_power, "apparent_power", "VA"},
    {Quantity::armed, "armed", "", QuantityKind::binary},
    {Quantity::asleep, "asleep", "", QuantityKind::binary},
    {Quantity::battery, "battery", "%"},
    {Quantity::battery_charging, "battery_charging", "", QuantityKind::binary},
    {Quantity::battery_low, "battery_low", "", QuantityKind::binary},
    {Quantity::button, "button", "", QuantityKind::event},
    {Quantity::calibrating, "calibrating", "", QuantityKind::binary},
    {Quantity::carbon_dioxide, "carbon_dioxide", "ppm"},
    {Quantity::carbon_monoxide, "carbon_monoxide", "", QuantityKind::binary},
    {Quantity::channel, "channel", ""},
    {Quantity::charge_consumed, "charge_consumed", "Ah"},
    {Quantity::child_lock, "child_lock", "", QuantityKind::binary},
    {Quantity::cold, "cold", "", QuantityKind::binary},
    {Quantity::conductivity, "conductivity", "µS/cm"},
    {Quantity::connectivity, "connectivity", "", QuantityKind::binary},
    {Quantity::consumable, "consumable", "%"},
    {Quantity::count, "count", ""},
    {Quantity::current, "current", "A"},
    {Quantity::device_type, "device_type", ""},
    {Quantity::dew_point, "dew_point", "°C"},
    {Quantity::dimmer, "dimmer", "", QuantityKind::event},
    {Quantity::direction, "direction", "°"},
    {Quantity::distance, "distance", "m"},
    {Quantity::door, "door", "", QuantityKind::binary},
    {Quantity::door_left_open, "door_left_open", "", QuantityKind::binary},
    {Quantity::duration, "duration", "s"},
    {Quantity::elapsed_time, "elapsed_time", "s"},
    {Quantity::energy, "energy", "kWh"},
    {Quantity::fingerprint, "fingerprint", "", QuantityKind::event},
    {Quantity::firmware, "firmware", ""},
    {Quantity::formaldehyde, "formaldehyde", "mg/m³"},
    {Quantity::garage_door, "garage_door", "", QuantityKind::binary},
    {Quantity::gas, "gas", "m³"},
    {Quantity::gas_detected, "gas_detected", "", QuantityKind::binary},
    {Quantity::generic, "generic", "", QuantityKind::binary},
    {Quantity::gyroscope, "gyroscope", "°/s"},
    {Quantity::heart_rate, "heart_rate", "bpm"},
    {Quantity::heat, "heat", "", QuantityKind::binary},
    {Quantity::humidity, "humidity", "%"},
    {Quantity::illuminance, "illuminance", "lx"},
    {Quantity::impedance, "impedance", "Ω"},
    {Quantity::light, "light", "", QuantityKind::binary},
    {Quantity::light_level, "light_level", ""},
    {Quantity::lock, "lock", "", QuantityKind::binary},
    {Quantity::methane, "methane", "ppm"},
    {Quantity::moisture, "moisture", "%"},
    {Quantity::moisture_detected, "moisture_detected", "", QuantityKind::binary},
    {Quantity::motion, "motion", "", QuantityKind::binary},
    {Quantity::movement, "movement", ""},
    {Quantity::moving, "moving", "", QuantityKind::binary},
    {Quantity::nitrogen_oxides, "nitrogen_oxides", ""},
    {Quantity::occupancy, "occupancy", "", QuantityKind::binary},
    {Quantity::opening, "opening", "", QuantityKind::binary},
    {Quantity::packet_id, "packet_id", ""},
    {Quantity::plug, "plug", "", QuantityKind::binary},
    {Quantity::pm1, "pm1", "µg/m³"},
    {Quantity::pm10, "pm10", "µg/m³"},
    {Quantity::pm25, "pm25", "µg/m³"},
    {Quantity::pm4, "pm4", "µg/m³"},
    {Quantity::position, "position", "%"},
    {Quantity::power, "power", "W"},
    {Quantity::power_factor, "power_factor", "%"},
    {Quantity::power_on, "power_on", "", QuantityKind::binary},
    {Quantity::precipitation, "precipitation", "mm"},
    {Quantity::presence, "presence", "", QuantityKind::binary},
    {Quantity::pressure, "pressure", "hPa"},
    {Quantity::pressure_detected, "pressure_detected", "", QuantityKind::binary},
    {Quantity::problem, "problem", "", QuantityKind::binary},
    {Quantity::profile, "profile", ""},
    {Quantity::reading_quality, "reading_quality", "%"},
    {Quantity::remaining_time, "remaining_time", "s"},
    {Quantity::rotary, "rotary", "", QuantityKind::event},
    {Quantity::rotation, "rotation", "°"},
    {Quantity::rotational_speed, "rotational_speed", "rpm"},
    {Quantity::running, "running", "", QuantityKind::binary},
    {Quantity::safety, "safety", "", QuantityKind::binary},
    {Quantity::score, "score", ""},
    {Quantity::sector, "sector", ""},
    {Quantity::sequence, "sequence", ""},
    {Quantity::signal_strength, "signal_strength", "dBm"},
    {Quantity::smoke, "smoke", "", QuantityKind::binary},
    {Quantity::sound, "sound", "", QuantityKind::binary},
    {Quantity::sound_average, "sound_average", "dBA"},
    {Quantity::sound_pressure, "sound_pressure", "dB"},
    {Quantity::specific_gravity, "specific_gravity", ""},
    {Quantity::speed, "speed", "m/s"},
    {Quantity::steps, "steps", ""},
    {Quantity::tamper, "tamper", "", QuantityKind::binary},
    {Quantity::tank_level, "tank_level", "mm"},
    {Quantity::temperature, "temperature", "°C"},
    {Quantity::temperature_alarm_high, "temperature_alarm_high", "°C"},
    {Quantity::temperature_alarm_low, "temperature_alarm_low", "°C"},
    {Quantity::tilt, "tilt", "°"},
    {Quantity::timestamp, "timestamp", "s"},
    {Quantity::transmit_power, "transmit_power", "dBm"},
    {Quantity::uv_index, "uv_index", ""},
    {Quantity::vibration, "vibration", "", QuantityKind::binary},
    {Quantity::volatile_organic_compounds, "volatile_organic_compounds", "µg/m³"},
    {Quantity::volatile_organic_compounds_index, "volatile_organic_compounds_index", ""},
    {Quantity::voltage, "voltage", "V"},
    {Quantity::volume, "volume", "L"},
    {Quantity::volume_capacity, "volume_capacity", "L"},
    {Quantity::volume_dispensed, "volume_dispensed", "L"},
    {Quantity::volume_flow_rate, "volume_flow_rate", "m³/h"},
    {Quantity::volume_start, "volume_start", "L"},
    {Quantity::volume_storage, "volume_storage", "L"},
    {Quantity::water, "water", "L"},
    {Quantity::wearing, "wearing", "", QuantityKind::binary},
    {Quantity::weight, "weight", "kg"},
    {Quantity::weight_removed, "weight_removed", "", QuantityKind::binary},
    {Quantity::weight_stable, "weight_stable", "", QuantityKind::binary},
    {Quantity::window, "window", "", QuantityKind::binary},
}};

constexpr bool rows_are_in_the_order_of_the_enum() {
  for (size_t i = 0; i < rows.size(); ++i)
    if (static_cast<size_t>(rows[i].quantity) != i) return false;
  return true;
}
static_assert(rows_are_in_the_order_of_the_enum());

}  // namespace

std::string_view name_of(Quantity quantity) noexcept {
  return rows[static_cast<size_t>(quantity)].name;
}

QuantityKind kind_of(Quantity quantity) noexcept {
  return rows[static_cast<size_t>(quantity)].kind;
}

std::string_view event_name(InputEvent event) noexcept {
  switch (event) {
    case InputEvent::none: return "none";
    case InputEvent::press: return "press";
    case InputEvent::double_press: return "double_press";
    case InputEvent::triple_press: return "triple_press";
    case InputEvent::long_press: return "long_press";
    case InputEvent::long_double_press: return "long_double_press";
    case InputEvent::long_triple_press: return "long_triple_press";
    case InputEvent::hold: return "hold";
    case InputEvent::release: return "release";
    case InputEvent::rotate_left: return "rotate_left";
    case InputEvent::rotate_right: return "rotate_right";
  }
  return {};
}

std::string_view unit_of(Quantity quantity) noexcept {
  return rows[static_cast<size_t>(quantity)].unit;
}

std::optional<Quantity> find_quantity(std::string_view name) noexcept {
  for (const Row& row : rows)
    if (row.name == name) return row.quantity;
  return std::nullopt;
}

}  // namespace moor
