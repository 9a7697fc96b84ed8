// What other decoders make of Inkbird, ThermoPro, SensorPush and Oral-B, in whichever of vectors/*.jsonl it stands.

#include "moor/decoder.hpp"
#include "vectors/vectors.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <set>

namespace moor {
namespace {

const std::set<std::string_view> our_formats = {"Inkbird", "ThermoPro", "SensorPush", "Oral-B"};

bool is_ours(const Vector& vector) {
  const std::string format = vector.text("format");
  if (format == "inkbird" || format == "thermopro" || format == "sensorpush" || format == "oralb") return true;
  const std::string source = vector.text("source");  // of others, what these decoders make of iBeacons and the like
  return source.find("/sensorpush-ble/") != std::string::npos || source.find("/oralb-ble/") != std::string::npos;
}

struct Place {
  Quantity quantity;
  size_t index = 0;
  double tolerance = 0.006;
};

// A probe thermometer counts its probes in the names; one that sends a probe at a time says which in its channel.
std::optional<Place> place_of(std::string_view name, std::string_view model) {
  static const std::map<std::string_view, Place> names = {
      {"temperature", {Quantity::temperature}},
      {"humidity", {Quantity::humidity}},
      {"battery", {Quantity::battery}},
      {"pressure", {Quantity::pressure}},
      {"carbon_dioxide", {Quantity::carbon_dioxide}},
      {"time", {Quantity::elapsed_time}},
      {"sector", {Quantity::sector}},
      {"sector_timer", {Quantity::duration}},
      {"number_of_sectors", {Quantity::count}},
      {"brushing", {Quantity::running}},
  };
  if (const auto found = names.find(name); found != names.end()) return found->second;
  const size_t probe = name.find("_probe_");
  if (probe == std::string_view::npos) return std::nullopt;
  const std::string_view what = name.substr(0, probe);
  if (what == "temperature") return Place{Quantity::temperature, static_cast<size_t>(name.back() - '1')};
  if (what == "battery") return Place{Quantity::battery, 0, 0.5};
  if (what == "internal_temperature") return Place{Quantity::temperature, 0, 0.051};
  if (what == "internal_center_temperature") return Place{Quantity::temperature, 1, 0.051};
  if (what == "internal_end_temperature") return Place{Quantity::temperature, 2, 0.051};
  // The source cuts the decimals of the ambient temperature where the others have some.
  if (what == "ambient_temperature") return model == "pro" ? Place{Quantity::temperature, 3, 1} : Place{Quantity::temperature, 1};
  return std::nullopt;
}

double number_of(const json::value& value) {
  if (value.is_number()) return value.to_number<double>();
  if (value.is_bool()) return value.get_bool() ? 1 : 0;
  const std::string_view text = value.get_string();
  if (text == "no sector") return 0;
  return text.starts_with("sector ") ? text.back() - '0' : NAN;
}

const Reading* find(const Decoded& decoded, const Place& place) {
  for (const Reading& reading : decoded.readings())
    if (reading.quantity == place.quantity && reading.index == place.index && reading.valid) return &reading;
  return nullptr;
}

// What differs from the expected values, in words; empty if nothing does.
std::string difference(const Decoded& decoded, const json::object& values) {
  static const std::map<std::string_view, std::string_view> texts = {
      {"toothbrush_state", "state"}, {"mode", "mode"}, {"pressure", "pressure"}};
  const bool pro =
      values.contains("internal_center_temperature_probe_1") || values.contains("internal_center_temperature_probe_2");
  std::string all;
  const auto differs = [&](std::string_view name, const json::value& expected, const std::string& found) {
    all.append("\n  ").append(name).append(" expected ").append(json::serialize(expected)).append(", found ").append(found);
  };
  for (const auto& [name, value] : values) {
    if (const auto text = texts.find(name); text != texts.end() && value.is_string()) {
      if (decoded.attribute(text->second) != std::string_view(value.get_string()))
        differs(name, value, std::string(decoded.attribute(text->second)));
      continue;
    }
    const auto place = place_of(name, pro ? "pro" : "");
    const Reading* reading = place ? find(decoded, *place) : nullptr;
    if (reading == nullptr) {
      differs(name, value, "nothing");
    } else if (!(std::abs(reading->value - number_of(value)) <= place->tolerance)) {
      differs(name, value, std::to_string(reading->value));
    }
    const size_t probe = name.find("_probe_");
    const Reading* channel = find(decoded, {Quantity::channel});
    if (probe != std::string_view::npos && channel != nullptr && channel->value != name.back() - '0')
      differs(name, value, "probe " + std::to_string(channel->value));
  }
  const bool read = std::ranges::any_of(decoded.readings(), [](const Reading& reading) { return reading.valid; });
  if (values.empty() && read && our_formats.contains(decoded.format()))
    differs("nothing", nullptr, std::string(decoded.format()));
  return all;
}

// The advertisement that the bytes stand for: where "adv_hex" is only the last structure of it, the name and the services that
// the source knew from before are put in front.
std::vector<uint8_t> whole_payload_of(Vector vector) {
  const auto raw = vector.text("adv_hex").empty() ? std::vector<uint8_t>() : payload_of(vector);
  if (raw.empty()) return payload_of(vector);
  const AdvertisementData data(raw);
  if (data.raw_local_name() || !data.service_uuids().empty()) return raw;
  vector.fields.erase("adv_hex");
  vector.fields.erase("manufacturer_data");
  auto payload = payload_of(vector);
  payload.insert(payload.end(), raw.begin(), raw.end());
  return payload;
}

// The advertisements one by one: a source that collects the structures of a device has several that came one after the other.
std::vector<std::vector<uint8_t>> payloads_of(const Vector& vector) {
  const json::value parts = vector.get("manufacturer_data");
  if (!vector.text("adv_hex").empty() || !parts.is_object() || parts.get_object().size() < 2) return {whole_payload_of(vector)};
  std::vector<std::vector<uint8_t>> payloads;
  for (const auto& [company, data] : parts.get_object()) {
    Vector one = vector;
    one.fields["manufacturer_data"] = json::object({{company, data}});
    payloads.push_back(payload_of(one));
  }
  return payloads;
}

// Of values that several advertisements brought, those that this one has.
json::object those_of(const Decoded& decoded, const json::object& values) {
  const Reading* channel = find(decoded, {Quantity::channel});
  const bool pro = find(decoded, {Quantity::temperature, 3}) != nullptr;
  json::object own;
  for (const auto& [name, value] : values) {
    const bool of_another_probe =
        channel != nullptr && name.find("_probe_") != std::string_view::npos && channel->value != name.back() - '0';
    const auto place = place_of(name, pro ? "pro" : "");
    if (!of_another_probe && (value.is_string() || (place && find(decoded, *place) != nullptr))) own[name] = value;
  }
  return own;
}

// Why one advertisement alone cannot give what the source expects; empty if it can.
std::string_view reason_to_leave_out(const Vector& vector, const json::object& values, size_t advertisements) {
  if (advertisements > 1 && values.empty()) return "several advertisements of which the source trusts none";
  const std::string name = vector.text("name");
  if (vector.text("format") == "inkbird" && name == "N0BYD") return "a damaged name; the source was told the model";
  return {};
}

std::string run(const Vector& vector, const std::vector<std::vector<uint8_t>>& payloads, const json::object& values) {
  const bool has_history = vector.text("note").starts_with("stateful") || payloads.size() > 1;
  std::string all;
  for (const auto& payload : payloads) {
    Decoded decoded;
    decode(AdvertisementData(payload), decoded);
    const json::object own = has_history ? those_of(decoded, values) : values;
    const std::string found = difference(decoded, own);
    if (found.empty() && (!own.empty() || values.empty())) return {};
    all += found.empty() ? "\n  nothing of it found" : found;
  }
  return all;
}

TEST(SensorVectors, DecodeAsTheirSourcesDo) {
  const auto folder = test_data() / "vectors";
  SKIP_WITHOUT(folder);
  std::map<std::string, size_t> ran;
  std::map<std::string_view, size_t> left_out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    for (const Vector& vector : read_vectors(entry.path())) {
      const json::value expected = vector.get("expected");
      if (!is_ours(vector) || !vector.fields.contains("expected")) continue;
      const json::object values = expected.is_object() ? expected.at("values").as_object() : json::object();
      const auto payloads = payloads_of(vector);
      if (const auto reason = reason_to_leave_out(vector, values, payloads.size()); !reason.empty()) {
        ++left_out[reason];
        continue;
      }
      ++ran[vector.text("format")];
      const std::string differs = run(vector, payloads, values);
      EXPECT_TRUE(differs.empty()) << vector.id << differs;
    }
  }
  for (const auto& [format, count] : ran) std::cout << format << ": " << count << " ran\n";
  for (const auto& [why, count] : left_out) std::cout << "  " << count << " left out: " << why << "\n";
}

}  // namespace
}  // namespace moor
