#include "moor/device_table.hpp"

#include "moor/error.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>
#include <map>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Sighting sighting(uint64_t address, Duration t, std::string_view payload = "020106") {
  Sighting heard;
  heard.address = Address(address, true);
  heard.time = TimePoint(24h) + t;
  heard.rssi_dbm = -60;
  heard.properties = AdvertisingProperties::legacy;
  heard.set_legacy_payload(*from_hex(payload));
  return heard;
}

class Table : public testing::Test {
protected:
  DeviceTable::Heard hear(uint64_t address, Duration t, std::string_view payload = "020106") {
    return table_.apply(sighting(address, t, payload), note_);
  }
  void advance(Duration t) { table_.advance(TimePoint(24h) + t, note_); }

  DeviceTable table_{{.max_devices = 3, .forget_after = 10s}};
  std::vector<uint64_t> gone_;
  std::function<void(DeviceSlot, const Device&)> note_ = [this](DeviceSlot slot, const Device& device) {
    EXPECT_EQ(table_.find(device.address), slot) << "it is there until it has been told";
    gone_.push_back(device.address.bits());
  };
};

TEST_F(Table, GivesEachDeviceASlotOfItsOwn) {
  const auto first = hear(1, 0s);
  const auto second = hear(2, 1s);
  const auto again = hear(1, 2s);
  EXPECT_TRUE(first.new_device && second.new_device);
  EXPECT_FALSE(again.new_device);
  EXPECT_EQ(again.slot, first.slot);
  EXPECT_NE(second.slot, first.slot);
  EXPECT_EQ(table_.size(), 2U);
  EXPECT_EQ(table_[first.slot].sightings, 2U);
  EXPECT_EQ(table_[first.slot].first_seen, TimePoint(24h));
  EXPECT_EQ(table_[first.slot].last_seen, TimePoint(24h) + 2s);
}

TEST_F(Table, SaysWhetherThePayloadIsNew) {
  EXPECT_TRUE(hear(1, 0s).new_payload);
  EXPECT_FALSE(hear(1, 1s).new_payload);
  EXPECT_TRUE(hear(1, 2s, "020104").new_payload);
}

TEST_F(Table, APublicAddressIsNotTheRandomOneOfTheSameBits) {
  Sighting with_public = sighting(1, 0s);
  with_public.address = Address(1, false);
  const auto random = hear(1, 0s);
  const auto of_public = table_.apply(with_public, note_);
  EXPECT_TRUE(of_public.new_device);
  EXPECT_NE(of_public.slot, random.slot);
}

TEST_F(Table, ForgetsSilentDevicesOnTimeAndInTheOrderOfTheirSilence) {
  hear(1, 0s);
  hear(2, 1s);
  hear(3, 2s);
  hear(1, 3s);
  advance(11s - 1ns);
  EXPECT_THAT(gone_, IsEmpty());
  EXPECT_LE(table_.next_deadline(), TimePoint(24h) + 11s);
  advance(20s);
  EXPECT_THAT(gone_, ElementsAre(2, 3, 1));
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_EQ(table_.forgotten(), 3U);
  EXPECT_EQ(table_.next_deadline(), TimePoint::max());
}

TEST_F(Table, AFreeSlotServesAnotherDeviceThatInheritsNothing) {
  const DeviceSlot slot = hear(1, 0s).slot;
  advance(10s);
  EXPECT_FALSE(table_.is_used(slot));
  const auto next = hear(2, 11s);
  EXPECT_EQ(next.slot, slot);
  EXPECT_TRUE(next.new_device && next.new_payload);
  EXPECT_EQ(table_[slot].sightings, 1U);
  EXPECT_EQ(table_.find(Address(1, true)), std::nullopt);
  EXPECT_EQ(table_.slots(), 1U);
}

TEST_F(Table, WhenFullTheLongestSilentMakesRoom) {
  hear(1, 0s);
  hear(2, 1s);
  hear(3, 2s);
  hear(1, 3s);
  EXPECT_TRUE(hear(4, 4s).new_device);
  EXPECT_THAT(gone_, ElementsAre(2));
  EXPECT_EQ(table_.size(), 3U);
  EXPECT_EQ(table_.evicted(), 1U);
  EXPECT_EQ(table_.forgotten(), 0U);
}

TEST(DeviceTableOptions, RefuseWhatCannotBeMeant) {
  EXPECT_THROW(DeviceTable({.max_devices = 0}), UsageError);
  EXPECT_THROW(DeviceTable({.max_devices = size_t{1} << 32}), UsageError);
  EXPECT_THROW(DeviceTable({.forget_after = 0s}), UsageError);
}

// The table beside a map that is asked for everything.
RC_GTEST_PROP(DeviceTable, KeepsWhatAMapKeeps, ()) {
  constexpr Duration forget_after = 10s;
  DeviceTable table({.max_devices = 1000, .forget_after = forget_after});
  std::map<uint64_t, Duration> last_heard;
  Duration now{};
  const auto forget = [&](DeviceSlot, const Device& device) {
    const auto known = last_heard.find(device.address.bits());
    RC_ASSERT(known != last_heard.end() && known->second + forget_after <= now);
    last_heard.erase(known);
  };
  const auto step = rc::gen::pair(rc::gen::inRange<uint64_t>(1, 30), rc::gen::inRange(0, 3000));
  for (const auto& [address, milliseconds] : *rc::gen::container<std::vector<std::pair<uint64_t, int>>>(step)) {
    now += std::chrono::milliseconds(milliseconds);
    table.advance(TimePoint(24h) + now, forget);
    RC_ASSERT(table.apply(sighting(address, now), forget).new_device == !last_heard.contains(address));
    last_heard[address] = now;
    RC_ASSERT(table.size() == last_heard.size());
    for (const auto& [each, heard] : last_heard) {
      RC_ASSERT(heard + forget_after > now);
      const auto slot = table.find(Address(each, true));
      RC_ASSERT(slot.has_value() && table[*slot].last_seen == TimePoint(24h) + heard);
    }
  }
}

}  // namespace
}  // namespace moor
