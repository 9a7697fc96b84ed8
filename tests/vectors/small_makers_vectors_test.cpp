// What other projects' decoders make of advertisements of Govee, ThermoBeacon, BlueMaestro, Kegtron, Tilt, Moat, Leaone, Mopeka
// and Sensirion.

#include "moor/decoder.hpp"
#include "vectors/vectors.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <iostream>
#include <map>
#include <set>

namespace moor {
namespace {

const std::map<std::string, std::string> formats = {
    {"govee", "Govee"},
    {"thermobeacon", "ThermoBeacon"},
    {"bluemaestro", "BlueMaestro"},
    {"kegtron", "Kegtron"},
    {"tilt", "Tilt"},
    {"moat", "Moat"},
    {"leaone", "Leaone"},
    {"mopeka-iot", "Mopeka"},
    {"sensirion", "Sensirion"},
};

// The family whose decoder made the vector: that of an iBeacon is told apart.
std::string family_of(const Vector& vector) {
  const std::string format = vector.text("format");
  return format == "ibeacon" ? vector.text("device_family") : format;
}

// An advertisement of which one structure is given raw had the name and the services too that are given beside it.
std::vector<uint8_t> whole_payload_of(const Vector& vector) {
  std::vector<uint8_t> payload = payload_of(vector);
  if (vector.text("adv_hex").empty()) return payload;
  Vector rest{.id = vector.id, .fields = vector.fields};
  for (const char* key : {"adv_hex", "manufacturer_data", "service_data"}) rest.fields.erase(key);
  const auto more = payload_of(rest);
  // In front: a structure that is cut short ends what can be read.
  payload.insert(payload.begin(), more.begin(), more.end());
  return payload;
}

// Several advertisements of one test that its source had heard one after the other, and told apart by what had changed.
bool is_of_several_advertisements(const Vector& vector) {
  const json::value parts = vector.get("manufacturer_data");
  return vector.text("note").starts_with("stateful") && parts.is_object() &&
         parts.get_object().size() - parts.get_object().count("004c") > 1;
}

// What a source calls a value: a quantity, of which probe or port, and how its number becomes moor's.
struct Meaning {
  std::string_view quantity;
  double scale = 1;
  double tolerance = 0.006;  // sources print two decimals
};
const std::map<std::string, Meaning> meanings = {
    {"temperature", {"temperature"}},
    {"temperature_alarm", {"temperature_alarm_high"}},
    {"low_temperature_alarm", {"temperature_alarm_low"}},
    {"humidity", {"humidity"}},
    {"dew_point", {"dew_point"}},
    {"battery", {"battery", 1, 0.5}},
    {"voltage", {"voltage"}},
    {"battery_voltage", {"voltage"}},
    {"carbon_dioxide", {"carbon_dioxide"}},
    {"pm25", {"pm25"}},
    {"motion", {"motion"}},
    {"occupancy", {"occupancy"}},
    {"window", {"window"}},
    {"presence", {"presence"}},
    {"specific_gravity", {"specific_gravity"}},
    {"keg_size", {"volume_capacity"}},
    {"volume_start", {"volume_start"}},
    {"volume_dispensed", {"volume_dispensed"}},
    {"tank_level", {"tank_level", 1, 1}},  // cut to whole millimetres
    {"reading_quality", {"reading_quality", 1, 0.5}},
    {"packet_id", {"packet_id", 1.0 / 256, 1}},  // with the state in the low byte
    {"non_stabilized_mass", {"weight"}},
    {"mass", {"weight"}},
    {"impedance", {"impedance"}},
};
// Of the receiver, made of another value, or raw numbers whose unit is not known.
const std::set<std::string> not_compared = {"signal_strength",     "keg_type",        "port_count",     "port_state",
                                            "reading_quality_raw", "accelerometer_x", "accelerometer_y"};

struct Name {
  std::string base;
  int channel = -1;  // -1: none is named
};

Name parse_name(std::string key) {
  Name name;
  if (const size_t at = key.find('@'); at != std::string::npos) {
    const std::string device = key.substr(at + 1);
    key.resize(at);
    if (device == "remote") name.channel = 1;
  }
  for (const std::string infix : {"_probe_", "_port_"}) {
    const size_t at = key.find(infix);
    if (at == std::string::npos) continue;
    name.channel = std::stoi(key.substr(at + infix.size()));
    key.resize(at);
  }
  name.base = key;
  return name;
}

// The channel that stands before a reading says whose it is; Kegtron's only one stands behind. What has no channel is the
// device's own or the air's (0), and else the only one.
const Reading* find(const Decoded& decoded, Quantity quantity, int channel) {
  int current = -1;
  const Reading* first = nullptr;
  for (const Reading& reading : decoded.readings()) {
    if (reading.quantity == Quantity::channel) current = static_cast<int>(reading.value);
    if (reading.quantity != quantity) continue;
    if (current == channel || (channel == -1 && current == 0)) return &reading;
    if (first == nullptr) first = &reading;
  }
  return channel == -1 || decoded.format() == "Kegtron" ? first : nullptr;
}

bool is_as_expected(const Name& name, const json::value& expected, const Decoded& decoded) {
  const bool is_button = name.base == "button_pressed" || (name.base == "occupancy" && decoded.format() == "ThermoBeacon");
  if (is_button) return expected.as_bool() == (find(decoded, Quantity::button, -1) != nullptr);
  if (name.base == "port_name") return decoded.attribute("text") == expected.as_string();
  const auto meaning = meanings.find(name.base);
  if (meaning == meanings.end()) return false;
  const Reading* reading = find(decoded, find_quantity(meaning->second.quantity).value(), name.channel);
  if (reading == nullptr) return false;
  if (expected.is_null() || expected.is_string()) return !reading->valid;
  if (expected.is_bool()) return reading->valid && (reading->value != 0) == expected.as_bool();
  double number = expected.to_number<double>() * meaning->second.scale;
  if (!reading->valid) return number == 0 && name.channel > 0;  // govee-ble has 0 °C for a probe that is not there
  if (name.base == "temperature" && decoded.format() == "Tilt") number = (number - 32) / 1.8;
  const double tolerance = decoded.format() == "Sensirion" ? 0.05 : meaning->second.tolerance;
  return std::abs(number - reading->value) <= tolerance + 1e-9;
}

std::string described(const Decoded& decoded) {
  std::string text(decoded.format());
  for (const Reading& reading : decoded.readings())
    text += " " + std::string(name_of(reading.quantity)) + "=" + (reading.valid ? std::to_string(reading.value) : "unavailable");
  return text;
}

void expect_values(const Vector& vector, const json::object& values, const Decoded& decoded,
                   std::map<std::string, size_t>& left_out) {
  EXPECT_TRUE(!values.empty() || decoded.readings().empty())
      << vector.id << "\n  expected nothing\n  found " << described(decoded);
  for (const auto& [key, expected] : values) {
    const Name name = parse_name(std::string(key));
    if (not_compared.contains(name.base)) continue;
    if (name.base == "tank_level" && vector.id.find("_air_") != std::string::npos &&
        !decoded.attribute("model").starts_with("TD40")) {
      ++left_out["tank level: the source had been told that the tank holds air"];
      continue;
    }
    EXPECT_TRUE(is_as_expected(name, expected, decoded))
        << vector.id << "\n  expected " << key << " " << expected << "\n  found " << described(decoded);
  }
}

void expect_as_its_source(const Vector& vector, const std::string& format, std::map<std::string, size_t>& left_out) {
  const auto payload = whole_payload_of(vector);
  const DecodeContext context{.address = Address::parse(vector.text("address")).value_or(Address())};
  Decoded decoded;
  decode(AdvertisementData(payload), context, decoded);
  const json::value expected = vector.get("expected");
  if (!expected.is_object()) {
    EXPECT_NE(decoded.format(), format) << vector.id;
    return;
  }
  const json::object values = expected.get_object().at("values").as_object();
  expect_values(vector, values, decoded, left_out);
  EXPECT_TRUE(values.empty() || decoded.format() == format) << vector.id << "\n  found " << described(decoded);
  EXPECT_EQ(decoded.frames().size(), vector.text("format") == "ibeacon" ? 1U : 0U) << vector.id << ": the iBeacon";
}

TEST(SmallMakersVectors, DecodeAsTheirSourcesDo) {
  const auto folder = test_data() / "vectors";
  SKIP_WITHOUT(folder);
  std::map<std::string, size_t> ran;
  std::map<std::string, size_t> left_out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    for (const Vector& vector : read_vectors(entry.path())) {
      const auto format = formats.find(family_of(vector));
      if (format == formats.end() || vector.fields.contains("norm")) continue;
      if (is_of_several_advertisements(vector)) {
        ++left_out["several advertisements in one: " + format->first];
        continue;
      }
      ++ran[format->first];
      expect_as_its_source(vector, format->second, left_out);
    }
  }
  for (const auto& [family, count] : ran) std::cout << family << ": " << count << " ran\n";
  for (const auto& [why, count] : left_out) std::cout << "  " << count << " left out, " << why << "\n";
}

}  // namespace
}  // namespace moor
