// ThermoPro's thermometers, which are known by their names. Their data begins where a company identifier belongs; little-endian.
// Source: Bluetooth-Devices/thermopro-ble.
//
//   TP35*, TP39*    ┌────┬──────┬─────┬─────────┬────┐    temp: int16, 0.1 °C    hum: uint8, %    none: all three bytes FF
//                   │    │ temp │ hum │ battery │    │    battery: in the two low bits, 0 empty, 1 half, 2 full
//                   └────┴──────┴─────┴─────────┴────┘
//                   0    1      3     4         5   6 or more
//   TP96*, TP97*    ┌───────┬──────┬─────────┬─────────┬─────────┐    probe: 0, 1, ...    temp, ambient: uint16, °C + 30
//                   │ probe │ temp │ battery │ ambient │ station │    battery: uint16, about mV    station may be missing
//                   └───────┴──────┴─────────┴─────────┴─────────┘
//                   0       1      3         5         7        13
//   TP97*           ┌───────┬─────────┬─────────┬───────────────────┬────┐    ambient: uint16, °F above -54
//                   │ probe │ ambient │ battery │ tip, centre, end  │ id │    tip, centre, end: float, °F above -54
//                   └───────┴─────────┴─────────┴───────────────────┴────┘
//                   0       1         3         5                   17  23

#include "beacon/registry.hpp"
#include "beacon/whole_manufacturer_data.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace moor {
namespace {

constexpr size_t thermometer_size = 6;  // or more
constexpr size_t probe_size = 7;
constexpr size_t probe_and_station_size = 13;
constexpr size_t pro_probe_size = 23;

// A curve that thermopro-ble has fitted to what the app shows, by the percent.
double battery_of(uint16_t millivolts) noexcept {
  return std::round(std::clamp(52.317286 * std::tanh(millivolts / 273.624277936 - 8.76485439394) + 51.06925, 0.0, 100.0));
}

double celsius_of(double fahrenheit_above_minus_54) noexcept {
  return (fahrenheit_above_minus_54 - 54 - 32) * 5 / 9;
}

void add_probe(uint8_t number_from_0, uint16_t millivolts, Decoded& into) noexcept {
  into.add(Quantity::battery, battery_of(millivolts));
  into.add(Quantity::channel, number_from_0 + 1);
}

bool read_thermometer(Bytes data, Decoded& into) noexcept {
  constexpr uint8_t percent[] = {1, 50, 100};
  const bool available = data[1] != 0xFF || data[2] != 0xFF || data[3] != 0xFF;
  if (available && data[3] > 100) return false;
  if (available) {
    into.add(Quantity::temperature, static_cast<int16_t>(load_le16(&data[1])) / 10.0);
    into.add(Quantity::humidity, data[3]);
  } else {
    into.add_unavailable(Quantity::temperature);
    into.add_unavailable(Quantity::humidity);
  }
  if (const size_t level = data[4] & 3; level < std::size(percent)) into.add(Quantity::battery, percent[level]);
  return true;
}

// In the order of the readings: inside the meat, around it.
bool read_probe(Bytes data, Decoded& into) noexcept {
  into.add(Quantity::temperature, load_le16(&data[1]) - 30);
  into.add(Quantity::temperature, load_le16(&data[5]) - 30);
  add_probe(data[0], load_le16(&data[3]), into);
  return true;
}

// Tip, centre and end inside the meat, then around it.
bool read_pro_probe(Bytes data, Decoded& into) noexcept {
  std::array<float, 3> inside{};
  for (size_t i = 0; i < inside.size(); ++i) inside[i] = std::bit_cast<float>(load_le32(&data[5 + 4 * i]));
  if (!std::ranges::all_of(inside, [](float f) { return std::isfinite(f) && f >= 0 && f < 2000; })) return false;
  for (float fahrenheit : inside) into.add(Quantity::temperature, celsius_of(static_cast<double>(fahrenheit)));
  into.add(Quantity::temperature, celsius_of(load_le16(&data[1])));
  add_probe(data[0], load_le16(&data[3]), into);
  return true;
}

bool read(std::string_view model, Bytes data, Decoded& into) noexcept {
  const std::string_view line = model.substr(0, 4);
  if (line == "TP35" || line == "TP39") return data.size() >= thermometer_size && read_thermometer(data, into);
  if (line == "TP97" && data.size() == pro_probe_size) return read_pro_probe(data, into);
  if (line != "TP96" && line != "TP97") return false;
  return (data.size() == probe_size || data.size() == probe_and_station_size) && read_probe(data, into);
}

}  // namespace

std::string_view claim_thermopro(const Candidate& candidate, Decoded& into) noexcept {
  const std::string_view name(reinterpret_cast<const char*>(candidate.data.data()), candidate.data.size());
  const std::string_view model = name.substr(0, name.find(' '));
  const Bytes data = last_manufacturer_data(candidate.advertisement, [](Bytes) { return true; });
  if (!read(model, data, into)) return {};
  into.add_attribute("model", model);
  return "ThermoPro";
}

}  // namespace moor
