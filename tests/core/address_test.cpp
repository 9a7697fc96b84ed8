#include "moor/address.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

TEST(Address, ReadsTheFormsPeopleWrite) {
  const Address address(0xA4CF12345678, false);
  EXPECT_EQ(Address::parse("A4:CF:12:34:56:78"), address);
  EXPECT_EQ(Address::parse("a4-cf-12-34-56-78"), address);
  EXPECT_EQ(Address::parse("a4cf12345678"), address);
  EXPECT_EQ(address.to_string(), "A4:CF:12:34:56:78");
}

TEST(Address, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "A4", "A4:CF:12:34:56", "A4:CF:12:34:56:7", "A4:CF:12:34:56:78:9A", "A4:CF:12:34:56:7G",
                           "A4:CF-12:34-56:78", "A4 CF 12 34 56 78", "A4CF123456789", "é4CF1234567"})
    EXPECT_EQ(Address::parse(text), std::nullopt) << text;
}

TEST(Address, TellsTheKindFromTheTopBits) {
  EXPECT_EQ(Address::parse("C0:00:00:00:00:01", true)->kind(), AddressKind::random_static);
  EXPECT_EQ(Address::parse("40:00:00:00:00:01", true)->kind(), AddressKind::resolvable);
  EXPECT_EQ(Address::parse("3F:00:00:00:00:01", true)->kind(), AddressKind::non_resolvable);
  EXPECT_EQ(Address::parse("80:00:00:00:00:01", true)->kind(), AddressKind::non_resolvable);
  EXPECT_EQ(Address::parse("C0:00:00:00:00:01", false)->kind(), AddressKind::public_);
}

TEST(Address, PublicAndRandomWithEqualBitsAreTwoDevices) {
  EXPECT_NE(Address(1, false), Address(1, true));
  EXPECT_NE(std::hash<Address>{}(Address(1, false)), std::hash<Address>{}(Address(1, true)));
}

TEST(Address, AirOrderIsLeastSignificantFirst) {
  const uint8_t air[] = {0x78, 0x56, 0x34, 0x12, 0xCF, 0xA4};
  const Address address = Address::from_le(air, false);
  EXPECT_EQ(address.to_string(), "A4:CF:12:34:56:78");
  uint8_t back[6];
  address.to_le(back);
  EXPECT_TRUE(std::equal(std::begin(air), std::end(air), std::begin(back)));
}

}  // namespace
}  // namespace moor
