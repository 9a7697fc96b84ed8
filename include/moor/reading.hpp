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
  battery,
  carbon_dioxide,
  conductivity,
  count,
  current,
  dew_point,
  direction,
  distance,
  duration,
  energy,
  gas,
  gyroscope,
  humidity,
  illuminance,
  moisture,
  nitrogen_oxides,
  packet_id,
  pm1,
  pm25,
  pm4,
  pm10,
  power,
  precipitation,
  pressure,
  rotation,
  rotational_speed,
  signal_strength,
  sound_pressure,
  speed,
  temperature,
  timestamp,
  uv_index,
  volatile_organic_compounds,
  voltage,
  volume,
  volume_flow_rate,
  water,
  weight,
};
inline constexpr size_t quantity_count = static_cast<size_t>(Quantity::weight) + 1;

/// The quantity's name, such as "temperature".
[[nodiscard]] std::string_view name_of(Quantity quantity) noexcept;
/// The unit in which every reading of it is, such as "°C"; empty for a plain number.
[[nodiscard]] std::string_view unit_of(Quantity quantity) noexcept;
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
