#include "moor/decoder.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

Decoded decoded(const AdvertisementBuilder& builder) {
  Decoded result;
  decode(AdvertisementData(builder.bytes()), result);
  return result;
}
AdvertisementBuilder sent(uint16_t service, std::string_view hex) {
  return AdvertisementBuilder().service_data(Uuid(service), *from_hex(hex));
}

constexpr std::string_view tile = "0200 0102030405060708";
constexpr std::string_view smarttag = "12 5a4b3c 0102030405060708 07 000000 aabbccdd";

TEST(Tile, IsKnownByWhatItAlwaysSends) {
  const Decoded result = decoded(sent(0xFEED, tile));
  EXPECT_EQ(result.format(), "Tile");
  EXPECT_EQ(result.attribute("kind"), "tracker");
  EXPECT_TRUE(decoded(sent(0xFEED, "0100 0102030405060708")).empty());
  EXPECT_TRUE(decoded(sent(0xFEED, "0200 01020304050607")).empty());
  EXPECT_TRUE(decoded(sent(0xFEED, "0200 010203040506070809")).empty());
}

TEST(Tile, SendsNoManufacturerData) {
  EXPECT_TRUE(decoded(sent(0xFEED, tile).manufacturer_data(0xFFFF, *from_hex("0102"))).empty());
}

TEST(SmartTag, SaysHowLongItHasBeenAloneAndHowItsBatteryIs) {
  const Decoded result = decoded(sent(0xFD5A, smarttag));
  EXPECT_EQ(result.format(), "Samsung SmartTag");
  EXPECT_EQ(result.attribute("state"), "separated");
  EXPECT_EQ(result.attribute("battery"), "full");
  EXPECT_THAT(result.readings(), ElementsAre(Reading{.value = 0, .quantity = Quantity::battery_low}));
}

TEST(SmartTag, HasAStateForEachOfItsNumbers) {
  const std::pair<std::string_view, std::string_view> states[] = {
      {"10", ""}, {"11", "recently separated"}, {"13", "long separated"}, {"15", "with owner"}, {"17", ""}};
  for (const auto& [first, state] : states)
    EXPECT_EQ(decoded(sent(0xFD5A, std::string(first) + std::string(smarttag.substr(2)))).attribute("state"), state) << first;
}

TEST(SmartTag, WarnsOfALowBattery) {
  const Decoded result = decoded(sent(0xFD5A, "15 5a4b3c 0102030405060708 01 000000 aabbccdd"));
  EXPECT_EQ(result.attribute("battery"), "low");
  EXPECT_THAT(result.readings(), ElementsAre(Reading{.value = 1, .quantity = Quantity::battery_low}));
}

TEST(SmartTag, IsNoneOfAnotherLengthOrVersion) {
  const auto whole = *from_hex(smarttag);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_TRUE(decoded(AdvertisementBuilder().service_data(Uuid(0xFD5A), Bytes(whole).first(size))).empty()) << size;
  EXPECT_TRUE(decoded(sent(0xFD5A, "22" + std::string(smarttag.substr(2)))).empty());
}

TEST(Chipolo, SaysWhetherItsOwnerIsNear) {
  EXPECT_EQ(decoded(sent(0xFE33, "0200")).format(), "Chipolo");
  EXPECT_EQ(decoded(sent(0xFE33, "0200")).attribute("state"), "with owner");
  EXPECT_EQ(decoded(sent(0xFE33, "0201aabb")).attribute("state"), "separated");
  EXPECT_TRUE(decoded(sent(0xFE33, "02")).empty());
}

TEST(ListedTracker, IsNamedOnceWhetherItSendsDataOrNot) {
  const Uuid chipolo[] = {Uuid(0xFE33)};
  const Uuid pebblebee[] = {Uuid(0xFA25)};
  EXPECT_EQ(decoded(AdvertisementBuilder().service_uuids(chipolo)).format(), "Chipolo");
  EXPECT_EQ(decoded(AdvertisementBuilder().service_uuids(pebblebee)).format(), "Pebblebee");
  const Decoded both = decoded(sent(0xFA25, "01").service_uuids(pebblebee));
  EXPECT_EQ(both.format(), "Pebblebee");
  EXPECT_THAT(both.attributes(), SizeIs(1));
}

}  // namespace
}  // namespace moor
