// What bthome-ble and others make of BTHome advertisements, line by line.

#include "moor/decoder.hpp"
#include "vectors/vectors.hpp"

#include <cmath>
#include <iostream>
#include <map>

namespace moor {
namespace {

struct Meaning {
  Quantity quantity;
  std::vector<double> factors = {1};  // from the source's unit; where it does not name one, any of these
};

// Names of sensors that are not those of moor, or whose unit is another.
std::optional<Meaning> meaning_of(const std::string& name, bool binary, const std::string& unit) {
  static const std::map<std::string, Quantity> binaries = {{"power", Quantity::power_on},
                                                           {"battery", Quantity::battery_low},
                                                           {"gas", Quantity::gas_detected},
                                                           {"co", Quantity::carbon_monoxide},
                                                           {"moisture", Quantity::moisture_detected}};
  static const std::map<std::string, double> units = {{"lb", 0.45359237}, {"mm", 0.001}, {"mL", 0.001}};
  static const std::map<std::string, std::vector<double>> any_of = {
      {"mass", {1, 0.45359237}}, {"distance", {1, 0.001}}, {"volume", {1, 0.001}}};
  if (const auto found = binaries.find(name); binary && found != binaries.end()) return Meaning{found->second};
  const auto quantity = find_quantity(name == "mass" ? "weight" : name);
  if (!quantity) return std::nullopt;
  if (name == "precipitation") return Meaning{*quantity};
  if (const auto found = units.find(unit); found != units.end()) return Meaning{*quantity, {found->second}};
  if (const auto found = any_of.find(name); unit.empty() && found != any_of.end()) return Meaning{*quantity, found->second};
  return Meaning{*quantity};
}

double seconds_of(const std::string& iso) {
  std::tm time{};
  EXPECT_NE(strptime(iso.c_str(), "%Y-%m-%dT%H:%M:%S", &time), nullptr) << iso;
  return static_cast<double>(timegm(&time));
}

// "temperature_2" is the second temperature.
std::pair<std::string, uint8_t> split_index(const std::string& key) {
  const size_t at = key.find_last_of('_');
  if (at == std::string::npos || at + 2 != key.size() || key[at + 1] < '1' || key[at + 1] > '9') return {key, uint8_t{0}};
  return {key.substr(0, at), static_cast<uint8_t>(key[at + 1] - '1')};
}

const Reading* find(const Decoded& decoded, Quantity quantity, uint8_t index) {
  for (const Reading& reading : decoded.readings())
    if (reading.quantity == quantity && reading.index == index) return &reading;
  return nullptr;
}

testing::AssertionResult has_value(const Decoded& decoded, const std::string& key, const json::value& expected,
                                   const std::string& unit) {
  const auto [name, index] = split_index(key);
  if (name == "text" || name == "raw") {
    if (decoded.attribute(name) == expected.as_string()) return testing::AssertionSuccess();
    return testing::AssertionFailure() << key << " expected " << expected << ", found '" << decoded.attribute(name) << "'";
  }
  const auto meaning = meaning_of(name, expected.is_bool(), unit);
  if (!meaning) return testing::AssertionFailure() << key << " is no quantity";
  const Reading* reading = find(decoded, meaning->quantity, index);
  const double value = expected.is_bool()     ? static_cast<double>(expected.as_bool())
                       : expected.is_string() ? seconds_of(std::string(expected.as_string()))
                                              : expected.to_number<double>();
  for (const double factor : meaning->factors)
    if (reading != nullptr && reading->valid &&
        std::abs(reading->value - value * factor) <= 1e-9 * std::max(1.0, std::abs(value)))
      return testing::AssertionSuccess();
  return testing::AssertionFailure() << key << " expected " << expected << ", found "
                                     << (reading == nullptr ? "nothing" : std::to_string(reading->value));
}

testing::AssertionResult has_event(const Decoded& decoded, const std::string& key, const json::object& expected) {
  const auto [name, index] = split_index(key);
  const Reading* reading = find(decoded, find_quantity(name).value(), index);
  std::string type(expected.at("type").as_string());
  if (type == "hold_press") type = event_name(InputEvent::hold);
  if (reading == nullptr || event_name(static_cast<InputEvent>(reading->value)) != type)
    return testing::AssertionFailure() << key << " expected " << type << ", found " << (reading == nullptr ? -1 : reading->value);
  if (const json::value* props = expected.if_contains("props"); props != nullptr && props->is_object()) {
    const Reading* steps = find(decoded, Quantity::steps, index);
    if (steps == nullptr || steps->value != props->at("steps").to_number<double>())
      return testing::AssertionFailure() << key << " expected " << *props << " steps";
  }
  return testing::AssertionSuccess();
}

// What a source calls a sensor or an event; for a button that was not touched nothing, as in the sources.
size_t measured(const Decoded& decoded) {
  size_t count = 0;
  for (const Reading& reading : decoded.readings()) {
    const bool nothing_happened = kind_of(reading.quantity) == QuantityKind::event && reading.value == 0;
    if (reading.valid && !nothing_happened && reading.quantity != Quantity::steps) ++count;
  }
  return count + !decoded.attribute("text").empty() + !decoded.attribute("raw").empty();
}

const json::object& object_in(const json::object& from, std::string_view key) {
  static const json::object none;
  const json::value* found = from.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}

bool is_stateful(const Vector& vector) {
  return vector.text("note").starts_with("stateful");
}

// A later update of a source's test also names what earlier ones said, and drops packets that came before: of such, only what the
// advertisement itself says is compared, and the packet's number is not.
void expect_as(const Vector& vector, const json::object& expected, const Decoded& decoded) {
  const json::object& values = object_in(expected, "values");
  const json::object& units = object_in(expected, "units");
  const json::object& events = object_in(expected, "events");
  for (const auto& [key, value] : values) {
    const std::string name(key);
    const json::value* unit = units.if_contains(key);
    const auto result =
        has_value(decoded, name, value, unit != nullptr && unit->is_string() ? std::string(unit->get_string()) : "");
    const auto quantity = find_quantity(split_index(name).first);
    const bool said_before = is_stateful(vector) && (name == "packet_id" || !quantity || find(decoded, *quantity, 0) == nullptr);
    EXPECT_TRUE(said_before || result) << vector.id << "\n  " << result.message();
  }
  for (const auto& [key, value] : events) EXPECT_TRUE(has_event(decoded, std::string(key), value.as_object())) << vector.id;
  if (is_stateful(vector)) {
    EXPECT_LE(measured(decoded), values.size() + events.size()) << vector.id;
  } else {
    EXPECT_EQ(measured(decoded), values.size() + events.size()) << vector.id;
  }
  if (const json::value* model = object_in(expected, "device").if_contains("model");
      model != nullptr && object_in(expected, "device").contains("manufacturer") &&
      object_in(expected, "device").at("manufacturer") == "Shelly") {
    EXPECT_EQ(decoded.attribute("model"), "Shelly " + std::string(model->as_string())) << vector.id;
  }
  if (const json::value* verified = expected.if_contains("key_verified"); verified != nullptr && verified->is_bool()) {
    EXPECT_EQ(decoded.problem() == DecodeProblem::none, verified->as_bool()) << vector.id;
  }
}

void run(const Vector& vector, const json::value& expected) {
  const Address address = Address::parse(vector.text("address")).value_or(Address());
  KeyRing keys;
  if (const std::string key = vector.text("key"); !key.empty()) keys.add(KeyKind::bthome, address, from_hex(key).value());
  Decoded decoded;
  const auto payload = payload_of(vector);
  decode(AdvertisementData(payload), {.address = address, .keys = &keys}, decoded);
  const bool nothing =
      !expected.is_object() || (expected.get_object().contains("type") && expected.get_object().at("type").is_null());
  if (nothing) {
    EXPECT_FALSE(decoded.format().starts_with("BTHome")) << vector.id << " was claimed as " << decoded.format();
    return;
  }
  expect_as(vector, expected.get_object(), decoded);
  if (!object_in(expected.get_object(), "values").empty() && !is_stateful(vector)) {
    EXPECT_EQ(decoded.format(), vector.text("format") == "bthome-v1" ? "BTHome v1" : "BTHome") << vector.id;
  }
}

TEST(BTHomeVectors, DecodeAsTheirSourcesDo) {
  const auto folder = test_data() / "vectors";
  SKIP_WITHOUT(folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    size_t ran = 0;
    for (const Vector& vector : read_vectors(entry.path())) {
      const std::string format = vector.text("format");
      if (format != "bthome-v1" && format != "bthome-v2") continue;
      run(vector, vector.get(vector.fields.contains("norm") ? "norm" : "expected"));
      ++ran;
    }
    if (ran > 0) std::cout << entry.path().filename().string() << ": " << ran << " ran, none was left out\n";
  }
}

}  // namespace
}  // namespace moor
