#include "moor/device.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using testing::ElementsAre;

Sighting report(std::string_view hex, AdvertisingProperties properties = AdvertisingProperties::legacy) {
  Sighting sighting;
  sighting.properties = properties;
  sighting.rssi_dbm = -60;
  sighting.set_legacy_payload(*from_hex(hex));
  return sighting;
}

TEST(RssiStatistics, AreExact) {
  RssiStatistics statistics;
  statistics.add(-48);
  EXPECT_EQ(statistics.stddev(), std::nullopt);
  for (int rssi : {-42, -45, -46, -44, -47, -45, -45}) statistics.add(static_cast<int8_t>(rssi));
  EXPECT_EQ(statistics.count(), 8U);
  EXPECT_EQ(statistics.min(), -48);
  EXPECT_EQ(statistics.max(), -42);
  EXPECT_DOUBLE_EQ(statistics.mean(), -45.25);
  EXPECT_NEAR(*statistics.stddev(), 1.83225, 1e-5);
}

TEST(RssiStatistics, OfEqualSamplesHaveNoDeviation) {
  RssiStatistics statistics;
  for (int i = 0; i < 100'000; ++i) statistics.add(-128);
  EXPECT_EQ(statistics.stddev(), 0.0);
  EXPECT_EQ(statistics.mean(), -128);
}

TEST(MergedAdvertisement, TellsWhetherAnythingIsNew) {
  MergedAdvertisement data;
  EXPECT_TRUE(data.update(report("020106")));
  EXPECT_FALSE(data.update(report("020106")));
  EXPECT_TRUE(data.update(report("020106", AdvertisingProperties::scan_response))) << "another part";
  EXPECT_TRUE(data.update(report("020104")));
}

TEST(MergedAdvertisement, FramesSentInTurnAddUp) {
  MergedAdvertisement data;
  const Sighting first = report("020106 05ff4c000215 0416aafe00");
  const Sighting second = report("020106 05ff99040501 04160f1864 05094d6f6f72");
  for (int turn = 0; turn < 3; ++turn) {
    data.update(first);
    data.update(second);
  }
  EXPECT_EQ(data.name(), "Moor");
  const auto manufacturers = data.manufacturer_data();
  ASSERT_EQ(manufacturers.size(), 2U);
  EXPECT_EQ(manufacturers[0].company + manufacturers[1].company, 0x004C + 0x0499);
  EXPECT_EQ(data.service_data().size(), 2U);
  EXPECT_EQ(to_hex(data.advertisement()), to_hex(second.payload())) << "the raw part is the last one";
}

TEST(MergedAdvertisement, OfOneKindTheLatestHolds) {
  MergedAdvertisement data;
  data.update(report("05ff99040501"));
  data.update(report("05ff4c000215"));
  data.update(report("05ff99040502"));
  ASSERT_EQ(data.manufacturer_data().size(), 2U);
  for (const auto& each : data.manufacturer_data()) EXPECT_EQ(to_hex(each.data), each.company == 0x0499 ? "0502" : "0215");
}

TEST(MergedAdvertisement, ACompleteNameInTheScanResponseWins) {
  MergedAdvertisement data;
  data.update(report("03084d6f"));
  EXPECT_EQ(data.name(), "Mo");
  data.update(report("05094d6f6f72", AdvertisingProperties::scan_response));
  EXPECT_EQ(data.name(), "Moor");
}

TEST(MergedAdvertisement, DirectedAndUnfinishedReportsChangeNothing) {
  MergedAdvertisement data;
  data.update(report("020106"));
  EXPECT_FALSE(data.update(report("", AdvertisingProperties::directed | AdvertisingProperties::legacy)));
  Sighting fragment = report("0201");
  fragment.status = DataStatus::more_to_come;
  EXPECT_FALSE(data.update(fragment));
  EXPECT_EQ(to_hex(data.advertisement()), "020106");
}

TEST(MergedAdvertisement, WhatIsKeptIsBounded) {
  MergedAdvertisement data;
  for (uint16_t company = 0; company < 2000; ++company) {
    AdvertisementBuilder builder;
    builder.manufacturer_data(company, std::vector<uint8_t>(20, 1));
    data.update(report(to_hex(builder.bytes())));
  }
  EXPECT_LE(data.kept().size(), MergedAdvertisement::kept_limit);
  EXPECT_EQ(data.manufacturer_data().back().company, 1999);
  EXPECT_EQ(AdvertisementData(data.kept()).error(), std::nullopt);
}

TEST(MergedAdvertisement, HoldsLongPayloadsAndCopiesWhole) {
  PayloadRing ring;
  AdvertisementBuilder builder;
  builder.complete_name(std::string(200, 'x')).service_uuids(std::vector{Uuid(0x180F)});
  Sighting sighting = report("");
  sighting.properties = AdvertisingProperties::connectable;
  sighting.set_payload(builder.bytes(), ring);
  Device device;
  EXPECT_TRUE(device.apply(sighting));
  EXPECT_FALSE(device.apply(sighting));
  const Device copy = device;
  device.apply(report("020106"));
  EXPECT_EQ(copy.data.name(), std::string(200, 'x'));
  EXPECT_THAT(copy.data.service_uuids(), ElementsAre(Uuid(0x180F)));
  EXPECT_EQ(device.data.name(), std::string(200, 'x')) << "kept aside when a short payload takes its place";
}

}  // namespace
}  // namespace moor
