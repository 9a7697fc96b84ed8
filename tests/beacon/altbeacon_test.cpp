#include "moor/altbeacon.hpp"

#include "moor/decoder.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

// The example of the AltBeacon library for Android.
constexpr std::string_view frame = "beac 2f234454cf6d4a0fadf2f4911ba9ffa600010002 c5 09";
constexpr uint16_t radius_networks = 0x0118;

Decoded decoded(std::string_view hex) {
  const auto payload = bytes(hex);
  Decoded result;
  decode(AdvertisementData(payload), result);
  return result;
}

TEST(AltBeacon, IsReadFromManufacturerDataOfItsCompany) {
  const auto beacon = decode_altbeacon(radius_networks, bytes(frame));
  ASSERT_TRUE(beacon);
  EXPECT_EQ(beacon->company, radius_networks);
  EXPECT_EQ(to_hex(beacon->id), "2f234454cf6d4a0fadf2f4911ba9ffa600010002");
  EXPECT_EQ(beacon->power_dbm, -59);
  EXPECT_EQ(beacon->reserved, 9);
}

TEST(AltBeacon, MayLackItsLastByteButNothingElse) {
  const auto data = bytes(frame);
  for (size_t size = 0; size <= data.size(); ++size)
    EXPECT_EQ(decode_altbeacon(0, Bytes(data).first(size)).has_value(), size >= 23) << size;
  EXPECT_EQ(decode_altbeacon(0, Bytes(data).first(23))->reserved, 0);
}

TEST(AltBeacon, MayHaveMoreBytesBehindIt) {
  auto data = bytes(frame);
  data.resize(data.size() + 200, 0xFF);
  EXPECT_EQ(decode_altbeacon(7, data), decode_altbeacon(7, bytes(frame)));
}

TEST(AltBeacon, NeedsItsCode) {
  for (std::string_view other : {"acbe", "bead", "beab", "0215", "0000"}) {
    auto data = bytes(frame);
    std::ranges::copy(bytes(other), data.begin());
    EXPECT_EQ(decode_altbeacon(0, data), std::nullopt) << other;
  }
}

TEST(AltBeacon, IsFoundUnderAnyCompanyAlsoOneThatHasFormatsOfItsOwn) {
  for (std::string_view company : {"1801", "ffff", "4c00", "0000", "9904"}) {
    const Decoded result = decoded("1bff" + std::string(company) + std::string(frame));
    ASSERT_EQ(result.frames().size(), 1U) << company;
    EXPECT_EQ(result.format(), "AltBeacon");
    EXPECT_EQ(std::get<AltBeacon>(result.frames()[0]).company, load_le16(bytes(company).data()));
  }
}

TEST(AltBeacon, IsNotLookedForWhereTheCompanyHasClaimedItsData) {
  const Decoded result = decoded("1aff4c000215beac6db5dffb48d2b060d0f5a71096e000010065c5");
  ASSERT_EQ(result.frames().size(), 1U);
  EXPECT_EQ(result.format(), "iBeacon");
}

TEST(AltBeacon, IsNotLookedForInServiceData) {
  EXPECT_TRUE(decoded("1b16aafe" + std::string(frame)).empty());
  EXPECT_TRUE(decoded("03ff1801").empty());
  EXPECT_TRUE(decoded("02ff18").empty());
}

TEST(AltBeacon, IsWrittenWithItsReservedByte) {
  EXPECT_EQ(to_hex(encode_advertisement(*decode_altbeacon(radius_networks, bytes(frame)))),
            "0201061bff1801beac2f234454cf6d4a0fadf2f4911ba9ffa600010002c509");
}

}  // namespace
}  // namespace moor
