#pragma once
// Decode vectors: lines of JSON with an advertisement, whole or in parts, and what another project's decoder makes of it.

#include "moor/advertisement.hpp"
#include "vectors/test_data.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

namespace moor {

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

inline std::vector<Vector> read_vectors(const std::filesystem::path& file) {
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

inline std::vector<uint8_t> bytes(const json::value& hex) {
  const auto decoded = from_hex(std::string(hex.get_string()));
  if (!decoded) throw std::runtime_error("not hexadecimal: " + std::string(hex.get_string()));
  return *decoded;
}

inline std::vector<uint8_t> make_payload(const Vector& vector) {
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
inline std::vector<uint8_t> payload_of(const Vector& vector) {
  try {
    return make_payload(vector);
  } catch (const std::exception& error) {
    ADD_FAILURE() << vector.id << ": " << error.what();
    return {};
  }
}

#define SKIP_WITHOUT(file) \
  if (!std::filesystem::exists(file)) GTEST_SKIP() << (file) << " is not there: set MOOR_TEST_DATA to the folder of the test data"

}  // namespace moor
