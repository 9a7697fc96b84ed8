// Messages of Apple, Microsoft and Google beside the beacons. Bytes are of the documents named in src/beacon, made by hand by their
// layouts unless a comment says where they were sent.

#include "moor/decoder.hpp"
#include "support/allocation_counter.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace moor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Decoded decoded(const AdvertisementBuilder& builder) {
  Decoded result;
  decode(AdvertisementData(builder.bytes()), result);
  return result;
}
Decoded of_company(uint16_t company, Bytes data) {
  return decoded(AdvertisementBuilder().manufacturer_data(company, data));
}
Decoded of_service(uint16_t service, Bytes data) {
  return decoded(AdvertisementBuilder().service_data(Uuid(service), data));
}
Decoded apple(std::string_view hex) {
  return of_company(0x004C, *from_hex(hex));
}
Decoded microsoft(std::string_view hex) {
  return of_company(0x0006, *from_hex(hex));
}
Decoded fast_pair(std::string_view hex) {
  return of_service(0xFE2C, *from_hex(hex));
}

std::vector<std::string> kinds(const Decoded& decoded) {
  std::vector<std::string> found;
  for (const Attribute& attribute : decoded.attributes())
    if (attribute.name == "kind") found.emplace_back(attribute.text());
  return found;
}

Reading reading(Quantity quantity, double value, uint8_t index = 0) {
  return {.value = value, .quantity = quantity, .index = index};
}
Reading unavailable(Quantity quantity, uint8_t index = 0) {
  return {.quantity = quantity, .index = index, .valid = false};
}

constexpr std::string_view airpods = "0719 01 0220 2b 98 8f 00 00 00 000102030405060708090a0b0c0d0e0f";
constexpr std::string_view airtag = "1219 10 000102030405060708090a0b0c0d0e0f101112131415 03 00";

TEST(AppleContinuity, SaysWhatAPhoneIsDoing) {
  const Decoded result = apple("1006 03 1e c9dcf0c0");
  EXPECT_EQ(result.format(), "Apple Continuity");
  EXPECT_EQ(result.attribute("kind"), "nearby info");
  EXPECT_EQ(result.attribute("activity"), "idle");
  EXPECT_EQ(result.attribute("wifi"), "on");
  EXPECT_EQ(result.attribute("airpods"), "");
  EXPECT_EQ(apple("1005 07 19 c9dcf0").attribute("airpods"), "connected");
  EXPECT_EQ(apple("1005 07 19 c9dcf0").attribute("wifi"), "off");
}

TEST(AppleContinuity, LeavesOutTheBitsOfNearbyInfoThatOldSystemsUsedOtherwise) {
  const Decoded result = apple("1002 0b00");
  EXPECT_EQ(result.attribute("activity"), "recently active");
  EXPECT_EQ(result.attribute("wifi"), "");
}

TEST(AppleContinuity, ReadsOneMessageBehindTheOther) {
  EXPECT_THAT(kinds(apple("0c0e 00db790e23ebe021fdbf8e27431a 1006 55 1ee44ead53")), ElementsAre("handoff", "nearby info"));
  EXPECT_THAT(kinds(apple("0c0e 00db790e23ebe021fdbf8e27431a 1006 55 1ee44ead")), ElementsAre("handoff")) << "one is cut short";
  EXPECT_EQ(apple("0f02 0008 1005 471c7ba71d").attribute("action"), "Wi-Fi password");
}

TEST(AppleContinuity, PassesOverATypeItDoesNotKnowBehindOneItKnows) {
  EXPECT_THAT(kinds(apple("0906 031580b27a20 1601 ff 1002 0700")), ElementsAre("AirPlay target", "nearby info"));
}

TEST(AppleContinuity, GivesTheBatteriesOfAirPodsLeftAndRightAndCase) {
  const Decoded result = apple(airpods);
  EXPECT_EQ(result.attribute("model"), "AirPods");
  EXPECT_THAT(result.readings(), ElementsAre(reading(Quantity::battery, 80), reading(Quantity::battery_charging, 0),
                                             reading(Quantity::battery, 90, 1), reading(Quantity::battery_charging, 0, 1),
                                             unavailable(Quantity::battery, 2), unavailable(Quantity::battery_charging, 2)));
}

TEST(AppleContinuity, ChangesThePodsPlacesWhereTheRightOneLeads) {
  const Decoded result = apple("0719 01 0e20 0b f7 15 00 00 00 000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(result.attribute("model"), "AirPods Pro");
  EXPECT_THAT(result.readings(), ElementsAre(unavailable(Quantity::battery), unavailable(Quantity::battery_charging),
                                             reading(Quantity::battery, 70, 1), reading(Quantity::battery_charging, 1, 1),
                                             reading(Quantity::battery, 50, 2), reading(Quantity::battery_charging, 0, 2)));
}

TEST(AppleContinuity, GivesOneBatteryForHeadphonesWithoutACase) {
  const Decoded result = apple("0719 01 0a20 02 05 80 04 0f 44 000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(result.attribute("model"), "AirPods Max");
  EXPECT_THAT(result.readings(), ElementsAre(reading(Quantity::battery, 50), reading(Quantity::battery_charging, 0)));
}

TEST(AppleContinuity, NamesAnAudioDeviceOfAModelThatIsNewAndReadsNothingOfIt) {
  const Decoded result = apple("0719 01 ff20 2b 98 8f 00 00 00 000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(result.attribute("kind"), "proximity pairing");
  EXPECT_EQ(result.attribute("model"), "");
  EXPECT_THAT(result.readings(), IsEmpty());
}

TEST(AppleContinuity, GivesTheBatteryOfAPhoneThatOffersItsNetwork) {
  EXPECT_THAT(apple("0e06 01 00 57 0007 04").readings(), ElementsAre(reading(Quantity::battery, 87)));
  EXPECT_THAT(apple("0e06 01 00 65 0007 04").readings(), IsEmpty());
}

TEST(AppleContinuity, TakesHomeKitsLengthFromFiveBits) {
  EXPECT_THAT(kinds(apple("0631 01 010203040506 0500 0100 02 02 01020304")), ElementsAre("HomeKit"));
}

TEST(AppleContinuity, KnowsTheAreaWithoutALength) {
  EXPECT_EQ(apple("01 00000000000000000000000000000080").attribute("kind"), "overflow area");
  EXPECT_TRUE(apple("01 000000000000000000000000000080").empty());
}

TEST(AppleFindMy, TellsAnAirTagThatIsAwayFromItsOwner) {
  const Decoded result = apple(airtag);
  EXPECT_EQ(result.format(), "Apple Find My");
  EXPECT_EQ(result.attribute("kind"), "AirTag");
  EXPECT_EQ(result.attribute("state"), "separated");
  EXPECT_EQ(result.attribute("battery"), "full");
  EXPECT_THAT(result.readings(), ElementsAre(reading(Quantity::battery_low, 0)));
}

TEST(AppleFindMy, TellsKindsStatesAndBatteriesApart) {
  EXPECT_EQ(apple("1202 00 02").attribute("kind"), "Apple device");
  EXPECT_EQ(apple("1202 24 02").attribute("kind"), "Find My accessory");
  EXPECT_EQ(apple("1202 30 02").attribute("kind"), "AirPods");
  EXPECT_EQ(apple("1202 08 02").attribute("kind"), "Find My device");
  EXPECT_EQ(apple("1202 90 02").attribute("state"), "with owner");
  EXPECT_EQ(apple("1202 90 02").attribute("battery"), "low");
  EXPECT_THAT(apple("1202 d0 02").readings(), ElementsAre(reading(Quantity::battery_low, 1)));
}

TEST(AppleFindMy, ReadsNothingOfALengthThatIsNotKnown) {
  const Decoded result = apple("1204 d0 02 00 00");
  EXPECT_EQ(result.format(), "Apple Find My");
  EXPECT_EQ(result.attribute("kind"), "Find My device");
  EXPECT_THAT(result.readings(), IsEmpty());
}

TEST(MicrosoftCdp, NamesTheKindOfMachine) {
  const Decoded result =
      microsoft("01092002 c2edbd37 3b2afbfe23915018e2f459a53b26f574d6576f");  // github.com/ukBaz/python-btsocket, issue 13
  EXPECT_EQ(result.format(), "Microsoft CDP");
  EXPECT_EQ(result.attribute("kind"), "Windows desktop");
  EXPECT_EQ(microsoft("012f2002 c2edbd37 3b2afbfe23915018e2f459a53b26f574d6576f").attribute("kind"), "Windows laptop");
  EXPECT_THAT(microsoft("01032002 c2edbd37 3b2afbfe23915018e2f459a53b26f574d6576f").attributes(), IsEmpty());
}

TEST(MicrosoftCdp, NamesTheMachineThatSharesWithEverybody) {
  const Decoded result = microsoft("0109210a 000102030405 4445534b544f502d31");
  EXPECT_EQ(result.attribute("name"), "DESKTOP-1");
  EXPECT_TRUE(microsoft("0109210a 000102030405").empty());
  EXPECT_TRUE(microsoft("0109210a 000102030405 44454e00").empty());
}

TEST(SwiftPair, GivesTheNameThatWindowsWouldShow) {
  const Decoded result = microsoft("030080 4d6f757365");
  EXPECT_EQ(result.format(), "Swift Pair");
  EXPECT_EQ(result.attribute("kind"), "LE");
  EXPECT_EQ(result.attribute("name"), "Mouse");
  EXPECT_EQ(microsoft("030080").attribute("name"), "");
  EXPECT_EQ(microsoft("030280 010203040506 040400").attribute("kind"), "BR/EDR");
  EXPECT_EQ(microsoft("030280 010203040506 040400").attribute("name"), "");
  EXPECT_TRUE(microsoft("030380 4d6f757365").empty());
  EXPECT_TRUE(microsoft("030081 4d6f757365").empty());
}

TEST(FastPair, GivesTheModelWhileItCanBePaired) {
  const Decoded result = fast_pair("37c95c");
  EXPECT_EQ(result.format(), "Google Fast Pair");
  EXPECT_EQ(result.attribute("kind"), "discoverable");
  EXPECT_EQ(result.attribute("model"), "37C95C");
}

TEST(FastPair, GivesBatteriesBesideTheAccountFilter) {
  const Decoded result = fast_pair("00 40 0a420888 11 64 33 e4 3c 7f");
  EXPECT_EQ(result.attribute("kind"), "not discoverable");
  EXPECT_THAT(result.readings(), ElementsAre(reading(Quantity::battery, 100), reading(Quantity::battery_charging, 1),
                                             reading(Quantity::battery, 60, 1), reading(Quantity::battery_charging, 0, 1),
                                             unavailable(Quantity::battery, 2), unavailable(Quantity::battery_charging, 2)));
  EXPECT_THAT(fast_pair("0042 0a420888 1164").readings(), IsEmpty());
  EXPECT_EQ(fast_pair("0000").format(), "Google Fast Pair") << "no account yet";
}

TEST(FastPair, IsNoneWhereFieldsDoNotEndWithTheData) {
  for (std::string_view other : {"00", "00400a4208", "00 40 0a420888 22 64", "00 21 0164", "00 4f 0a420888", "01 40 0a420888"})
    EXPECT_TRUE(fast_pair(other).empty()) << other;
}

TEST(GoogleNearby, IsKnownByItsHeaderAndItsSize) {
  std::vector<uint8_t> data = *from_hex("4a17 000102030405060708090a0b0c0d0e0f10111213141516 aabb");
  EXPECT_EQ(of_service(0xFEF3, data).format(), "Google Nearby");
  EXPECT_EQ(of_service(0xFEF3, Bytes(data).first(25)).format(), "Google Nearby");
  EXPECT_TRUE(of_service(0xFEF3, Bytes(data).first(26)).empty());
  data[0] = 0x2A;
  EXPECT_TRUE(of_service(0xFEF3, data).empty());
  EXPECT_EQ(of_service(0xFEF3, *from_hex("41 0102030405060708090a 0b0c0d0e")).attribute("kind"), "advertisement header");
}

TEST(GoogleFindHub, SaysWhetherTheOwnerIsNear) {
  const std::string identity = "000102030405060708090a0b0c0d0e0f10111213";
  EXPECT_EQ(of_service(0xFEAA, *from_hex("40" + identity + "00")).format(), "Google Find Hub");
  EXPECT_EQ(of_service(0xFEAA, *from_hex("40" + identity)).attribute("state"), "with owner");
  EXPECT_EQ(of_service(0xFEAA, *from_hex("41" + identity + identity.substr(0, 24) + "00")).attribute("state"), "separated");
  EXPECT_TRUE(of_service(0xFEAA, *from_hex("40" + identity + "0000")).empty());
  EXPECT_TRUE(of_service(0xFEAA, *from_hex("42" + identity + "00")).empty());
}

TEST(Phones, AreNamedOnlyWhereNothingMoreIsKnown) {
  AdvertisementBuilder builder;
  builder.manufacturer_data(0x004C, *from_hex("1002 0b00"));
  encode(IBeacon{.minor = 7}, builder);
  const Decoded result = decoded(builder);
  EXPECT_EQ(result.format(), "iBeacon");
  EXPECT_THAT(result.frames(), SizeIs(1));
  EXPECT_EQ(result.attribute("activity"), "recently active");
}

TEST(Phones, AreReadWithoutFaultWhereverTheyAreCut) {
  for (const auto& [company, text] : std::vector<std::pair<uint16_t, std::string_view>>{
           {0x004C, airpods}, {0x004C, airtag}, {0x004C, "0f08c00a4da22b00440b1002"}, {0x0006, "030080 4d6f757365"}}) {
    const auto whole = *from_hex(text);
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const Decoded result = of_company(company, cut);
      EXPECT_EQ(result.empty(), result.attributes().empty()) << text << " cut to " << size;
      EXPECT_THAT(result.readings(), IsEmpty()) << text << " cut to " << size;
    }
  }
}

RC_GTEST_PROP(Phones, OfAnyBytesReadOnlyThemAndAddNothingUnnamed, (const std::vector<uint8_t>& data)) {
  const std::vector<uint8_t> exact(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(data.size(), 200)));
  for (const Decoded& result :
       {of_company(0x004C, exact), of_company(0x0006, exact), of_service(0xFE2C, exact), of_service(0xFEF3, exact)})
    if (result.empty()) RC_ASSERT(result.attributes().empty() && result.readings().empty());
}

TEST(Phones, AllocateNothing) {
  const AdvertisementBuilder builder = AdvertisementBuilder().manufacturer_data(0x004C, *from_hex(airpods));
  Decoded result;
  const size_t before = allocations();
  decode(AdvertisementData(builder.bytes()), result);
  EXPECT_EQ(allocations(), before);
  EXPECT_THAT(result.readings(), SizeIs(6));
}

}  // namespace
}  // namespace moor
