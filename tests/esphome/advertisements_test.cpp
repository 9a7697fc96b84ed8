#include "esphome/advertisements.hpp"

#include "esphome/any_message.hpp"

#include <gtest/gtest.h>

namespace moor::esphome {
namespace {

struct Heard {
  std::vector<json::object> advertisements;
  std::optional<ParseError> error;
};
Heard hear(Bytes payload) {
  Heard heard;
  heard.error =
      for_each_advertisement(payload, [&](const RawAdvertisement& one) { heard.advertisements.push_back(to_json(one)); });
  return heard;
}

// The message read by the table, as any other.
Heard hear_by_table(Bytes payload) {
  Heard heard;
  WireReader reader(payload);
  while (reader.more()) {
    const WireReader::Tag tag = reader.tag();
    if (!reader.ok()) break;
    if (tag.number != 1 || tag.type != WireType::length_delimited) {
      reader.skip(tag.type);
      continue;
    }
    const Bytes inner = reader.view();
    if (!reader.ok()) break;
    const auto read = decode<RawAdvertisement>(inner);
    if (read.error) {
      reader.fail(inner.data() + read.error->offset, read.error->what);
    } else {
      heard.advertisements.push_back(to_json(read.message));
    }
  }
  heard.error = reader.error();
  return heard;
}

TEST(Advertisements, ReadAsTheyWereWritten) {
  EXPECT_TRUE(rc::check([] {
    Backing backing;
    AdvertisementBatch batch;
    std::vector<json::object> written;
    std::vector<uint8_t> by_table;
    for (size_t count = *rc::gen::inRange<size_t>(0, 20); count > 0; --count) {
      RawAdvertisement one = any_message<RawAdvertisement>(backing);
      if (*rc::gen::arbitrary<bool>()) {
        one.address &= 0xffffffffffff;
        one.address_type &= 1;
        one.rssi %= 128;
      }
      batch.add(one);
      written.push_back(to_json(one));
      const std::vector<uint8_t> bytes = encoded(one);
      by_table.push_back(0x0a);
      put_varint(bytes.size(), by_table);
      by_table.insert(by_table.end(), bytes.begin(), bytes.end());
    }
    RC_ASSERT(std::ranges::equal(batch.payload(), by_table));
    RC_ASSERT(batch.count() == written.size());
    const Heard heard = hear(batch.payload());
    RC_ASSERT(!heard.error);
    RC_ASSERT(heard.advertisements == written);
  }));
}

// Changed bytes and cut ends: the short way must take nothing that the long way reads otherwise.
TEST(Advertisements, ShortWayReadsWhatTheTableReads) {
  EXPECT_TRUE(rc::check([] {
    Backing backing;
    AdvertisementBatch batch;
    for (int i = 0; i < 4; ++i) {
      RawAdvertisement one = any_message<RawAdvertisement>(backing);
      one.address >>= *rc::gen::inRange(0, 64);
      one.rssi %= 128;
      one.address_type &= 1;
      batch.add(one);
    }
    std::vector<uint8_t> payload(batch.payload().begin(), batch.payload().end());
    for (int changes = *rc::gen::inRange(0, 3); changes > 0; --changes)
      payload[*rc::gen::inRange<size_t>(0, payload.size())] = *rc::gen::arbitrary<uint8_t>();
    payload.resize(*rc::gen::inRange<size_t>(0, payload.size() + 1));
    const Heard heard = hear(payload);
    const Heard expected = hear_by_table(payload);
    RC_ASSERT(heard.advertisements == expected.advertisements);
    RC_ASSERT(heard.error == expected.error);
  }));
}

TEST(Advertisements, FieldsMayComeInAnyOrderAndTwice) {
  const auto payload =
      from_hex("0a 0c 22 01 aa 18 01 10 85 01 08 05 08 06  10 01  0a 00  0a 09 08 01 f8 3f 05 22 02 01 02").value();
  const Heard heard = hear(payload);
  EXPECT_FALSE(heard.error);
  ASSERT_EQ(heard.advertisements.size(), 3U);
  EXPECT_EQ(heard.advertisements[0], (json::object{{"address", "6"}, {"rssi", -67}, {"address_type", 1}, {"data", "qg=="}}));
  EXPECT_TRUE(heard.advertisements[1].empty());
  EXPECT_EQ(heard.advertisements[2], (json::object{{"address", "1"}, {"data", "AQI="}}));
}

TEST(Advertisements, DataIsNotCopied) {
  AdvertisementBatch batch;
  const std::vector<uint8_t> data(31, 7);
  batch.add({.address = 0xa4cf12345678, .rssi = -70, .address_type = 0, .data = data});
  batch.add({.address = 0xa4cf12345678, .rssi = -70, .address_type = 1, .data = data});
  const Bytes payload = batch.payload();
  const auto error = for_each_advertisement(payload, [&](const RawAdvertisement& one) {
    EXPECT_GE(one.data.data(), payload.data());
    EXPECT_LE(one.data.data() + one.data.size(), payload.data() + payload.size());
    EXPECT_TRUE(std::ranges::equal(one.data, data));
  });
  EXPECT_FALSE(error);
}

TEST(Advertisements, LongestIsWhatBluetoothCanSend) {
  const std::vector<uint8_t> data(max_advertisement_data + 1, 1);
  AdvertisementBatch batch;
  batch.add({.address = 1, .rssi = -1, .data = Bytes(data).first(max_advertisement_data)});
  EXPECT_FALSE(hear(batch.payload()).error);
  batch.clear();
  EXPECT_EQ(batch.count(), 0U);
  EXPECT_TRUE(batch.payload().empty());
  batch.add({.address = 1, .rssi = -1, .data = Bytes(data).first(3)});
  batch.add({.address = 1, .rssi = -1, .data = data});
  const Heard heard = hear(batch.payload());
  EXPECT_EQ(heard.advertisements.size(), 1U);
  EXPECT_EQ(heard.error, (ParseError{19, "more data than an advertisement can have"}));
}

TEST(Advertisements, WhatComesBeforeAMalformedOneIsGiven) {
  AdvertisementBatch batch;
  for (uint64_t address = 1; address < 4; ++address) batch.add({.address = address, .rssi = -40});
  std::vector<uint8_t> payload(batch.payload().begin(), batch.payload().end());
  payload.push_back(0x0a);
  payload.push_back(0x7f);
  const Heard heard = hear(payload);
  EXPECT_EQ(heard.advertisements.size(), 3U);
  EXPECT_EQ(heard.error, (ParseError{payload.size() - 1, "length past the end"}));
}

}  // namespace
}  // namespace moor::esphome
