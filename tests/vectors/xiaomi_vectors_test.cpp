// What other projects' decoders make of Xiaomi's and Qingping's devices: the lines of those formats in vectors/*.jsonl.

#include "moor/decoder.hpp"
#include "moor/error.hpp"
#include "vectors/vectors.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <set>

namespace moor {
namespace {

const std::map<std::string, std::set<std::string_view>> formats = {{"mibeacon", {"MiBeacon"}},
                                                                   {"xiaomi", {"Xiaomi scale", "HHCCJCY10"}},
                                                                   {"atc-pvvx", {"ATC1441", "pvvx"}},
                                                                   {"qingping", {"Qingping"}}};

struct Meaning {
  std::string_view quantity;
  double factor = 1;
  std::string_view attribute = {};  // that has to say the text
  std::string_view text = {};
};

// The sources' names where they are not moor's.
const std::map<std::string, Meaning, std::less<>> meanings = {
    {"power", {"power_on"}},
    {"occupancy_close_range", {"presence"}},
    {"pry_the_door", {"tamper"}},
    {"device_forcibly_removed", {"tamper"}},
    {"door_stuck", {"problem"}},
    {"mass", {"weight"}},
    {"mass_non_stabilized", {"weight"}},
    {"stabilized", {"weight_stable"}},
    {"impedance_low", {"impedance", 1, "frequency", "low"}},
    {"impedance_high", {"impedance", 1, "frequency", "high"}},
    {"profile_id", {"profile"}},
    {"toothbrush", {"running"}},
    {"counter", {"elapsed_time"}},
    {"childlock", {"child_lock"}},
    {"antilock", {"anti_lock"}},
    {"noise", {"sound_pressure"}},
    {"voc", {"volatile_organic_compounds_index"}},
    {"bottom_submersion", {"moisture_detected", 1, "probe", "bottom"}},
    {"top_splash", {"moisture_detected", 1, "probe", "top"}},
    {"duration_detected", {"duration", 60, "state", "present"}},
    {"duration_cleared", {"duration", 60, "state", "absent"}},
    {"pressure_present_duration", {"duration", 1, "state", "present"}},
    {"pressure_not_present_duration", {"duration", 1, "state", "absent"}},
};

// Texts, by the attribute that has them.
const std::map<std::string, std::string_view, std::less<>> texts = {
    {"key_id", "key"}, {"lock_method", "method"}, {"charging_state", "charge"}};

std::string plain_text(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view left_out : {" key id", " key"})
    if (const auto at = text.find(left_out); at != std::string::npos) text.erase(at, left_out.size());
  return text;
}

const Reading* reading_of(const Decoded& decoded, std::string_view quantity, size_t index = 0) {
  const auto readings = decoded.readings();
  const auto found = std::ranges::find_if(
      readings, [&](const Reading& each) { return name_of(each.quantity) == quantity && each.index == index; });
  return found == readings.end() ? nullptr : &*found;
}

enum class Finding : uint8_t { same, other, missing };

struct Check {
  const Vector& vector;
  const Decoded& decoded;

  [[nodiscard]] std::string found() const {
    std::string text;
    for (const Reading& each : decoded.readings())
      text += " " + std::string(name_of(each.quantity)) + "=" + std::to_string(each.value);
    for (const Attribute& each : decoded.attributes())
      text += " " + std::string(each.name) + "='" + std::string(each.text()) + "'";
    return text;
  }
  void expect(bool fits, std::string_view name, const json::value& expected) const {
    EXPECT_TRUE(fits) << vector.id << "\n  " << name << " expected " << expected << ", found" << found();
  }

  [[nodiscard]] Finding value(std::string_view name, const json::value& expected) const {
    if (const auto text = texts.find(name); text != texts.end()) {
      const auto actual = decoded.attribute(text->second);
      if (actual.empty()) return Finding::missing;
      return plain_text(std::string(expected.get_string())) == plain_text(std::string(actual)) ? Finding::same : Finding::other;
    }
    Meaning meaning = {name};
    if (const auto known = meanings.find(name); known != meanings.end()) meaning = known->second;
    if (name == "moisture" && expected.is_bool()) meaning.quantity = "moisture_detected";
    const Reading* const reading = reading_of(decoded, meaning.quantity);
    if (reading == nullptr) return Finding::missing;
    if (!meaning.attribute.empty() && decoded.attribute(meaning.attribute) != meaning.text) return Finding::other;
    double number = expected.is_bool() ? (expected.get_bool() ? 1.0 : 0.0) : expected.to_number<double>() * meaning.factor;
    if (name == "fingerprint") number = expected.get_bool() ? 0 : reading->value == 0 ? -1 : reading->value;  // a result
    return reading->valid && std::abs(reading->value - number) <= 0.005 + 1e-9 ? Finding::same : Finding::other;
  }

  // "button", or "button_left": the first of the device's buttons; of a remote control, "button_plus" is a name.
  [[nodiscard]] const Reading* button(std::string_view name) const {
    const auto buttons = static_cast<size_t>(
        std::ranges::count_if(decoded.readings(), [](const Reading& each) { return each.quantity == Quantity::button; }));
    if (buttons <= 1) return name.empty() || decoded.attribute("button") == name ? reading_of(decoded, "button") : nullptr;
    const std::map<std::string_view, size_t> places = {
        {"left", 0}, {"middle", 1}, {"mid_left", 1}, {"mid_right", 2}, {"right", buttons - 1}};
    const auto place = places.find(name);
    return place == places.end() ? nullptr : reading_of(decoded, "button", place->second);
  }

  [[nodiscard]] bool event(std::string_view name, std::string type, const json::value& properties) const {
    if (name == "motion") return type == "motion_detected" && value("motion", true) == Finding::same;
    if (name == "lock") return decoded.attribute("action") == type;
    if (name == "fingerprint") return decoded.attribute("fingerprint") == type;
    if (name == "error") return !decoded.attribute("error").empty();
    const Reading* reading = nullptr;
    if (name == "cube") reading = reading_of(decoded, "rotary");
    if (name == "dimmer") reading = reading_of(decoded, "dimmer");
    if (name.starts_with("button")) reading = button(name.substr(std::min(name.size(), std::string_view("button_").size())));
    const bool pressed = type.ends_with("_pressed");
    if (pressed) type.resize(type.size() - std::string_view("_pressed").size());
    if (reading == nullptr || event_name(static_cast<InputEvent>(reading->value)) != type) return false;
    if (pressed != (decoded.attribute("knob") == "pressed")) return false;
    if (!properties.is_object()) return true;
    return std::ranges::all_of(properties.get_object(), [&](const auto& property) {
      return value(property.key() == "duration" ? "duration" : "count", property.value()) == Finding::same;
    });
  }
};

// Of one advertisement alone a later update of a test brings only a part: what is not in it may be missing, but not differ.
size_t expect_values(const Check& check, const json::object& expected) {
  const bool stateful = check.vector.text("note").starts_with("stateful");
  const json::value* const values = expected.if_contains("values");
  if (values == nullptr || !values->is_object()) return 0;
  size_t left_out = 0;
  for (const auto& [name, value] : values->get_object()) {
    // No device sends it: the source makes it of the charge.
    const bool made_up = name == "voltage" && check.vector.text("format") == "mibeacon";
    const Finding finding = made_up ? Finding::missing : check.value(name, value);
    if (made_up || (stateful && finding == Finding::missing))
      ++left_out;
    else
      check.expect(finding == Finding::same, name, value);
  }
  return left_out;
}

void expect_events(const Check& check, const json::object& expected) {
  const json::value* const events = expected.if_contains("events");
  if (events == nullptr || !events->is_object()) return;
  for (const auto& [name, value] : events->get_object()) {
    const json::object& event = value.get_object();
    check.expect(check.event(name, std::string(event.at("type").get_string()), event.at("props")), name, value);
  }
}

void expect_device(const Check& check, const json::object& expected) {
  if (check.vector.text("format") != "atc-pvvx") {  // that is BTHome's, which is in the same advertisement
    if (const json::value* const device = expected.if_contains("device"); device != nullptr && device->is_object())
      if (const json::value* const model = device->get_object().if_contains("model"); model != nullptr && model->is_string())
        check.expect(check.decoded.attribute("model") == std::string_view(model->get_string()), "model", *model);
    const auto& names = formats.at(check.vector.text("format"));
    EXPECT_TRUE(names.contains(check.decoded.format())) << check.vector.id << ": found '" << check.decoded.format() << "'";
  }
  if (const json::value* const verified = expected.if_contains("key_verified"); verified != nullptr && verified->is_bool())
    check.expect((check.decoded.problem() == DecodeProblem::none) == verified->get_bool(), "key_verified", *verified);
}

void add_keys(const Vector& vector, const Address& address, KeyRing& keys) {
  const json::value key = vector.get("key");
  if (!key.is_string()) return;
  const auto content = bytes(key);
  try {
    keys.add(KeyKind::mibeacon, address, content);
    if (vector.text("format") == "atc-pvvx") keys.add(KeyKind::bthome, address, content);
  } catch (const UsageError& error) {
    ADD_FAILURE() << vector.id << ": " << error.what();
  }
}

TEST(XiaomiVectors, DecodeAsTheirSourcesDo) {
  const auto folder = test_data() / "vectors";
  SKIP_WITHOUT(folder);
  std::map<std::string, size_t> ran;
  size_t left_out = 0;
  Decoded decoded;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    for (const Vector& vector : read_vectors(entry.path())) {
      const auto format = formats.find(vector.text("format"));
      if (format == formats.end() || !vector.fields.contains("expected")) continue;
      ++ran[format->first];
      const Address address = Address::parse(vector.text("address")).value_or(Address());
      KeyRing keys;
      add_keys(vector, address, keys);
      const auto payload = payload_of(vector);
      decode(AdvertisementData(payload), {.address = address, .time = TimePoint(), .keys = &keys}, decoded);
      const json::value expected = vector.get("expected");
      if (!expected.is_object()) {
        EXPECT_FALSE(format->second.contains(decoded.format())) << vector.id << ": must not be " << decoded.format();
        continue;
      }
      const Check check{vector, decoded};
      left_out += expect_values(check, expected.get_object());
      expect_events(check, expected.get_object());
      expect_device(check, expected.get_object());
    }
  }
  for (const auto& [format, count] : ran) std::cout << format << ": " << count << " ran\n";
  std::cout << left_out << " values left out: of earlier updates, or a voltage that the source makes of the charge\n";
}

}  // namespace
}  // namespace moor
