// What other projects' decoders make of an advertisement, line by line: vectors/*.jsonl of the test data.

#include "moor/decoder.hpp"
#include "vectors/test_data.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

namespace moor {
namespace {

namespace json = boost::json;

struct Vector {
  std::string id;  // file, line and source
  json::object fields;

  [[nodiscard]] std::string text(std::string_view key) const {
    const json::value* value = fields.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  }
  [[nodiscard]] json::value get(std::string_view key) const {
    const json::value* value = fields.if_contains(key);
    return value != nullptr ? *value : json::value();
  }
};

std::vector<Vector> read_vectors(const std::filesystem::path& file) {
  std::vector<Vector> vectors;
  std::ifstream in(file);
  size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    Vector vector{.id = file.filename().string() + ":" + std::to_string(number), .fields = {}};
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    if (error || !value.is_object()) {
      ADD_FAILURE() << vector.id << ": not a JSON object";
      continue;
    }
    vector.fields = value.get_object();
    vector.id.append(" ").append(vector.text("source"));
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

std::vector<uint8_t> bytes(const json::value& hex) {
  const auto decoded = from_hex(std::string(hex.get_string()));
  if (!decoded) throw std::runtime_error("not hexadecimal: " + std::string(hex.get_string()));
  return *decoded;
}

std::vector<uint8_t> make_payload(const Vector& vector) {
  if (const json::value hex = vector.get("adv_hex"); hex.is_string()) return bytes(hex);
  AdvertisementBuilder builder;
  if (const json::value name = vector.get("name"); name.is_string()) builder.complete_name(std::string(name.get_string()));
  if (const json::value uuids = vector.get("service_uuids"); uuids.is_array())
    for (const json::value& uuid : uuids.get_array())
      builder.service_uuids(std::vector{Uuid::parse(std::string(uuid.get_string())).value()});
  if (const json::value parts = vector.get("manufacturer_data"); parts.is_object())
    for (const auto& [company, data] : parts.get_object())
      builder.manufacturer_data(static_cast<uint16_t>(std::stoul(std::string(company), nullptr, 16)), bytes(data));
  if (const json::value parts = vector.get("service_data"); parts.is_object())
    for (const auto& [uuid, data] : parts.get_object()) builder.service_data(Uuid::parse(std::string(uuid)).value(), bytes(data));
  return builder.bytes();
}

// The advertisement as it was, or one made of the parts that the vector gives.
std::vector<uint8_t> payload_of(const Vector& vector) {
  try {
    return make_payload(vector);
  } catch (const std::exception& error) {
    ADD_FAILURE() << vector.id << ": " << error.what();
    return {};
  }
}

#define SKIP_WITHOUT(file) \
  if (!std::filesystem::exists(file)) GTEST_SKIP() << (file) << " is not there: set MOOR_TEST_DATA to the folder of the test data"

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
