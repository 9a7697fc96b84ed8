// What other projects' decoders make of an advertisement, line by line: vectors/*.jsonl of the test data.

#include "moor/decoder.hpp"
#include "moor/exposure_notification.hpp"
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
// As most programs split an id.
json::object normalised(const AltBeacon& beacon) {
  return {{"type", "altbeacon"},
          {"company", beacon.company},
          {"id", to_hex(beacon.id)},
          {"uuid", to_hex(Bytes(beacon.id).first(16))},
          {"major", load_be16(&beacon.id[16])},
          {"minor", load_be16(&beacon.id[18])},
          {"tx_power", beacon.power_dbm},
          {"reserved", beacon.reserved}};
}
json::object normalised(const EddystoneEid& eid) {
  return {{"type", "eddystone-eid"}, {"eid", to_hex(eid.eid)}, {"tx_power", eid.power_0m_dbm}, {"owner", eid.owner()}};
}
json::object normalised(const EddystoneEtlm& etlm) {
  return {{"type", "eddystone-etlm"}, {"etlm", to_hex(etlm.encrypted)}, {"salt", etlm.salt}, {"mic", etlm.mic}};
}
json::object normalised(const ExposureNotification& frame) {
  return {{"type", "gaen"}, {"identifier", to_hex(frame.identifier)}, {"encrypted_metadata", to_hex(frame.metadata)}};
}
// What no beacon frame is made of is asked for by itself, if the decoder has said that it is there.
json::object normalised(const AdvertisementData& advertisement, const Decoded& decoded) {
  if (!decoded.frames().empty()) return std::visit([](const auto& frame) { return normalised(frame); }, decoded.frames()[0]);
  const auto data = [&](uint16_t service) { return advertisement.service_data(Uuid(service)).value_or(Bytes()); };
  if (decoded.format() == "Eddystone-eTLM")
    if (const auto etlm = decode_eddystone_etlm(data(eddystone_service))) return normalised(*etlm);
  if (decoded.format() == "Exposure Notification")
    if (const auto frame = decode_exposure_notification(data(exposure_notification_service))) return normalised(*frame);
  return {{"type", nullptr}};
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
  static const std::set<std::string> formats = {"ibeacon",       "eddystone-uid", "eddystone-url", "eddystone-tlm",
                                                "eddystone-eid", "altbeacon",     "malformed",     "feaa-other"};
  static const std::set<std::string> types = {"ibeacon",       "eddystone-uid",  "eddystone-url", "eddystone-tlm",
                                              "eddystone-eid", "eddystone-etlm", "altbeacon"};
  const json::value* type = norm.if_contains("type");
  return formats.contains(vector.text("format")) && type != nullptr &&
         (type->is_null() || (type->is_string() && types.contains(std::string(type->get_string()))));
}

// Android's library is told a layout; one that gives a URL a fixed length is not Eddystone-URL, and refuses shorter ones.
bool is_for_another_layout(const Vector& vector) {
  const std::string note = vector.text("note");
  return vector.text("format") == "eddystone-url" && note.starts_with("layout=") && !note.ends_with("v");
}

// A library that reads past the end of the structure takes this for telemetry; the length byte is that of the plain kind.
bool is_cut_by_its_own_length(const AdvertisementData& advertisement) {
  const Bytes data = advertisement.service_data(Uuid(eddystone_service)).value_or(Bytes());
  return data.size() == 14 && data[0] == 0x20 && data[1] == 0x01;
}

TEST(BeaconVectors, DecodeAsTheirSourcesDo) {
  const auto file = test_data() / "vectors" / "core-normalised.jsonl";
  SKIP_WITHOUT(file);
  size_t ran = 0;
  std::map<std::string, size_t> not_run;
  Decoded decoded;
  for (const Vector& vector : read_vectors(file)) {
    const json::value norm = vector.get("norm");
    const auto payload = payload_of(vector);
    const AdvertisementData advertisement(payload);
    if (!norm.is_object() || !is_decoded_by_now(vector, norm.get_object())) {
      ++not_run["not yet: " + vector.text("format")];
    } else if (is_for_another_layout(vector)) {
      ++not_run["for another layout"];
    } else if (is_cut_by_its_own_length(advertisement)) {
      ++not_run["cut by its own length byte"];
    } else {
      ++ran;
      decode(advertisement, decoded);
      expect_as_normalised(vector, norm.get_object(), normalised(advertisement, decoded));
    }
  }
  std::cout << "core-normalised.jsonl: " << ran << " ran\n";
  for (const auto& [why, count] : not_run) std::cout << "  " << count << " " << why << "\n";
}

// A source's own words in ours. What it says of its library or of the radio, it does not say of the frame.
std::string our_word(const std::string& key) {
  static const std::map<std::string, std::string> words = {{"id1", "uuid"},
                                                           {"id2", "major"},
                                                           {"id3", "minor"},
                                                           {"manufacturer", "company"},
                                                           {"data0", "reserved"},
                                                           {"mfg_reserved", "reserved"},
                                                           {"encrypted_data", "etlm"},
                                                           {"eid", "eid"},
                                                           {"salt", "salt"},
                                                           {"mic", "mic"},
                                                           {"tx_power", "tx_power"},
                                                           {"identifier", "identifier"},
                                                           {"encrypted_metadata", "encrypted_metadata"},
                                                           {"voltage", "battery_mV"},
                                                           {"temperature", "temperature_C"},
                                                           {"advertising_count", "adv_count"}};
  const auto found = words.find(key);
  return found == words.end() ? std::string() : found->second;
}

json::object in_our_words(const json::object& expected, const std::string& type) {
  json::object norm = {{"type", type}};
  for (const auto& [key, value] : expected) {
    const std::string word = our_word(key);
    if (word.empty()) continue;
    const bool is_hexadecimal = word == "company" && value.is_string();
    norm[word] = is_hexadecimal ? json::value(std::stoul(std::string(value.get_string()), nullptr, 16)) : value;
  }
  return norm;
}

// Why a line says nothing about moor, such as one of a library that is told its layouts; empty if it does.
std::string why_not_ours(const Vector& vector, const AdvertisementData& advertisement) {
  const std::string note = vector.text("note");
  const std::string format = vector.text("format");
  if (is_cut_by_its_own_length(advertisement)) return "cut by its own length byte";
  if (format == "gaen" && note.starts_with("layout=")) return "a layout without the metadata";
  if (!note.starts_with("layout=") || format != "altbeacon") return {};
  if (note.find("beac,i:4-19,i:20-21,i:22-23,") != std::string::npos) return {};
  return "for another layout";
}

// The type that a source means; encrypted telemetry is told by its fields.
std::string type_of(const Vector& vector, const json::object& expected) {
  return expected.contains("encrypted_data") ? "eddystone-etlm" : vector.text("format");
}

TEST(BeaconVectors, OfStandardBeaconsDecodeAsTheirSourcesDoInTheirOwnWords) {
  static const std::set<std::string> formats = {"altbeacon", "eddystone-eid", "eddystone-tlm", "feaa-other", "gaen"};
  const auto folder = test_data() / "vectors";
  SKIP_WITHOUT(folder);
  size_t ran = 0;
  std::map<std::string, size_t> not_run;
  Decoded decoded;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    for (const Vector& vector : read_vectors(entry.path())) {
      if (!formats.contains(vector.text("format")) || !vector.fields.contains("expected")) continue;
      const auto payload = payload_of(vector);
      const AdvertisementData advertisement(payload);
      if (const std::string why = why_not_ours(vector, advertisement); !why.empty()) {
        ++not_run[why];
        continue;
      }
      ++ran;
      decode(advertisement, decoded);
      const json::object found = normalised(advertisement, decoded);
      const json::value expected = vector.get("expected");
      if (expected.is_object()) {
        const json::object& fields = expected.get_object();
        expect_as_normalised(vector, in_our_words(fields, type_of(vector, fields)), found);
      } else {
        EXPECT_NE(found.at("type"), json::value(vector.text("format"))) << vector.id << " has to be refused";
      }
    }
  }
  std::cout << "standard beacons: " << ran << " ran\n";
  for (const auto& [why, count] : not_run) std::cout << "  " << count << " " << why << "\n";
}

// Each line has the key and the moment; the beacon has to be found by its key alone, by its clock, and among others.
TEST(BeaconVectors, EphemeralIdentifiersAreResolvedByTheirKeys) {
  const auto file = test_data() / "vectors" / "eddystone-eid-computed.jsonl";
  SKIP_WITHOUT(file);
  const auto vectors = read_vectors(file);
  KeyRing keys;
  std::set<std::string> known;
  for (const Vector& vector : vectors)
    if (const std::string key = vector.text("key"); known.insert(key).second) keys.add(KeyKind::eddystone, *from_hex(key), key);
  Decoded decoded;
  for (const Vector& vector : vectors) {
    const json::object expected = vector.get("expected").get_object();
    const TimePoint time{std::chrono::seconds(expected.at("beacon_time").to_number<int64_t>())};
    const auto payload = payload_of(vector);
    decode(AdvertisementData(payload), {.time = time, .keys = &keys}, decoded);
    ASSERT_EQ(decoded.frames().size(), 1U) << vector.id;
    const auto& eid = std::get<EddystoneEid>(decoded.frames()[0]);
    EXPECT_EQ(to_hex(eid.eid), expected.at("eid").get_string()) << vector.id;
    EXPECT_EQ(eid.owner(), vector.text("key")) << vector.id;

    const EddystoneMoment sent{.beacon_time = expected.at("beacon_time").to_number<uint32_t>(),
                               .rotation_exponent = expected.at("rotation_exponent").to_number<uint8_t>()};
    EddystoneKey key{};
    std::ranges::copy(bytes(vector.get("key")), key.begin());
    EXPECT_EQ(to_hex(make_eid(key, sent)), expected.at("eid").get_string()) << vector.id;
  }
  std::cout << "eddystone-eid-computed.jsonl: " << vectors.size() << " ran\n";
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

bool says_nothing(const Decoded& decoded) {
  return decoded.frames().empty() && decoded.readings().empty() && decoded.attributes().empty() &&
         decoded.problem() == DecodeProblem::none;
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
        EXPECT_TRUE(!decoded.empty() || says_nothing(decoded)) << vector.id << " cut to " << size;
        EXPECT_EQ(described(data).size(), 5U) << vector.id << " cut to " << size;
      }
    }
  }
  std::cout << "vectors/*.jsonl: " << cuts << " cuts ran\n";
}

}  // namespace
}  // namespace moor
