#include "radio/esphome/sightings.hpp"

#include "esphome/advertisements.hpp"
#include "esphome/codec.hpp"
#include "moor/advertisement.hpp"
#include "support/allocation_counter.hpp"

#include <gmock/gmock.h>

namespace moor::esphome_radio {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr TimePoint now(std::chrono::hours(1));
constexpr uint64_t sensor = 0xA4CF12345678;

// Keeps what it is given, with payloads, which last no longer.
class Kept final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override {
    batches.push_back(batch.size());
    for (const Sighting& each : batch) {
      sightings.push_back(each);
      payloads.push_back(to_hex(each.payload()));
      lost += each.payload_lost() ? 1 : 0;
    }
  }
  std::vector<size_t> batches;
  std::vector<Sighting> sightings;
  std::vector<std::string> payloads;
  int lost = 0;
};

class SightingsTest : public ::testing::Test {
protected:
  void raw(const std::vector<esphome::RawAdvertisement>& advertisements) {
    esphome::AdvertisementBatch batch;
    for (const auto& each : advertisements) batch.add(each);
    converter_.on_raw(batch.payload(), now, kept_);
  }
  void legacy(const esphome::LegacyAdvertisement& advertisement) {
    std::vector<uint8_t> payload;
    esphome::encode(advertisement, payload);
    converter_.on_legacy(payload, now, kept_);
  }

  ScanStatistics statistics_;
  Sightings converter_{7, statistics_};
  Kept kept_;
};

TEST_F(SightingsTest, OneBatchOfAMessage) {
  const auto data = from_hex("020106");
  raw({{sensor, -60, 0, *data}, {0xC0FFEE000001, -71, 1, *data}, {0x400000000001, -80, 3, {}}, {0x000000000001, -80, 2, {}}});
  EXPECT_THAT(kept_.batches, ElementsAre(4));
  EXPECT_THAT(kept_.payloads, ElementsAre("020106", "020106", "", ""));
  const Sighting& first = kept_.sightings.at(0);
  EXPECT_EQ(first.address, Address(sensor, false));
  EXPECT_EQ(first.time, now);
  EXPECT_EQ(first.radio, 7);
  EXPECT_EQ(first.rssi_dbm, -60);
  EXPECT_EQ(first.tx_power_dbm, no_tx_power);
  EXPECT_EQ(first.channel, 0);
  EXPECT_EQ(first.properties, AdvertisingProperties::connectable) << "it does not say; as adapters over the bus";
  EXPECT_EQ(kept_.sightings.at(1).address.kind(), AddressKind::random_static);
  EXPECT_TRUE(kept_.sightings.at(2).address.is_random()) << "resolved, of a random identity";
  EXPECT_FALSE(kept_.sightings.at(3).address.is_random()) << "resolved, of a public one";
  EXPECT_EQ(statistics_.reports, 4U);
}

TEST_F(SightingsTest, LevelsThatAreNone) {
  raw({{sensor, 127, 0, {}},
       {sensor, 0, 0, {}},
       {sensor, 20, 0, {}},
       {sensor, -128, 0, {}},
       {sensor, -127, 0, {}},
       {sensor, 1000, 0, {}},
       {sensor, -1000, 0, {}}});
  std::vector<int> levels;
  for (const Sighting& each : kept_.sightings) levels.push_back(each.rssi_dbm);
  EXPECT_THAT(levels, ElementsAre(127, 0, 20, -128, 127, 127, 127));
  EXPECT_EQ(statistics_.without_rssi, 4U);
}

TEST_F(SightingsTest, AnAddressThatIsNoneIsCounted) {
  raw({{0, -60, 0, {}}, {uint64_t{1} << 48, -60, 0, {}}, {sensor, -60, 0, {}}});
  EXPECT_EQ(kept_.sightings.size(), 1U);
  EXPECT_EQ(statistics_.malformed, 2U);
  EXPECT_EQ(statistics_.reports, 1U);
}

TEST_F(SightingsTest, WhatComesBeforeAMalformedOneCounts) {
  esphome::AdvertisementBatch batch;
  batch.add({sensor, -60, 0, {}});
  std::vector<uint8_t> payload(batch.payload().begin(), batch.payload().end());
  payload.insert(payload.end(), {0x0a, 0x7f, 0x08});
  converter_.on_raw(payload, now, kept_);
  EXPECT_EQ(kept_.sightings.size(), 1U);
  EXPECT_EQ(statistics_.malformed, 1U);
  converter_.on_raw({}, now, kept_);
  EXPECT_EQ(kept_.batches.size(), 1U) << "a batch is never empty";
}

TEST_F(SightingsTest, LongOnesAreWholeInTheirBatch) {
  std::vector<uint8_t> response(62);
  for (size_t i = 0; i < response.size(); ++i) response[i] = static_cast<uint8_t>(i);
  std::vector<uint8_t> extended(1650, 0xAB);
  std::vector<esphome::RawAdvertisement> all(16, {sensor, -60, 0, response});
  for (int i = 0; i < 20; ++i) all.push_back({sensor, -60, 0, extended});
  raw(all);
  EXPECT_EQ(kept_.lost, 0) << "a batch ends before the ring forgets";
  EXPECT_EQ(kept_.payloads.front(), to_hex(response));
  EXPECT_EQ(kept_.payloads.back(), to_hex(extended));
  EXPECT_EQ(kept_.sightings.size(), 36U);
}

TEST_F(SightingsTest, AFloodComesInBoundedBatches) {
  raw(std::vector<esphome::RawAdvertisement>(200, {sensor, -60, 0, {}}));
  EXPECT_THAT(kept_.batches, ElementsAre(64, 64, 64, 8));
}

TEST_F(SightingsTest, CostsNoMemoryPerAdvertisement) {
  class Count final : public SightingSink {
  public:
    void on_sightings(std::span<const Sighting> batch) override { count += batch.size(); }
    size_t count = 0;
  } sink;
  const std::vector<uint8_t> response(62, 0x11);
  esphome::AdvertisementBatch batch;
  for (int i = 0; i < 16; ++i) batch.add({sensor + static_cast<uint64_t>(i), -60, 1, response});
  converter_.on_raw(batch.payload(), now, sink);
  const auto before = allocations();
  for (int i = 0; i < 1000; ++i) converter_.on_raw(batch.payload(), now, sink);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(sink.count, 16U * 1001);
}

TEST_F(SightingsTest, ProxiesShareARoom) {
  const auto room = std::make_shared<SightingRoom>();
  Sightings other(8, statistics_);
  converter_.share(room);
  other.share(room);
  esphome::AdvertisementBatch batch;
  const std::vector<uint8_t> response(62, 0x11);
  batch.add({sensor, -60, 0, response});
  for (int i = 0; i < 200; ++i) {
    converter_.on_raw(batch.payload(), now, kept_);
    other.on_raw(batch.payload(), now, kept_);
  }
  EXPECT_THAT(kept_.batches, AllOf(SizeIs(400), Each(1)));
  EXPECT_THAT(kept_.payloads, Each(to_hex(response)));
  EXPECT_EQ(kept_.sightings.front().radio, 7);
  EXPECT_EQ(kept_.sightings.back().radio, 8);
}

TEST_F(SightingsTest, PutsTogetherWhatOldFirmwareHasTakenApart) {
  const auto name = from_hex("426f62");
  const auto data = from_hex("640a");
  esphome::LegacyAdvertisement advertisement;
  advertisement.address = sensor;
  advertisement.rssi = -66;
  advertisement.address_type = 1;
  advertisement.name = *name;
  advertisement.service_uuids = {"0x180F", "12345678-1234-5678-1234-56789abcdef0", "0xFEAA1234"};
  advertisement.service_data.push_back({.uuid = "0x180F", .data = *data});
  advertisement.manufacturer_data.push_back({.uuid = "0x004C", .legacy_data = {0x02, 0x15}});
  legacy(advertisement);
  ASSERT_EQ(kept_.sightings.size(), 1U);
  const auto payload = from_hex(kept_.payloads.at(0));
  const AdvertisementData read(*payload);
  EXPECT_FALSE(read.error());
  EXPECT_EQ(read.local_name(), "Bob");
  EXPECT_EQ(read.service_uuids().size(), 3U);
  EXPECT_TRUE(read.has_service(*Uuid::parse("12345678-1234-5678-1234-56789abcdef0")));
  EXPECT_EQ(to_hex(*read.service_data(Uuid(0x180f))), "640a");
  EXPECT_EQ(to_hex(*read.manufacturer_data(0x004c)), "0215") << "a number for each byte, before API 1.7";
  EXPECT_EQ(kept_.sightings[0].address, Address(sensor, true));
  EXPECT_EQ(kept_.sightings[0].rssi_dbm, -66);
  EXPECT_EQ(statistics_.reassembly_dropped, 0U);
}

TEST_F(SightingsTest, WhatFitsNoStructureIsLeftOutAndCounted) {
  const std::vector<uint8_t> too_long(254);
  const std::vector<uint8_t> longest(252, 0x01);
  esphome::LegacyAdvertisement advertisement;
  advertisement.address = sensor;
  advertisement.service_uuids.assign(20, "12345678-1234-5678-1234-56789abcdef0");
  advertisement.service_uuids.emplace_back("no uuid");
  advertisement.service_data.push_back({.uuid = "0x180F", .data = too_long});
  for (int i = 0; i < 8; ++i) advertisement.manufacturer_data.push_back({.uuid = "0x004C", .data = longest});
  advertisement.manufacturer_data.push_back({.uuid = "0x1234004C", .data = longest});
  legacy(advertisement);
  ASSERT_EQ(kept_.sightings.size(), 1U);
  EXPECT_LE(kept_.sightings[0].payload_size(), extended_payload_size);
  EXPECT_FALSE(AdvertisementData(*from_hex(kept_.payloads[0])).error());
  EXPECT_EQ(statistics_.reassembly_dropped, 5U + 1 + 1 + 3 + 1);
}

TEST_F(SightingsTest, AMalformedLegacyMessageIsCounted) {
  const std::vector<uint8_t> cut = {0x12, 0x40, 0x01};
  converter_.on_legacy(cut, now, kept_);
  EXPECT_TRUE(kept_.sightings.empty());
  EXPECT_EQ(statistics_.malformed, 1U);
}

}  // namespace
}  // namespace moor::esphome_radio
