// Messages of ESPHome's API as protocol buffers' own library writes them: `messages` and `packed_variant` of esphome.json, read and written.

#include "esphome/message_json.hpp"
#include "vectors/vectors.hpp"

#include <iostream>
#include <map>
#include <set>

namespace moor::esphome {
namespace {

json::object read_scenarios(const std::filesystem::path& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return json::parse(text).as_object();
}

// Fields that moor does not read, in `skipped`; the others. Reasons are numbers in moor's messages.
template <typename Message>
json::object known_part(const json::object& object, std::set<std::string>& skipped) {
  json::object known = object;
  for (const auto& [key, value] : object) {
    bool found = false;
    each_field<Message>([&](const auto& field) {
      using F = std::remove_cvref_t<decltype(field)>;
      if (field.name != key) return;
      found = true;
      if constexpr (F::kind == Kind::nested) {
        known[key] = known_part<typename F::Value>(value.as_object(), skipped);
      } else if constexpr (F::kind == Kind::nested_list) {
        json::array list;
        for (const json::value& entry : value.as_array())
          list.emplace_back(known_part<typename F::Value::value_type>(entry.as_object(), skipped));
        known[key] = std::move(list);
      }
    });
    if (!found) {
      skipped.insert(std::string(key));
      known.erase(key);
    }
  }
  if (json::value* reason = known.if_contains("reason"); reason != nullptr && reason->is_string()) {
    if (reason->get_string().ends_with("_PROVISIONING_CLOSED")) *reason = 1;
  }
  return known;
}

struct Outcome {
  bool known = false;
  std::set<std::string> skipped;  // fields
};

template <typename Message>
void check_message(const json::object& expected_json, Bytes payload, const std::string& id, Outcome& outcome) {
  const json::object expected = known_part<Message>(expected_json, outcome.skipped);
  const Decoded<Message> read = decode<Message>(payload);
  EXPECT_FALSE(read.error) << id << ": " << read.error->what << " at " << read.error->offset;
  EXPECT_EQ(to_json(read.message), expected) << id;
  Backing backing;
  const auto written = encoded(from_json<Message>(expected, backing));
  if (outcome.skipped.empty()) {
    EXPECT_EQ(to_hex(written), to_hex(payload)) << id;
  } else {
    EXPECT_EQ(to_json(decode<Message>(written).message), expected) << id;
  }
}

void check_advertisements(const json::object& expected_json, Bytes payload, const std::string& id, Outcome& outcome) {
  json::array expected;
  AdvertisementBatch batch;
  Backing backing;
  for (const auto& [key, value] : expected_json) {
    if (key != "advertisements") {
      outcome.skipped.insert(std::string(key));
      continue;
    }
    for (const json::value& entry : value.as_array()) {
      expected.emplace_back(known_part<RawAdvertisement>(entry.as_object(), outcome.skipped));
      batch.add(from_json<RawAdvertisement>(expected.back().as_object(), backing));
    }
  }
  json::array read;
  const auto error = for_each_advertisement(payload, [&](const RawAdvertisement& one) { read.emplace_back(to_json(one)); });
  EXPECT_FALSE(error) << id << ": " << error->what << " at " << error->offset;
  EXPECT_EQ(read, expected) << id;
  if (outcome.skipped.empty()) {
    EXPECT_EQ(to_hex(batch.payload()), to_hex(payload)) << id;
  }
}

Outcome check(MessageType type, const json::object& expected, Bytes payload, const std::string& id) {
  Outcome outcome;
  if (type == MessageType::raw_advertisements) {
    outcome.known = true;
    check_advertisements(expected, payload, id, outcome);
  }
  for (const EmptyMessage& message : empty_messages) {
    if (message.type != type) continue;
    outcome.known = true;
    for (const auto& field : expected) outcome.skipped.insert(std::string(field.key()));
    if (expected.empty()) {
      EXPECT_TRUE(payload.empty()) << id;
    }
  }
  each_message(
      [&]<typename Message>() {
        if (Message::type != type) return;
        outcome.known = true;
        check_message<Message>(expected, payload, id, outcome);
      },
      Messages{});
  return outcome;
}

std::string_view name_of(MessageType type) {
  std::string_view name = type == MessageType::raw_advertisements ? "BluetoothLERawAdvertisementsResponse" : "";
  for (const EmptyMessage& message : empty_messages)
    if (message.type == type) name = message.name;
  each_message(
      [&]<typename Message>() {
        if (Message::type == type) name = Table<Message>::name;
      },
      Messages{});
  return name;
}

class EsphomeMessageVectors : public ::testing::Test {
protected:
  void SetUp() override {
    const auto file = test_data() / "scenarios" / "esphome.json";
    SKIP_WITHOUT(file);
    scenarios_ = read_scenarios(file);
  }
  json::object scenarios_;
};

TEST_F(EsphomeMessageVectors, MessagesReadAndWrite) {
  const json::value* messages = scenarios_.if_contains("messages");
  if (messages == nullptr) GTEST_SKIP() << "esphome.json has no messages";
  size_t run = 0;
  size_t not_whole = 0;
  std::map<std::string, size_t> unknown;
  std::set<std::string> skipped;
  for (const json::value& value : messages->as_array()) {
    const json::object& entry = value.as_object();
    const auto type = static_cast<MessageType>(entry.at("id").to_number<uint16_t>());
    const json::value* name_value = entry.if_contains("name");
    const std::string name = name_value == nullptr ? std::string() : std::string(name_value->as_string());
    const std::string id = "message " + std::to_string(static_cast<unsigned>(type)) + " " + name;
    try {
      const json::value* expected = entry.if_contains("json");
      const Outcome outcome =
          check(type, expected == nullptr ? json::object() : expected->as_object(), bytes(entry.at("hex")), id);
      if (!outcome.known) {
        ++unknown[id];
        continue;
      }
      if (!name.empty() && name != name_of(type)) std::cout << id << " is " << name_of(type) << " in moor\n";
      ++run;
      not_whole += !outcome.skipped.empty();
      skipped.insert(outcome.skipped.begin(), outcome.skipped.end());
    } catch (const std::exception& error) {
      ADD_FAILURE() << id << ": " << error.what();
    }
  }
  std::cout << "esphome.json messages: " << run << " of " << messages->as_array().size() << " entries run";
  for (const auto& [id, count] : unknown) std::cout << "; not run, moor does not use it: " << id << " (" << count << ")";
  if (not_whole > 0) {
    std::cout << "; " << not_whole << " of them only read, and written without fields that moor does not use:";
    for (const std::string& field : skipped) std::cout << ' ' << field;
  }
  std::cout << '\n';
}

TEST_F(EsphomeMessageVectors, PackedNumbersReadAsUnpacked) {
  const json::value* packed = scenarios_.if_contains("packed_variant");
  if (packed == nullptr) GTEST_SKIP() << "esphome.json has no packed_variant";
  // One entry, or a list of them; what it is meant to say is what the unpacked entry of `messages` says.
  const json::array entries = packed->is_array() ? packed->as_array() : json::array{*packed};
  for (const json::value& entry : entries) {
    const auto payload = bytes(entry.as_object().at("hex"));
    const auto read = decode<ConnectionsFree>(payload);
    ASSERT_FALSE(read.error);
    EXPECT_FALSE(read.message.allocated.empty());
    const std::vector<uint8_t> unpacked = encoded(read.message);
    EXPECT_NE(unpacked, payload);
    EXPECT_EQ(to_json(decode<ConnectionsFree>(unpacked).message), to_json(read.message));
    const json::value* messages = scenarios_.if_contains("messages");
    bool found = messages == nullptr;
    size_t of_this_kind = 0;
    if (messages != nullptr) {
      for (const json::value& message : messages->as_array()) {
        if (message.as_object().at("id").to_number<int>() != 81) continue;
        ++of_this_kind;
        found = found || bytes(message.as_object().at("hex")) == unpacked;
      }
    }
    EXPECT_TRUE(found || of_this_kind == 0) << "no message has " << to_hex(unpacked);
  }
  std::cout << "esphome.json packed_variant: " << entries.size() << " of " << entries.size() << " entries run\n";
}

}  // namespace
}  // namespace moor::esphome
