// The formats that Ruuvi's devices send as manufacturer data: 5 is drawn in ruuvi.hpp, the others here. Numbers are big-endian.
// Sources: docs.ruuvi.com, "Data format 3", "Data format 6" and "Data format E1".
//
//   3   ┌────┬─────┬──────┬───────┬─────────────┬─────────┐    hum: uint8, 0.5 %      temp: sign and whole °C, hundredths
//       │ 03 │ hum │ temp │ press │ x, y, z mg  │ battery │    press: as in format 5  battery: uint16, mV
//       └────┴─────┴──────┴───────┴─────────────┴─────────┘    there is no mark for "not available"
//       0    1     2      4       6            12        14
//
//   6   ┌────┬──────────────────┬───────┬─────┬─────┬─────┬─────┬───────┬─────┬───────┬─────────┐
//       │ 06 │ temp, hum, press │ PM2.5 │ CO2 │ VOC │ NOX │ lux │ sound │ seq │ flags │ address │
//       └────┴──────────────────┴───────┴─────┴─────┴─────┴─────┴───────┴─────┴───────┴─────────┘
//       0    1                  7       9    11    12    13    14      15    16      17        20
//
//   E1  ┌────┬──────────────────┬────────────┬─────┬─────┬─────┬─────┬──────────┬─────┬───────┬──────────┬─────────┐
//       │ E1 │ temp, hum, press │ PM 1 to 10 │ CO2 │ VOC │ NOX │ lux │ reserved │ seq │ flags │ reserved │ address │
//       └────┴──────────────────┴────────────┴─────┴─────┴─────┴─────┴──────────┴─────┴───────┴──────────┴─────────┘
//       0    1                  7           15    17    18    19    22         25    28      29         34        40
//
//   temp, hum, press as in format 5; PM1, 2.5, 4, 10: uint16, 0.1 µg/m³; CO2: uint16, ppm; none FFFF
//   VOC, NOX, sound: 9 bits, the lowest of them in the flags (bits 6, 7 and 4); none 1FF
//   lux: in 6 logarithmic, 0 to 65535 in 254 steps, none FF; in E1 24 bits of 0.01 lx, none FFFFFF
//   flags: bit 0 while the sensors are calibrating

#include "moor/ruuvi.hpp"

#include "beacon/registry.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>

namespace moor {
namespace {

constexpr size_t format3_size = 14;
constexpr size_t format5_size = 24;
constexpr size_t format6_size = 20;
constexpr size_t format_e1_size = 40;

constexpr uint32_t pressure_offset_pa = 50000;
constexpr uint16_t battery_offset_mv = 1600;
constexpr int tx_power_offset_dbm = -40;
constexpr uint16_t no_battery = 0x7FF;
constexpr uint8_t no_tx_power = 0x1F;
constexpr uint64_t no_address = 0xFFFF'FFFF'FFFF;

// The mark for "not available": the lowest of signed numbers, the highest of unsigned ones.
template <std::integral Raw>
constexpr Raw none = std::is_signed_v<Raw> ? std::numeric_limits<Raw>::min() : std::numeric_limits<Raw>::max();

template <std::integral Raw>
std::optional<double> from_raw(Raw raw, double steps_per_unit = 1) noexcept {
  if (raw == none<Raw>) return std::nullopt;
  return raw / steps_per_unit;
}

template <std::integral Raw>
std::optional<Raw> if_available(Raw raw) noexcept {
  return raw == none<Raw> ? std::nullopt : std::optional(raw);
}

// The nearest number from `lowest` to `highest`, or the mark.
template <std::integral Raw>
Raw to_raw(std::optional<double> value, double steps_per_unit, double lowest, double highest, Raw missing = none<Raw>) {
  if (!value || std::isnan(*value)) return missing;
  return static_cast<Raw>(std::clamp(std::round(*value * steps_per_unit), lowest, highest));
}

template <typename Number>
std::optional<double> above(std::optional<Number> value, double offset) {
  return value ? std::optional<double>(*value - offset) : std::nullopt;
}

void add(Decoded& into, Quantity quantity, std::optional<double> value) noexcept {
  if (value) {
    into.add(quantity, *value);
  } else {
    into.add_unavailable(quantity);
  }
}

double to_metres_per_second_squared(int16_t mg) noexcept {
  return mg * 9.80665e-3;
}

// The seven bytes from a format's number on, alike in 5, 6 and E1.
struct Climate {
  std::optional<double> temperature_c;
  std::optional<double> humidity_percent;
  std::optional<uint32_t> pressure_pa;
};

Climate read_climate(Bytes data) noexcept {
  Climate climate{.temperature_c = from_raw(static_cast<int16_t>(load_be16(&data[1])), 200),
                  .humidity_percent = from_raw(load_be16(&data[3]), 400),
                  .pressure_pa = if_available(load_be16(&data[5]))};
  if (climate.pressure_pa) *climate.pressure_pa += pressure_offset_pa;
  return climate;
}

void add_climate(std::optional<double> temperature_c, std::optional<double> humidity_percent, std::optional<uint32_t> pressure_pa,
                 Decoded& into) noexcept {
  add(into, Quantity::temperature, temperature_c);
  add(into, Quantity::humidity, humidity_percent);
  add(into, Quantity::pressure, pressure_pa ? std::optional(*pressure_pa / 100.0) : std::nullopt);
}

std::string_view add_format3(Bytes data, Decoded& into) noexcept {
  const double whole_and_hundredths = (data[2] & 0x7F) + data[3] / 100.0;
  into.add(Quantity::temperature, (data[2] & 0x80) != 0 ? -whole_and_hundredths : whole_and_hundredths);
  into.add(Quantity::humidity, data[1] / 2.0);
  into.add(Quantity::pressure, (load_be16(&data[4]) + pressure_offset_pa) / 100.0);
  for (size_t axis = 6; axis < 12; axis += 2)
    into.add(Quantity::acceleration, to_metres_per_second_squared(static_cast<int16_t>(load_be16(&data[axis]))));
  into.add(Quantity::voltage, load_be16(&data[12]) / 1000.0);
  return "RuuviTag 3";
}

std::string_view add_format5(const RuuviTag& tag, Decoded& into) noexcept {
  add_climate(tag.temperature_c, tag.humidity_percent, tag.pressure_pa, into);
  // One sensor measures along all three: an acceleration that lacks one is none.
  const bool measured = std::ranges::all_of(tag.acceleration_mg, [](const auto& mg) { return mg.has_value(); });
  for (const auto& mg : tag.acceleration_mg)
    add(into, Quantity::acceleration, measured ? std::optional(to_metres_per_second_squared(*mg)) : std::nullopt);
  add(into, Quantity::voltage, tag.battery_mv ? std::optional(*tag.battery_mv / 1000.0) : std::nullopt);
  add(into, Quantity::transmit_power, tag.tx_power_dbm);
  add(into, Quantity::movement, tag.movements);
  add(into, Quantity::sequence, tag.sequence);
  return "RuuviTag 5";
}

std::optional<double> nine_bits(uint8_t upper, uint8_t flags, unsigned lowest_bit) noexcept {
  const unsigned number = upper * 2U + (flags >> lowest_bit & 1U);
  return number == 0x1FF ? std::nullopt : std::optional<double>(number);
}

std::optional<double> be24(const uint8_t* p, double steps_per_unit = 1) noexcept {
  const uint32_t number = static_cast<uint32_t>(load_be16(p)) << 8 | p[2];
  return number == 0xFFFFFF ? std::nullopt : std::optional(number / steps_per_unit);
}

// Ruuvi's air quality score: 100 for clean air, less by how far PM2.5 (of 0 to 60 µg/m³) and CO2 (of 420 to 2300 ppm) have gone.
// Source: Ruuvi's "Indoor Air Quality Score", as its app and its library for Home Assistant have it.
std::optional<double> air_quality(std::optional<double> pm25, std::optional<double> co2) noexcept {
  if (!pm25 || !co2) return std::nullopt;
  const double dust = std::clamp(*pm25 / 60, 0.0, 1.0);
  const double breath = std::clamp((*co2 - 420) / (2300 - 420), 0.0, 1.0);
  return std::round(std::max(0.0, 100 - 100 * std::hypot(dust, breath)));
}

void add_gases(std::optional<double> pm25, const uint8_t* co2_voc_nox, uint8_t flags, Decoded& into) noexcept {
  const auto co2 = from_raw(load_be16(co2_voc_nox));
  add(into, Quantity::carbon_dioxide, co2);
  add(into, Quantity::volatile_organic_compounds_index, nine_bits(co2_voc_nox[2], flags, 6));
  add(into, Quantity::nitrogen_oxides, nine_bits(co2_voc_nox[3], flags, 7));
  add(into, Quantity::air_quality_index, air_quality(pm25, co2));
  into.add(Quantity::calibrating, flags & 1);
}

void add_air_climate(Bytes data, Decoded& into) noexcept {
  const Climate climate = read_climate(data);
  add_climate(climate.temperature_c, climate.humidity_percent, climate.pressure_pa, into);
}

std::string_view add_format6(Bytes data, Decoded& into) noexcept {
  add_air_climate(data, into);
  const auto pm25 = from_raw(load_be16(&data[7]), 10);
  const uint8_t flags = data[16];
  add(into, Quantity::pm25, pm25);
  add_gases(pm25, &data[9], flags, into);
  const auto light = if_available(data[13]);
  add(into, Quantity::illuminance, light ? std::optional(std::expm1(*light * std::log(65536) / 254)) : std::nullopt);
  // The published format reserves the byte, as FF; Ruuvi's firmware has the average sound level in it, 18 dBA and 0.2 a step.
  if (data[14] != 0xFF) into.add(Quantity::sound_average, 18 + *nine_bits(data[14], flags, 4) / 5);
  into.add(Quantity::sequence, data[15]);
  return "Ruuvi Air 6";
}

std::string_view add_format_e1(Bytes data, Decoded& into) noexcept {
  add_air_climate(data, into);
  const auto pm25 = from_raw(load_be16(&data[9]), 10);
  add(into, Quantity::pm1, from_raw(load_be16(&data[7]), 10));
  add(into, Quantity::pm25, pm25);
  add(into, Quantity::pm4, from_raw(load_be16(&data[11]), 10));
  add(into, Quantity::pm10, from_raw(load_be16(&data[13]), 10));
  add_gases(pm25, &data[15], data[28], into);
  add(into, Quantity::illuminance, be24(&data[19], 100));
  add(into, Quantity::sequence, be24(&data[25]));
  return "Ruuvi Air E1";
}

}  // namespace

std::optional<RuuviTag> decode_ruuvi_tag(Bytes data) noexcept {
  if (data.size() < format5_size || data[0] != 0x05) return std::nullopt;
  const Climate climate = read_climate(data);
  RuuviTag tag{.temperature_c = climate.temperature_c,
               .humidity_percent = climate.humidity_percent,
               .pressure_pa = climate.pressure_pa,
               .movements = if_available(data[15]),
               .sequence = if_available(load_be16(&data[16]))};
  for (size_t axis = 0; axis < 3; ++axis)
    tag.acceleration_mg[axis] = if_available(static_cast<int16_t>(load_be16(&data[7 + 2 * axis])));
  const uint16_t power = load_be16(&data[13]);
  if (const auto battery = static_cast<uint16_t>(power >> 5); battery != no_battery)
    tag.battery_mv = static_cast<uint16_t>(battery + battery_offset_mv);
  if (const auto level = static_cast<uint8_t>(power & 0x1F); level != no_tx_power)
    tag.tx_power_dbm = static_cast<int8_t>(2 * level + tx_power_offset_dbm);
  const uint64_t address = static_cast<uint64_t>(load_be16(&data[18])) << 32 | load_be32(&data[20]);
  if (address != no_address) tag.address = Address(address, true);
  return tag;
}

void encode(const RuuviTag& tag, AdvertisementBuilder& builder) {
  const auto battery = to_raw<uint16_t>(above(tag.battery_mv, battery_offset_mv), 1, 0, no_battery - 1, no_battery);
  const auto level = to_raw<uint8_t>(above(tag.tx_power_dbm, tx_power_offset_dbm), 0.5, 0, no_tx_power - 1, no_tx_power);
  std::vector<uint8_t> data = {0x05};
  const auto push = [&](uint16_t number) {
    data.push_back(static_cast<uint8_t>(number >> 8));
    data.push_back(static_cast<uint8_t>(number));
  };
  push(static_cast<uint16_t>(to_raw<int16_t>(tag.temperature_c, 200, -32767, 32767)));
  push(to_raw<uint16_t>(tag.humidity_percent, 400, 0, 65534));
  push(to_raw<uint16_t>(above(tag.pressure_pa, pressure_offset_pa), 1, 0, 65534));
  for (const auto& mg : tag.acceleration_mg) push(static_cast<uint16_t>(to_raw<int16_t>(mg, 1, -32767, 32767)));
  push(static_cast<uint16_t>(battery << 5 | level));
  data.push_back(to_raw<uint8_t>(tag.movements, 1, 0, 254));
  push(to_raw<uint16_t>(tag.sequence, 1, 0, 65534));
  const uint64_t address = tag.address ? tag.address->bits() : no_address;
  for (unsigned shift : {32U, 16U, 0U}) push(static_cast<uint16_t>(address >> shift));
  builder.manufacturer_data(ruuvi_company, data);
}

std::string_view claim_ruuvi(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.empty()) return {};
  if (data[0] == 0x03 && data.size() >= format3_size) return add_format3(data, into);
  if (const auto tag = decode_ruuvi_tag(data)) return add_format5(*tag, into);
  if (data[0] == 0x06 && data.size() >= format6_size) return add_format6(data, into);
  if (data[0] == 0xE1 && data.size() >= format_e1_size) return add_format_e1(data, into);
  return {};
}

}  // namespace moor
