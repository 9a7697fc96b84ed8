// When advertisements go, and what of them.

#include "proxy/advertisement_batcher.hpp"

#include "esphome/stream.hpp"
#include "support/allocation_counter.hpp"

#include <gmock/gmock.h>

namespace moor::proxy {
namespace {

using namespace std::chrono_literals;

const TimePoint start{1h};

struct Read {
  uint64_t address;
  int32_t rssi;
  uint32_t address_type;
  std::vector<uint8_t> data;
};

std::vector<Read> content(const AdvertisementBatcher& batcher) {
  std::vector<Read> all;
  const auto error = esphome::for_each_advertisement(batcher.batch().payload(), [&](const esphome::RawAdvertisement& each) {
    all.push_back({each.address, each.rssi, each.address_type, {each.data.begin(), each.data.end()}});
  });
  EXPECT_FALSE(error);
  return all;
}

Sighting sighting(uint64_t address, bool random = false, int8_t rssi_dbm = -50, std::vector<uint8_t> payload = {2, 1, 6}) {
  Sighting made;
  made.address = Address(address, random);
  made.rssi_dbm = rssi_dbm;
  made.set_legacy_payload(payload);
  return made;
}

TEST(AdvertisementBatcher, IsFullAtItsSize) {
  AdvertisementBatcher batcher(3, 100ms);
  batcher.begin(start);
  EXPECT_FALSE(batcher.add(sighting(1)));
  EXPECT_FALSE(batcher.add(sighting(2)));
  EXPECT_TRUE(batcher.add(sighting(3)));
  EXPECT_EQ(content(batcher).size(), 3U);
  batcher.clear();
  EXPECT_TRUE(batcher.is_empty());
}

TEST(AdvertisementBatcher, IsDueWhenItsFirstHasWaited) {
  AdvertisementBatcher batcher(16, 100ms);
  EXPECT_EQ(batcher.due(), TimePoint::max());
  batcher.begin(start);
  (void)batcher.add(sighting(1));
  (void)batcher.add(sighting(2));
  EXPECT_EQ(batcher.due(), start + 100ms);
  batcher.clear();
  EXPECT_EQ(batcher.due(), TimePoint::max());
  batcher.begin(start + 5s);
  (void)batcher.add(sighting(3));
  EXPECT_EQ(batcher.due(), start + 5s + 100ms);
}

TEST(AdvertisementBatcher, KeepsAddressTypeSignalAndData) {
  AdvertisementBatcher batcher(16, 100ms);
  batcher.begin(start);
  (void)batcher.add(sighting(0xA4CF12345678, false, -40));
  (void)batcher.add(sighting(0xC00000000001, true, 20));
  (void)batcher.add(sighting(0x400000000001, true, no_rssi));
  (void)batcher.add(sighting(0x000000000001, true, -1, {}));
  const auto all = content(batcher);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].address, 0xA4CF12345678U);
  EXPECT_EQ(all[0].address_type, 0U);
  EXPECT_EQ(all[0].rssi, -40);
  EXPECT_THAT(all[0].data, ::testing::ElementsAre(2, 1, 6));
  EXPECT_EQ(all[1].address_type, 1U);
  EXPECT_EQ(all[1].rssi, 20);
  EXPECT_EQ(all[2].rssi, -127) << "none is no good one";
  EXPECT_THAT(all[3].data, ::testing::IsEmpty()) << "one without data is one";
}

TEST(AdvertisementBatcher, TheLongestPassAndABatchOfThemIsAFrame) {
  AdvertisementBatcher batcher(1000, 100ms);
  PayloadRing ring;
  Sighting longest = sighting(0xFFFFFFFFFFFF, true, -100);
  longest.set_payload(std::vector<uint8_t>(extended_payload_size, 7), ring);
  batcher.begin(start);
  size_t count = 1;
  while (!batcher.add(longest)) ++count;
  EXPECT_GT(count, 30U);
  EXPECT_LE(batcher.batch().payload().size(), esphome::max_frame - 20);
  const auto all = content(batcher);
  ASSERT_EQ(all.size(), count);
  EXPECT_EQ(all.back().data.size(), extended_payload_size);
}

TEST(AdvertisementBatcher, AllocatesNothingOnceWarm) {
  AdvertisementBatcher batcher(16, 100ms);
  const Sighting one = sighting(0xFFFFFFFFFFFF, true, -100, std::vector<uint8_t>(31, 1));
  const auto fill = [&] {
    batcher.begin(start);
    while (!batcher.add(one)) {
    }
    batcher.clear();
  };
  fill();
  const size_t before = allocations();
  for (int i = 0; i < 10; ++i) fill();
  EXPECT_EQ(allocations() - before, 0U);
}

}  // namespace
}  // namespace moor::proxy
