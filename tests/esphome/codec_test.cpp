#include "esphome/any_message.hpp"
#include "esphome/wire.hpp"

#include <gtest/gtest.h>

namespace moor::esphome {
namespace {

std::vector<uint8_t> hex(std::string_view text) {
  return from_hex(text).value();
}

template <typename Message>
Decoded<Message> decode_hex(std::string_view text) {
  static std::deque<std::vector<uint8_t>> payloads;
  return decode<Message>(payloads.emplace_back(hex(text)));
}

TEST(Codec, EveryMessageReadsAsItWasWritten) {
  each_message(
      []<typename Message>() {
        EXPECT_TRUE(rc::check(std::string(Table<Message>::name), [] {
          Backing backing;
          const Message message = any_message<Message>(backing);
          const std::vector<uint8_t> bytes = encoded(message);
          const Decoded<Message> read = decode<Message>(bytes);
          RC_ASSERT(!read.error);
          RC_ASSERT(to_json(read.message) == to_json(message));
          RC_ASSERT(encoded(read.message) == bytes);
        }));
      },
      Messages{});
}

TEST(Codec, MessageCutAnywhereIsReadToThereOrMalformedThere) {
  each_message(
      []<typename Message>() {
        EXPECT_TRUE(rc::check(std::string(Table<Message>::name), [] {
          Backing backing;
          const std::vector<uint8_t> bytes = encoded(any_message<Message>(backing));
          RC_PRE(bytes.size() < 3000);
          for (size_t size = 0; size < bytes.size(); ++size) {
            const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
            const Decoded<Message> read = decode<Message>(cut);
            RC_ASSERT(!read.error || read.error->offset <= size);
            RC_ASSERT(read.error || encoded(read.message) == cut);
          }
        }));
      },
      Messages{});
}

TEST(Codec, SkipsWhatItDoesNotKnow) {
  for (const std::string& unknown :
       std::vector<std::string>{"f83fffffffffffffffffff01", "f93f0102030405060708", "fa3f03616263", "fd3f01020304"}) {
    each_message(
        [&]<typename Message>() {
          Backing backing;
          std::vector<uint8_t> bytes = hex(unknown);
          const Decoded<Message> read = decode<Message>(bytes);
          EXPECT_FALSE(read.error) << Table<Message>::name << " " << unknown;
          EXPECT_TRUE(encoded(read.message).empty()) << Table<Message>::name << " " << unknown;
        },
        Messages{});
  }
  const auto read = decode_hex<GattError>("08 01 fa3f03616263 10 2a fd3f01020304 18 05");
  EXPECT_EQ(read.message.handle, 42U);
  EXPECT_EQ(read.message.error, 5);
}

TEST(Codec, FieldOfAnotherWireTypeIsUnknown) {
  const auto read = decode_hex<GattError>("0a0101 10 07 1d 01020304");
  EXPECT_FALSE(read.error);
  EXPECT_EQ(read.message.address, 0U);
  EXPECT_EQ(read.message.handle, 7U);
  EXPECT_EQ(read.message.error, 0);
}

TEST(Codec, LastOfRepeatedScalarsWins) {
  EXPECT_EQ(decode_hex<ReadRequest>("10 01 10 02 10 03").message.handle, 3U);
  EXPECT_EQ(decode_hex<HelloRequest>("0a0161 0a0162").message.client_info, "b");
  const auto capabilities =
      decode_hex<DeviceCapabilitiesResponse>("0a0308ff01 0a021200");  // all of the last one: they are not merged
  EXPECT_FALSE(capabilities.error);
  EXPECT_TRUE(capabilities.message.has_bluetooth_proxy);
  EXPECT_EQ(capabilities.message.bluetooth_proxy.feature_flags, 0U);
}

TEST(Codec, NestedMessageThatIsThereIsToldFromOneThatIsNot) {
  EXPECT_FALSE(decode_hex<DeviceCapabilitiesResponse>("").message.has_bluetooth_proxy);
  const auto empty = decode_hex<DeviceCapabilitiesResponse>("0a00").message;
  EXPECT_TRUE(empty.has_bluetooth_proxy);
  EXPECT_EQ(to_hex(encoded(empty)), "0a00");
}

TEST(Codec, NegativeNumbersHaveTenBytes) {
  const auto read = decode_hex<GattError>("18ffffffffffffffffff01");
  EXPECT_EQ(read.message.error, -1);
  EXPECT_EQ(to_hex(encoded(read.message)), "18ffffffffffffffffff01");
  EXPECT_EQ(decode_hex<GattError>("18ffffffff0f").message.error, -1);  // of five bytes, as some write it
}

TEST(Codec, SignalStrengthIsZigzag) {
  struct Row {
    int32_t rssi;
    std::string bytes;
  };
  for (const auto& [rssi, bytes] : {Row{-1, "1801"}, Row{1, "1802"}, Row{-67, "188501"}, Row{127, "18fe01"},
                                    Row{INT32_MIN, "18ffffffff0f"}, Row{INT32_MAX, "18feffffff0f"}}) {
    const LegacyAdvertisement advertisement{.rssi = rssi};
    EXPECT_EQ(to_hex(encoded(advertisement)), bytes);
    EXPECT_EQ(decode_hex<LegacyAdvertisement>(bytes).message.rssi, rssi);
  }
}

TEST(Codec, RepeatedNumbersMayBePackedAndAreWrittenUnpacked) {
  const std::string unpacked = "080110031801180218ac02";
  for (const std::string& bytes :
       std::vector<std::string>{unpacked, "08011003 1a 04 01 02 ac02", "0801 1801 1003 1a 03 02ac02"}) {
    const auto read = decode_hex<ConnectionsFree>(bytes);
    EXPECT_FALSE(read.error) << bytes;
    EXPECT_EQ(read.message.allocated, (std::vector<uint64_t>{1, 2, 300})) << bytes;
    EXPECT_EQ(to_hex(encoded(read.message)), unpacked) << bytes;
  }
  EXPECT_TRUE(decode_hex<ConnectionsFree>("1a00").message.allocated.empty());
  EXPECT_EQ(decode_hex<ConnectionsFree>("1a020180").error, (ParseError{3, "number without an end"}));
}

TEST(Codec, OfUuidTwoHalvesAreKept) {
  const auto read = decode_hex<Services>("12 0a 0801 0802 0803 10 07 20 09");
  ASSERT_EQ(read.message.services.size(), 1U);
  const ServiceEntry& service = read.message.services[0];
  EXPECT_EQ(service.uuid.count, 2);
  EXPECT_EQ(service.uuid.parts, (std::array<uint64_t, 2>{1, 2}));
  EXPECT_EQ(service.handle, 7U);
  EXPECT_EQ(service.short_uuid, 9U);
  EXPECT_EQ(decode_hex<Services>("12 05 0a03 01 02 03").message.services.at(0).uuid.count, 2);
}

TEST(Codec, FixedNumberHasFourBytes) {
  EXPECT_EQ(decode_hex<GetTimeResponse>("0d 01020304").message.epoch_seconds, 0x04030201U);
  EXPECT_EQ(to_hex(encoded(GetTimeResponse{.epoch_seconds = 0x04030201})), "0d01020304");
}

TEST(Codec, TellsWhereAndWhyAMessageIsMalformed) {
  struct Row {
    std::string bytes;
    ParseError error;
  };
  const Row rows[] = {
      {"00 01", {0, "field number out of range"}},
      {"08 01 07", {2, "field number out of range"}},
      {"808080808001 01", {0, "field number out of range"}},
      {"0b 0c", {0, "unknown wire type"}},
      {"08 01 14", {2, "unknown wire type"}},
      {"0e", {0, "unknown wire type"}},
      {"0f", {0, "unknown wire type"}},
      {"08", {1, "number without an end"}},
      {"08 80", {1, "number without an end"}},
      {"08 ffffffffffffffffffff01", {1, "number longer than ten bytes"}},
      {"12", {1, "number without an end"}},
      {"12 01", {1, "length past the end"}},
      {"12 ffffffffffffffffff01", {1, "length past the end"}},
      {"12 02 08 80", {3, "number without an end"}},
      {"12 04 1a 03 0801", {3, "length past the end"}},
      {"f93f 01", {2, "number past the end"}},
      {"fd3f 010203", {2, "number past the end"}},
  };
  for (const auto& [bytes, error] : rows) {
    const auto read = decode_hex<Services>(bytes);
    ASSERT_TRUE(read.error) << bytes;
    EXPECT_EQ(*read.error, error) << bytes << ": " << read.error->what << " at " << read.error->offset;
  }
}

TEST(Codec, TextsAndListsAreBounded) {
  const std::string longest(max_text, 'x');
  EXPECT_FALSE(decode<HelloRequest>(encoded(HelloRequest{.client_info = longest})).error);
  const std::string longer = longest + "x";
  EXPECT_EQ(decode<HelloRequest>(encoded(HelloRequest{.client_info = longer})).error, (ParseError{1, "text too long"}));

  ConnectionsFree slots;
  slots.allocated.assign(max_repeated, 1);
  EXPECT_FALSE(decode<ConnectionsFree>(encoded(slots)).error);
  slots.allocated.push_back(1);
  EXPECT_EQ(decode<ConnectionsFree>(encoded(slots)).error->what, std::string_view("too many entries"));
  std::vector<uint8_t> packed = {0x1a, 0x81, 0x08};
  packed.resize(3 + max_repeated + 1, 1);
  EXPECT_EQ(decode<ConnectionsFree>(packed).error->what, std::string_view("too many entries"));

  Services services;
  services.services.resize(max_repeated + 1);
  EXPECT_EQ(decode<Services>(encoded(services)).error->what, std::string_view("too many entries"));
  LegacyAdvertisement advertisement;
  advertisement.service_uuids.resize(max_repeated + 1);
  EXPECT_EQ(decode<LegacyAdvertisement>(encoded(advertisement)).error->what, std::string_view("too many entries"));
}

TEST(Codec, ViewsLieInThePayload) {
  const std::vector<uint8_t> payload = hex("0801 1002 1a03 616263");
  const auto read = decode<NotifyData>(payload);
  EXPECT_EQ(read.message.data.data(), payload.data() + 6);
  EXPECT_EQ(read.message.data.size(), 3U);
}

TEST(Codec, EveryMessageHasANameOfItsOwn) {
  std::vector<std::pair<std::string_view, MessageType>> names;
  for (const EmptyMessage& message : empty_messages) names.emplace_back(message.name, message.type);
  each_message([&]<typename Message>() { names.emplace_back(Table<Message>::name, Message::type); }, Messages{});
  for (size_t i = 0; i < names.size(); ++i)
    for (size_t k = 0; k < i; ++k) {
      EXPECT_NE(names[i].first, names[k].first);
      EXPECT_NE(names[i].second, names[k].second) << names[i].first << " and " << names[k].first;
    }
}

}  // namespace
}  // namespace moor::esphome
