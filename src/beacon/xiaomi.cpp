// Xiaomi's first scales, and a plant sensor that speaks none of the formats of its family. Sources: xiaomi-ble, ble_monitor,
// openScale.
//
// XMTZC01HM and XMTZC04HM, service data of 0x181D (Weight Scale); numbers little-endian:
//   0         1        3
//   ┌─────────┬────────┬──────────────────────────────────────────┐     control: bit 0 pounds, 4 jin, 5 stable, 7 stepped off
//   │ control │ weight │ year (2), month, day, hour, minute, sec. │
//   └─────────┴────────┴──────────────────────────────────────────┘
// XMTZC02HM, XMTZC05HM and NUN4049CN, service data of 0x181B (Body Composition):
//   0      1         2        9           11
//   ┌──────┬─────────┬────────┬───────────┬────────┐                    unit: bit 0 pounds
//   │ unit │ control │ time   │ impedance │ weight │                    control: bit 1 impedance, 5 stable, 6 jin, 7 stepped off
//   └──────┴─────────┴────────┴───────────┴────────┘
// HHCCJCY10, service data of 0xFD50 (Tuya's, so that the values have to be possible ones); numbers big-endian:
//   0          1      3            6    7
//   ┌──────────┬──────┬────────────┬────┬──────────────┐
//   │ moisture │ temp │ illuminance│ %  │ conductivity │               temp: 0.1 °C
//   └──────────┴──────┴────────────┴────┴──────────────┘

#include "beacon/registry.hpp"

namespace moor {
namespace {

constexpr size_t scale_size = 10;
constexpr size_t composition_size = 13;
constexpr size_t plant_size = 9;

// Both UUIDs are the SIG's, and its formats have other fields there: a date that is none shows it.
bool is_time(const uint8_t* at) noexcept {
  const uint16_t year = load_le16(at);
  return year >= 1970 && year < 2100 && at[2] >= 1 && at[2] <= 12 && at[3] >= 1 && at[3] <= 31 && at[4] < 24 && at[5] < 60 &&
         at[6] < 60;
}

enum class WeightUnit : uint8_t { kilogram, pound, jin };

double kilograms(uint16_t value, WeightUnit unit) noexcept {
  switch (unit) {
    case WeightUnit::pound: return value * 0.01 * 0.45359237;
    case WeightUnit::jin: return value * 0.01 * 0.5;
    default: return value / 200.0;
  }
}

struct Weighing {
  double weight_kg = 0;
  bool settled = false;
  bool stepped_off = false;
  [[nodiscard]] bool stable() const noexcept { return settled && !stepped_off; }
};

void add(const Weighing& weighing, Decoded& into) noexcept {
  into.add(Quantity::weight, weighing.weight_kg);
  into.add(Quantity::weight_stable, weighing.stable() ? 1.0 : 0.0);
  into.add(Quantity::weight_removed, weighing.stepped_off ? 1.0 : 0.0);
}

}  // namespace

std::string_view claim_xiaomi_scale(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() != scale_size || !is_time(&data[3])) return {};
  const uint8_t control = data[0];
  const WeightUnit unit = (control & 1 << 0) != 0   ? WeightUnit::pound
                          : (control & 1 << 4) != 0 ? WeightUnit::jin
                                                    : WeightUnit::kilogram;
  into.add_attribute("model", "XMTZC01HM/XMTZC04HM");
  add({kilograms(load_le16(&data[1]), unit), (control & 1 << 5) != 0, (control & 1 << 7) != 0}, into);
  return "Xiaomi scale";
}

std::string_view claim_xiaomi_composition(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() != composition_size || !is_time(&data[2])) return {};
  const uint8_t control = data[1];
  const WeightUnit unit = (data[0] & 1 << 0) != 0   ? WeightUnit::pound
                          : (control & 1 << 6) != 0 ? WeightUnit::jin
                                                    : WeightUnit::kilogram;
  const Weighing weighing = {kilograms(load_le16(&data[11]), unit), (control & 1 << 5) != 0, (control & 1 << 7) != 0};
  into.add_attribute("model", "XMTZC02HM/XMTZC05HM/NUN4049CN");
  add(weighing, into);
  if (weighing.stable() && (control & 1 << 1) != 0) into.add(Quantity::impedance, load_le16(&data[9]));
  return "Xiaomi scale";
}

std::string_view claim_hhccjcy10(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() != plant_size) return {};
  const auto tenths = static_cast<int16_t>(load_be16(&data[1]));
  if (data[0] > 100 || data[6] > 100 || tenths < -40'0 || tenths > 85'0) return {};
  into.add_attribute("model", "HHCCJCY10");
  into.add(Quantity::temperature, tenths * 0.1);
  into.add(Quantity::moisture, data[0]);
  into.add(Quantity::illuminance, load_be32(&data[2]) & 0xFFFFFF);
  into.add(Quantity::battery, data[6]);
  into.add(Quantity::conductivity, load_be16(&data[7]));
  return "HHCCJCY10";
}

}  // namespace moor
