#include "moor/ibeacon.hpp"

#include "moor/beacon.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

constexpr std::string_view frame = "0215 e2c56db5dffb48d2b060d0f5a71096e0 0001 0065 c5";
const IBeacon beacon{.uuid = *Uuid::parse("E2C56DB5-DFFB-48D2-B060-D0F5A71096E0"), .major = 1, .minor = 101, .power_dbm = -59};

TEST(IBeacon, IsReadFromApplesManufacturerData) {
  EXPECT_EQ(decode_ibeacon(bytes(frame)), beacon);
}

TEST(IBeacon, NeedsItsTypeAndItsLength) {
  for (std::string_view other : {"02 16", "02 14", "12 15", "00 00", "15 02"}) {
    auto data = bytes(frame);
    std::ranges::copy(bytes(other), data.begin());
    EXPECT_EQ(decode_ibeacon(data), std::nullopt) << other;
  }
}

TEST(IBeacon, IsRefusedWhereItIsCutShortAtAnyByte) {
  const auto data = bytes(frame);
  for (size_t size = 0; size < data.size(); ++size) EXPECT_EQ(decode_ibeacon(Bytes(data).first(size)), std::nullopt) << size;
}

TEST(IBeacon, MayHaveMoreBytesBehindIt) {
  auto data = bytes(frame);
  data.resize(data.size() + 200, 0xFF);
  EXPECT_EQ(decode_ibeacon(data), beacon);
}

TEST(IBeacon, KeepsAPowerThatCannotBeMeant) {
  for (const auto& [byte, dbm] : {std::pair{0xC5, -59}, {0xFF, -1}, {0x00, 0}, {0x7F, 127}, {0x80, -128}}) {
    auto data = bytes(frame);
    data.back() = static_cast<uint8_t>(byte);
    const auto decoded = decode_ibeacon(data);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(power_at_1m_dbm(*decoded), dbm);
  }
}

TEST(IBeacon, IsWrittenAsAppleWritesIt) {
  EXPECT_EQ(to_hex(encode_advertisement(beacon)), "0201061aff4c000215e2c56db5dffb48d2b060d0f5a71096e000010065c5");
}

}  // namespace
}  // namespace moor
