// What Ruuvi's documents and two other decoders make of Ruuvi's formats, in whichever of vectors/*.jsonl it stands.

#include "moor/decoder.hpp"
#include "moor/ruuvi.hpp"
#include "vectors/vectors.hpp"

#include <gtest/gtest.h>
#include <charconv>
#include <cmath>
#include <iostream>
#include <map>

namespace moor {
namespace {

constexpr double metres_per_second_squared_per_mg = 9.80665e-3;

struct Expected {
  Quantity quantity;
  size_t index = 0;
  double factor = 1;         // from the source's unit to moor's
  double tolerance = 0.006;  // of what the source prints, in moor's unit
};

// The names of three sources. ruuvitag-ble has accelerations in m/s² and volts in mV, as its "units" say; the others in mg.
std::optional<Expected> expected_of(std::string_view name, bool si) {
  const double acceleration = si ? 1 : metres_per_second_squared_per_mg;
  static const std::map<std::string_view, Expected> names = {
      {"temperature", {Quantity::temperature}},
      {"humidity", {Quantity::humidity}},
      {"pressure", {Quantity::pressure}},
      {"voltage", {Quantity::voltage, 0, 0.001}},
      {"battery", {Quantity::voltage, 0, 0.001}},
      {"tx_power", {Quantity::transmit_power}},
      {"movement_counter", {Quantity::movement}},
      {"measurement_sequence_number", {Quantity::sequence}},
      {"calibration_in_progress", {Quantity::calibrating}},
      {"pm1", {Quantity::pm1}},
      {"pm_1", {Quantity::pm1}},
      {"pm25", {Quantity::pm25}},
      {"pm_2_5", {Quantity::pm25}},
      {"pm4", {Quantity::pm4}},
      {"pm_4", {Quantity::pm4}},
      {"pm10", {Quantity::pm10}},
      {"pm_10", {Quantity::pm10}},
      {"co2", {Quantity::carbon_dioxide}},
      {"carbon_dioxide", {Quantity::carbon_dioxide}},
      {"voc", {Quantity::volatile_organic_compounds_index}},
      {"voc_index", {Quantity::volatile_organic_compounds_index}},
      {"nox", {Quantity::nitrogen_oxides}},
      {"nox_index", {Quantity::nitrogen_oxides}},
      {"luminosity", {Quantity::illuminance}},
      {"illuminance", {Quantity::illuminance, 0, 1, 0.51}},
      {"iaqs", {Quantity::air_quality_index}},
      // As Ruuvi's documents print them.
      {"Temperature", {Quantity::temperature}},
      {"Humidity", {Quantity::humidity}},
      {"Pressure", {Quantity::pressure, 0, 0.01}},
      {"Voltage", {Quantity::voltage}},
      {"TX Power", {Quantity::transmit_power}},
      {"Movement counter", {Quantity::movement}},
      {"Measurement Sequence", {Quantity::sequence}},
      {"Acceleration X", {Quantity::acceleration, 0, 9.80665}},
      {"Acceleration Y", {Quantity::acceleration, 1, 9.80665}},
      {"Acceleration Z", {Quantity::acceleration, 2, 9.80665}},
  };
  if (name == "acceleration_x") return Expected{Quantity::acceleration, 0, acceleration};
  if (name == "acceleration_y") return Expected{Quantity::acceleration, 1, acceleration};
  if (name == "acceleration_z") return Expected{Quantity::acceleration, 2, acceleration};
  const auto found = names.find(name);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> value_of(const Decoded& decoded, Quantity quantity, size_t index) {
  for (const Reading& reading : decoded.readings())
    if (reading.quantity == quantity && reading.index == index && reading.valid) return reading.value;
  return std::nullopt;
}

// Null and "NAN" are not available; a document has the unit behind the number.
std::optional<double> number_of(const json::value& value) {
  if (value.is_number()) return value.to_number<double>();
  if (value.is_bool()) return value.get_bool() ? 1 : 0;
  double number = NAN;
  if (value.is_string()) {
    const std::string_view text = value.get_string();
    (void)std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return std::isnan(number) ? std::nullopt : std::optional(number);
}

void expect_value(const Vector& vector, std::string_view name, std::optional<double> expected, std::optional<double> found,
                  double tolerance) {
  const auto text = [](std::optional<double> value) { return value ? std::to_string(*value) : std::string("not available"); };
  EXPECT_TRUE(expected.has_value() == found.has_value() && (!expected || std::abs(*expected - *found) <= tolerance))
      << vector.id << "\n  " << name << " expected " << text(expected) << ", found " << text(found);
}

std::optional<double> total_acceleration(const Decoded& decoded) {
  const auto x = value_of(decoded, Quantity::acceleration, 0);
  const auto y = value_of(decoded, Quantity::acceleration, 1);
  const auto z = value_of(decoded, Quantity::acceleration, 2);
  return x && y && z ? std::optional(std::hypot(*x, *y, *z)) : std::nullopt;
}

std::string hex_digits(const json::value& mac) {
  std::string digits;
  for (char c : std::string(mac.get_string()))
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0)
      digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return digits;
}

// The address is in the struct of format 5 only; of the others it is the advertiser's, which who hears it knows anyway.
void expect_address(const Vector& vector, const AdvertisementData& data, const json::value& mac) {
  const auto ruuvi = data.manufacturer_data(ruuvi_company);
  const auto tag = ruuvi ? decode_ruuvi_tag(*ruuvi) : std::nullopt;
  if (!tag || !tag->address) return;
  std::array<uint8_t, 6> bytes{};
  tag->address->to_le(bytes.data());
  std::ranges::reverse(bytes);
  EXPECT_EQ(to_hex(bytes), hex_digits(mac)) << vector.id;
}

void expect_values(const Vector& vector, const AdvertisementData& data, const json::object& values, bool si) {
  Decoded decoded;
  decode(data, decoded);
  for (const auto& [name, value] : values) {
    if (name == "rssi") continue;
    if (name == "mac" || name == "MAC") {
      expect_address(vector, data, value);
    } else if (name == "data_format" || name == "Data format") {
      const std::string number = value.is_string() ? std::string(value.get_string()) : std::to_string(value.to_number<int>());
      EXPECT_TRUE(decoded.format().ends_with(" " + number))
          << vector.id << "\n  format " << number << ", found " << decoded.format();
    } else if (name == "identifier") {
      EXPECT_EQ(decoded.attribute("identifier"), value.is_string() ? std::string_view(value.get_string()) : "") << vector.id;
    } else if (name == "acceleration" || name == "acceleration_total") {
      const double factor = si ? 1 : metres_per_second_squared_per_mg;
      auto expected = number_of(value);
      if (expected) *expected *= factor;
      expect_value(vector, name, expected, total_acceleration(decoded), 0.006);
    } else if (const auto meant = expected_of(name, si)) {
      auto expected = number_of(value);
      if (expected) *expected *= meant->factor;
      expect_value(vector, name, expected, value_of(decoded, meant->quantity, meant->index), meant->tolerance);
    } else {
      ADD_FAILURE() << vector.id << ": what is " << name << "?";
    }
  }
}

std::vector<uint8_t> ruuvi_payload_of(const Vector& vector) {
  const std::string url = vector.text("input");  // what stands behind the '#'
  if (url.empty()) return payload_of(vector);
  AdvertisementBuilder builder;
  if (const auto frame = EddystoneUrl::parse("https://ruu.vi/#" + url, -10)) encode(*frame, builder);
  return builder.bytes();
}

// Why a line cannot be meant as it stands; empty if it can.
std::string_view fault_of(const AdvertisementData& data, const json::object& expected) {
  const auto ruuvi = data.manufacturer_data(ruuvi_company);
  if (!ruuvi || ruuvi->empty()) return {};
  if ((*ruuvi)[0] == 0x15) return "a whole packet stands in place of the data, and is read at a shifted place";
  const json::value* temperature = expected.if_contains("Temperature");
  if (temperature != nullptr && *temperature == "NAN" && decode_ruuvi_tag(*ruuvi).value_or(RuuviTag()).temperature_c)
    return "the document's table of invalid values stands beside the bytes of the lowest ones";
  return {};
}

TEST(RuuviVectors, DecodeAsTheirSourcesDo) {
  const auto folder = test_data() / "vectors";
  SKIP_WITHOUT(folder);
  size_t ran = 0;
  std::map<std::string_view, size_t> left_out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    for (const Vector& vector : read_vectors(entry.path())) {
      if (!vector.text("format").starts_with("ruuvi")) continue;
      const auto payload = ruuvi_payload_of(vector);
      const AdvertisementData data(payload);
      const json::value expected = vector.get(vector.fields.contains("norm") ? "norm" : "expected");
      if (!expected.is_object()) {
        ++ran;
        Decoded decoded;
        decode(data, decoded);
        EXPECT_TRUE(decoded.readings().empty()) << vector.id << ": decoded as " << decoded.format();
        continue;
      }
      const json::value* values = expected.get_object().if_contains("values");
      const json::object& names = values != nullptr ? values->get_object() : expected.get_object();
      if (const auto fault = fault_of(data, names); !fault.empty()) {
        ++left_out[fault];
        continue;
      }
      ++ran;
      expect_values(vector, data, names, values != nullptr);
    }
  }
  std::cout << "Ruuvi: " << ran << " ran\n";
  for (const auto& [why, count] : left_out) std::cout << "  " << count << " left out: " << why << "\n";
}

}  // namespace
}  // namespace moor
