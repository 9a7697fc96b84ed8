#include "gatt/number_values.hpp"

#include "core/json_text.hpp"

#include <algorithm>
#include <array>

namespace moor {

namespace {

using enum RawType;
using Q = Quantity;
using Raw = std::optional<int64_t>;

struct NumberRow {
  uint16_t characteristic;
  RawType type;
  Scale scale;
  NumberKey key;
  Raw unknown{};   // the value that says so
  Raw at_least{};  // the value that says "this or more"
  Raw max{};       // of what the specification allows
};

constexpr Raw none;
constexpr int64_t ff = 0xFF;
constexpr int64_t ffff = 0xFFFF;
constexpr int64_t ffffff = 0xFF'FFFF;
constexpr int64_t ffffffff = 0xFFFF'FFFF;

// GSS 11, section 3, by characteristic. Pressures are sent in 0.1 Pa and masses of a concentration in kg/m³: told as quantities have them.
constexpr auto rows = std::to_array<NumberRow>({
    {0x2A07, s8, {}, {"transmit_power", "dBm", Q::transmit_power}},
    {0x2A19, u8, {}, {"battery", "%", Q::battery}, none, none, 100},
    {0x2A2C, u16, {0.01, 2}, {"magnetic_declination", "°"}},
    {0x2A6C, s24, {0.01, 2}, {"elevation", "m"}},
    {0x2A6D, u32, {0.001, 3}, {"pressure", "hPa", Q::pressure}},
    {0x2A6E, s16, {0.01, 2}, {"temperature", "°C", Q::temperature}, -0x8000},
    {0x2A6F, u16, {0.01, 2}, {"humidity", "%", Q::humidity}, ffff},
    {0x2A70, u16, {0.01, 2}, {"true_wind_speed", "m/s", Q::speed}},
    {0x2A71, u16, {0.01, 2}, {"true_wind_direction", "°", Q::direction}},
    {0x2A72, u16, {0.01, 2}, {"apparent_wind_speed", "m/s", Q::speed}},
    {0x2A73, u16, {0.01, 2}, {"apparent_wind_direction", "°", Q::direction}},
    {0x2A74, u8, {0.1, 1}, {"gust_factor"}},
    {0x2A75, u24, {}, {"pollen_concentration", "1/m³"}},
    {0x2A76, u8, {}, {"uv_index", "", Q::uv_index}},
    {0x2A77, u16, {0.1, 1}, {"irradiance", "W/m²"}},
    {0x2A78, u16, {}, {"rainfall", "mm", Q::precipitation}},
    {0x2A79, s8, {}, {"wind_chill", "°C"}},
    {0x2A7A, s8, {}, {"heat_index", "°C"}},
    {0x2A7B, s8, {}, {"dew_point", "°C", Q::dew_point}},
    {0x2A80, u8, {}, {"age", "a"}},
    {0x2A8D, u8, {}, {"heart_rate_max", "bpm"}},
    {0x2A8E, u16, {0.01, 2}, {"height", "m"}},
    {0x2A8F, u16, {0.01, 2}, {"hip_circumference", "m"}},
    {0x2A92, u8, {}, {"resting_heart_rate", "bpm"}},
    {0x2A96, u8, {}, {"vo2_max", "ml/kg/min"}},
    {0x2A97, u16, {0.01, 2}, {"waist_circumference", "m"}},
    {0x2A98, u16, {0.005, 3}, {"weight", "kg", Q::weight}},
    {0x2A99, u32, {}, {"database_change_increment"}},
    {0x2AE9, u16, {}, {"correlated_color_temperature", "K"}, ffff},
    {0x2AEA, u16, {}, {"count", "", Q::count}, ffff},
    {0x2AEB, u24, {}, {"count", "", Q::count}, ffffff},
    {0x2AEE, u16, {0.01, 2}, {"current", "A", Q::current}, ffff},
    {0x2AF2, u24, {}, {"energy", "kWh", Q::energy}, ffffff},
    {0x2AFB, u24, {0.01, 2}, {"illuminance", "lx", Q::illuminance}, ffffff},
    {0x2AFC, u16, {0.1, 1}, {"luminous_efficacy", "lm/W"}, ffff},
    {0x2AFD, u24, {1000, 0}, {"luminous_energy", "lm·h"}, ffffff},
    {0x2AFE, u24, {1000, 0}, {"luminous_exposure", "lx·h"}, ffffff},
    {0x2AFF, u16, {}, {"luminous_flux", "lm"}, ffff},
    {0x2B01, u16, {}, {"luminous_intensity", "cd"}, ffff},
    {0x2B02, u16, {}, {"mass_flow", "g/s"}, ffff},
    {0x2B04, u8, {0.5, 1}, {"percentage", "%"}, ff, none, 200},
    {0x2B05, u24, {0.1, 1}, {"power", "W", Q::power}, ffffff},
    {0x2B0D, s8, {0.5, 1}, {"temperature", "°C", Q::temperature}, 0x7F},
    {0x2B12, u8, {0.1, 1}, {"time", "h"}, ff},
    {0x2B14, u24, {}, {"time", "h"}, ffffff},
    {0x2B15, u24, {0.001, 3}, {"time", "s", Q::duration}, ffffff},
    {0x2B16, u16, {}, {"time", "s", Q::duration}, ffff},
    {0x2B17, u8, {}, {"time", "s", Q::duration}, ff},
    {0x2B18, u16, {1.0 / 64, 3}, {"voltage", "V", Q::voltage}, ffff},
    {0x2B1B, u16, {0.001, 3}, {"volume_flow", "L/s"}, ffff},
    {0x2B89, u32, {0.001, 3}, {"apparent_energy", "kVAh"}, ffffffff},
    {0x2B8A, u24, {0.1, 1}, {"apparent_power", "VA", Q::apparent_power}, ffffff},
    {0x2B8C, u16, {}, {"carbon_dioxide", "ppm", Q::carbon_dioxide}, ffff, 0xFFFE},
    {0x2BA8, u32, {0.001, 3}, {"energy", "kWh", Q::energy}, ffffffff},
    {0x2BCF, medfloat16, {}, {"ammonia", "µg/m³"}},
    {0x2BD0, medfloat16, {}, {"carbon_monoxide", "µg/m³"}},
    {0x2BD1, medfloat16, {}, {"methane", "µg/m³"}},
    {0x2BD2, medfloat16, {}, {"nitrogen_dioxide", "µg/m³"}},
    {0x2BD3, medfloat16, {}, {"volatile_organic_compounds", "µg/m³", Q::volatile_organic_compounds}},
    {0x2BD4, medfloat16, {}, {"ozone", "µg/m³"}},
    {0x2BD5, medfloat16, {}, {"pm1", "µg/m³", Q::pm1}},
    {0x2BD6, medfloat16, {}, {"pm25", "µg/m³", Q::pm25}},
    {0x2BD7, medfloat16, {}, {"pm10", "µg/m³", Q::pm10}},
    {0x2BD8, medfloat16, {}, {"sulfur_dioxide", "µg/m³"}},
    {0x2BD9, medfloat16, {}, {"sulfur_hexafluoride", "µg/m³"}},
    {0x2BDF, s16, {0.5, 1}, {"temperature", "°C", Q::temperature}, -0x8000},
    {0x2BE0, u24, {1.0 / 64, 3}, {"voltage", "V", Q::voltage}, ffffff},
    {0x2BE4, u8, {}, {"noise", "dB", Q::sound_pressure}, ff, 0xFE},
    {0x2BE6, u32, {}, {"time", "s", Q::duration}, ffffffff},
    {0x2BE7, u16, {}, {"volatile_organic_compounds", "ppb"}, ffff, 0xFFFE},
    {0x2BE8, u16, {1.0 / 256, 3}, {"voltage_frequency", "Hz"}, ffff},
});
static_assert(std::ranges::is_sorted(rows, {}, &NumberRow::characteristic));

constexpr int micrograms = 9;  // in a kilogram, as a power of ten

}  // namespace

int64_t load_raw(RawType type, Bytes bytes) noexcept {
  const uint64_t bits = load_unsigned(bytes);
  const bool is_signed = type == s8 || type == s16 || type == s24 || type == s32;
  return is_signed ? sign_extend(bits, static_cast<unsigned>(8 * size_of(type))) : static_cast<int64_t>(bits);
}

double scaled(int64_t raw, Scale scale) noexcept {
  return rounded(static_cast<double>(raw) * scale.factor, scale.digits);
}

std::optional<DecodedValue> decode_number(uint16_t characteristic, Bytes value) {
  const auto* const row = std::ranges::lower_bound(rows, characteristic, {}, &NumberRow::characteristic);
  if (row == rows.end() || row->characteristic != characteristic || value.size() != size_of(row->type)) return std::nullopt;
  const int64_t raw = load_raw(row->type, value);
  ValueBuilder builder(true);
  if (row->type == medfloat16) {
    auto decimal = decode_medfloat16(static_cast<uint16_t>(raw));
    if (decimal) decimal->exponent += micrograms;
    builder.decimal(row->key, decimal);
  } else if (raw == row->unknown) {
    builder.unknown(row->key);
  } else if (row->max && raw > *row->max) {
    return std::nullopt;
  } else if (raw == row->at_least) {
    builder.at_least(row->key, scaled(raw, row->scale), row->scale.digits);
  } else {
    builder.number(row->key, scaled(raw, row->scale), row->scale.digits);
  }
  return builder.take();
}

}  // namespace moor
