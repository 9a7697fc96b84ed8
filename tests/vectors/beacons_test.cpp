// What other projects' decoders make of an advertisement, line by line: vectors/*.jsonl of the test data.

#include "moor/decoder.hpp"
#include "vectors/vectors.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>
#include <cmath>
#include <iostream>
#include <map>
#include <set>

namespace moor {
namespace {

// A frame in the words of core-normalised.jsonl. Its tx_power is the byte as it was sent.
json::object normalised(const IBeacon& beacon) {
  return {{"type", "ibeacon"},
          {"uuid", to_hex(beacon.uuid.to_be())},
          {"major", beacon.major},
          {"minor", beacon.minor},
          {"tx_power", beacon.power_dbm}};
}
json::object normalised(const EddystoneUid& uid) {
  return {{"type", "eddystone-uid"},
          {"namespace", to_hex(uid.namespace_id)},
          {"instance", to_hex(uid.instance_id)},
          {"tx_power", uid.power_0m_dbm}};
}
json::object normalised(const EddystoneUrl& url) {
  return {{"type", "eddystone-url"}, {"url", url.text()}, {"tx_power", url.power_0m_dbm()}};
}
json::object normalised(const EddystoneTlm& tlm) {
  json::object object = {{"type", "eddystone-tlm"},
                         {"battery_mV", nullptr},
                         {"temperature_C", nullptr},
                         {"adv_count", tlm.advertisements},
                         {"uptime_s", tlm.uptime.count() / 10.0}};
  if (tlm.battery_mv) object["battery_mV"] = *tlm.battery_mv;
  if (tlm.temperature_c) object["temperature_C"] = *tlm.temperature_c;
  return object;
}
json::object normalised(const Decoded& decoded) {
  if (decoded.frames().empty()) return {{"type", nullptr}};
  return std::visit([](const auto& frame) { return normalised(frame); }, decoded.frames()[0]);
}

bool same(const json::value& expected, const json::value& found) {
  constexpr double rounding = 0.005;  // sources print two decimals of a temperature
  if (expected.is_number() && found.is_number())
    return std::abs(expected.to_number<double>() - found.to_number<double>()) <= rounding + 1e-9;
  if (!expected.is_string() || !found.is_string()) return expected == found;
  std::string text(expected.get_string());
  if (text.size() == 36 && Uuid::parse(text)) std::erase(text, '-');
  return text == found.get_string();
}

// A source that says nothing of a field has it as null, or leaves it out; a null type means that there is no beacon in it.
void expect_as_normalised(const Vector& vector, const json::object& expected, const json::object& found) {
  for (const auto& [key, value] : expected) {
    if (value.is_null() && key != "type") continue;
    const json::value* actual = found.if_contains(key);
    EXPECT_TRUE(actual != nullptr && same(value, *actual)) << vector.id << "\n  " << key << " expected " << value << ", found "
                                                           << (actual != nullptr ? *actual : json::value("nothing"));
  }
}

bool is_decoded_by_now(const Vector& vector, const json::object& norm) {
  static const std::set<std::string> formats = {"ibeacon",       "eddystone-uid", "eddystone-url",
                                                "eddystone-tlm", "malformed",     "feaa-other"};
  static const std::set<std::string> types = {"ibeacon", "eddystone-uid", "eddystone-url", "eddystone-tlm"};
  const json::value* type = norm.if_contains("type");
  return formats.contains(vector.text("format")) && type != nullptr &&
         (type->is_null() || (type->is_string() && types.contains(std::string(type->get_string()))));
}

// Android's library is told a layout; one that gives a URL a fixed length is not Eddystone-URL, and refuses shorter ones.
bool is_for_another_layout(const Vector& vector) {
  const std::string note = vector.text("note");
  return vector.text("format") == "eddystone-url" && note.starts_with("layout=") && !note.ends_with("v");
}

TEST(BeaconVectors, DecodeAsTheirSourcesDo) {
  const auto file = test_data() / "vectors" / "core-normalised.jsonl";
  SKIP_WITHOUT(file);
  size_t ran = 0;
  std::map<std::string, size_t> not_run;
  Decoded decoded;
  for (const Vector& vector : read_vectors(file)) {
    const json::value norm = vector.get("norm");
    if (!norm.is_object() || !is_decoded_by_now(vector, norm.get_object())) {
      ++not_run["not yet: " + vector.text("format")];
    } else if (is_for_another_layout(vector)) {
      ++not_run["for another layout"];
    } else {
      ++ran;
      const auto payload = payload_of(vector);
      decode(AdvertisementData(payload), decoded);
      expect_as_normalised(vector, norm.get_object(), normalised(decoded));
    }
  }
  std::cout << "core-normalised.jsonl: " << ran << " ran\n";
  for (const auto& [why, count] : not_run) std::cout << "  " << count << " " << why << "\n";
}

json::value text_or_null(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value();
}

// An advertisement in the words of ad-structures.jsonl: of several of one key, the last.
json::object described(const AdvertisementData& data) {
  json::array uuids;
  for (const Uuid& uuid : data.service_uuids()) uuids.emplace_back(uuid.to_string());
  json::object services;
  json::object manufacturers;
  for (const AdStructure& structure : data) {
    if (const auto service = as_service_data(structure)) services[service->service.to_string()] = to_hex(service->data);
    if (const auto manufacturer = as_manufacturer_data(structure))
      manufacturers[std::to_string(manufacturer->company)] = to_hex(manufacturer->data);
  }
  const auto power = data.tx_power_dbm();
  return {{"local_name", text_or_null(data.local_name())},
          {"service_uuids", std::move(uuids)},
          {"service_data", std::move(services)},
          {"manufacturer_data", std::move(manufacturers)},
          {"tx_power", power ? json::value(*power) : json::value()}};
}

TEST(AdStructureVectors, AreReadAsTheirSourceDoes) {
  const auto file = test_data() / "vectors" / "ad-structures.jsonl";
  SKIP_WITHOUT(file);
  const auto vectors = read_vectors(file);
  for (const Vector& vector : vectors) {
    const auto payload = payload_of(vector);
    const json::value found = described(AdvertisementData(payload));
    EXPECT_EQ(found, vector.get("expected")) << vector.id << "\n  expected " << vector.get("expected") << "\n  found " << found;
  }
  std::cout << "ad-structures.jsonl: " << vectors.size() << " ran\n";
}

TEST(BeaconVectors, AreReadWithoutFaultWhereverTheyAreCut) {
  const auto folder = test_data() / "vectors";
  SKIP_WITHOUT(folder);
  size_t cuts = 0;
  Decoded decoded;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    for (const Vector& vector : read_vectors(entry.path())) {
      const auto payload = payload_of(vector);
      for (size_t size = 0; size <= payload.size(); ++size, ++cuts) {
        const std::vector<uint8_t> cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
        const AdvertisementData data(cut);
        decode(data, decoded);
        EXPECT_EQ(decoded.empty(), decoded.frames().empty() && decoded.readings().empty()) << vector.id << " cut to " << size;
        EXPECT_EQ(described(data).size(), 5U) << vector.id << " cut to " << size;
      }
    }
  }
  std::cout << "vectors/*.jsonl: " << cuts << " cuts ran\n";
}

}  // namespace
}  // namespace moor
