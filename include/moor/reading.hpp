#pragma once
// What a device measures, in one model whatever the format it came in: a quantity, a number and whether the device vouches for
// it. The unit belongs to the quantity, so two thermometers of two makers compare without a conversion. Names are the device
// classes of Home Assistant where it has one, since that is where most readings end.

#include <cstdint>
#include <optional>
#include <string_view>

namespace moor {

enum class Quantity : uint8_t {
  acceleration,
  air_quality_index,
  angle,
  anti_lock,
  apparent_power,
  armed,
  asleep,
  battery,
  battery_charging,
  battery_low,
  button,
  calibrating,
  carbon_dioxide,
  carbon_monoxide,
  channel,
  charge_consumed,
  child_lock,
  cold,
  conductivity,
  connectivity,
  consumable,
  count,
  current,
  device_type,
  dew_point,
  dimmer,
  direction,
  distance,
  door,
  door_left_open,
  duration,
  elapsed_time,
  energy,
  fingerprint,
  firmware,
  formaldehyde,
  garage_door,
  gas,
  gas_detected,
  generic,
  gyroscope,
  heart_rate,
  heat,
  humidity,
  illuminance,
  impedance,
  light,
  light_level,
  lock,
  methane,
  moisture,
  moisture_detected,
  motion,
  movement,
  moving,
  nitrogen_oxides,
  occupancy,
  opening,
  packet_id,
  plug,
  pm1,
  pm10,
  pm25,
  pm4,
  position,
  power,
  power_factor,
  power_on,
  precipitation,
  presence,
  pressure,
  pressure_detected,
  problem,
  profile,
  reading_quality,
  remaining_time,
  rotary,
  rotation,
  rotational_speed,
  running,
  safety,
  score,
  sector,
  sequence,
  signal_strength,
  smoke,
  sound,
  sound_average,
  sound_pressure,
  specific_gravity,
  speed,
  steps,
  tamper,
  tank_level,
  temperature,
  temperature_alarm_high,
  temperature_alarm_low,
  tilt,
  timestamp,
  transmit_power,
  uv_index,
  vibration,
  volatile_organic_compounds,
  volatile_organic_compounds_index,
  voltage,
  volume,
  volume_capacity,
  volume_dispensed,
  volume_flow_rate,
  volume_start,
  volume_storage,
  water,
  wearing,
  weight,
  weight_removed,
  weight_stable,
  window,
};
inline constexpr size_t quantity_count = static_cast<size_t>(Quantity::window) + 1;

/// The quantity's name, such as "temperature".
[[nodiscard]] std::string_view name_of(Quantity quantity) noexcept;
/// The unit in which every reading of it is, such as "°C"; empty for a plain number.
[[nodiscard]] std::string_view unit_of(Quantity quantity) noexcept;
/// What a value of it is.
enum class QuantityKind : uint8_t {
  measured,  ///< a number in the unit
  binary,    ///< 1 for yes, such as motion, an open door or a problem, 0 for no
  event,     ///< something that has just happened; which, is a number of the quantity's own, see `event_name`
};
[[nodiscard]] QuantityKind kind_of(Quantity quantity) noexcept;

/// Events of a button, a dimmer or the like, as the value of a reading has them; the numbers are those of BTHome where it has one.
enum class InputEvent : uint8_t {
  none = 0x00,
  press = 0x01,
  double_press = 0x02,
  triple_press = 0x03,
  long_press = 0x04,
  long_double_press = 0x05,
  long_triple_press = 0x06,
  hold = 0x80,
  release = 0x81,
  rotate_left = 0x90,
  rotate_right = 0x91,
};
/// "press", "double_press", ...; empty for a number that is none.
[[nodiscard]] std::string_view event_name(InputEvent event) noexcept;

/// The quantity of that name, if there is one.
[[nodiscard]] std::optional<Quantity> find_quantity(std::string_view name) noexcept;

struct Reading {
  double value = 0;  ///< in `unit_of(quantity)`
  Quantity quantity{};
  uint8_t index = 0;  ///< tells repeats apart: 0 is the first of its quantity in the advertisement, 1 the second
  bool valid = true;  ///< false where the device sent its mark for "not available"; the value is then 0

  friend bool operator==(const Reading&, const Reading&) = default;
};

}  // namespace moor
