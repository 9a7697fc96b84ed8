#include "hci/management.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moor::hci {
namespace {

struct Found {
  std::string address;
  int rssi_dbm;
  std::string data;
  friend bool operator==(const Found&, const Found&) = default;
};

std::vector<Found> take(ManagementReader& reader) {
  std::vector<Found> all;
  while (const auto found = reader.next()) all.push_back({found->address.to_string(), found->rssi_dbm, to_hex(found->data)});
  return all;
}

const std::string device = "1200 0000 1500 452311334444 01 c8 00000000 0700 02010603ff0102";
const std::string monitored = "2f00 0100 1700 0300 452311334444 02 a6 24000000 0700 02010603ff0102";

TEST(Management, FindsDevicesInBothEvents) {
  ManagementReader reader;
  reader.feed(*from_hex(device + " " + monitored));
  const auto first = reader.next();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->controller, 0);
  EXPECT_FALSE(first->monitor.has_value());
  EXPECT_FALSE(first->address.is_random());
  EXPECT_TRUE(first->is_connectable());
  const auto second = reader.next();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->controller, 1);
  EXPECT_EQ(second->monitor, 3);
  EXPECT_TRUE(second->address.is_random());
  EXPECT_EQ(second->rssi_dbm, -90);
  EXPECT_FALSE(second->is_connectable());
  EXPECT_TRUE(second->is_scan_response());
  EXPECT_FALSE(reader.next().has_value());
}

TEST(Management, PassesOverOtherEventsAndCountsThem) {
  ManagementReader reader;
  reader.feed(*from_hex("0500 0000 0100 00" + device));
  EXPECT_EQ(take(reader).size(), 1U);
  EXPECT_EQ(reader.skipped(), 1U);
}

TEST(Management, ADamagedEventCostsOnlyItself) {
  ManagementReader reader;
  reader.feed(*from_hex("1200 0000 0300 452311" + device));                               // too short for an address
  reader.feed(*from_hex("1200 0000 0f00 452311334444 01 c8 00000000 0900 02" + device));  // says nine bytes, has one
  EXPECT_EQ(take(reader).size(), 2U);
  EXPECT_EQ(reader.malformed(), 2U);
}

RC_GTEST_PROP(ManagementProperty, WhereverReadsAreCutTheSameComesOut, ()) {
  std::vector<uint8_t> stream;
  const int frames = *rc::gen::inRange(1, 6);
  for (int i = 0; i < frames; ++i) {
    const auto frame = from_hex(*rc::gen::element(device, monitored, std::string("0500 0000 0100 00")));
    stream.insert(stream.end(), frame->begin(), frame->end());
  }
  ManagementReader whole;
  whole.feed(stream);
  const auto expected = take(whole);
  ManagementReader cut;
  std::vector<Found> got;
  for (size_t at = 0; at < stream.size();) {
    const size_t size = std::min(*rc::gen::inRange<size_t>(1, 40), stream.size() - at);
    cut.feed(Bytes(stream).subspan(at, size));
    for (const Found& each : take(cut)) got.push_back(each);
    at += size;
  }
  RC_ASSERT(got == expected);
}

RC_GTEST_PROP(ManagementProperty, AnythingMayComeOutOfTheSocket, (const std::vector<std::vector<uint8_t>>& reads)) {
  ManagementReader reader;
  for (const auto& read : reads) {
    reader.feed(read);
    (void)take(reader);
  }
}

}  // namespace
}  // namespace moor::hci
