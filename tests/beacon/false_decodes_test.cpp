// Advertisements that other tools took for something they were not, as their users reported them: each names its source. Addresses
// in them are made up.

#include "moor/decoder.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}
Decoded decoded(const AdvertisementBuilder& builder) {
  Decoded result;
  decode(AdvertisementData(builder.bytes()), result);
  return result;
}
Decoded of_company(uint16_t company, std::string_view hex) {
  return decoded(AdvertisementBuilder().manufacturer_data(company, bytes(hex)));
}

// github.com/theengs/decoder, issue 505
TEST(FalseDecodes, AThermometerOfSwitchBotIsNoTile) {
  const Decoded result = decoded(AdvertisementBuilder()
                                     .manufacturer_data(0x0969, bytes("dcffffffffff03030897ad"))
                                     .service_data(Uuid(0xFEED), bytes("0200a30d59a8ff1814fa")));
  EXPECT_NE(result.format(), "Tile");
  EXPECT_THAT(result.attribute("kind"), testing::Ne("tracker"));
}

// github.com/home-assistant/core, issue 140405: SwitchBot began to send an iBeacon, and its meter was passed over as a device of Apple
TEST(FalseDecodes, AnIBeaconBesideASensorHidesNoneOfThem) {
  const Decoded result = decoded(AdvertisementBuilder()
                                     .manufacturer_data(0x004C, bytes("02151bc5d5a50200b89fe6114d220000a2cb089a32a3c3"))
                                     .service_data(Uuid(0xFD3D), bytes("54006486869b")));
  EXPECT_THAT(result.frames(), SizeIs(1));
  EXPECT_THAT(result.attribute("kind"), IsEmpty());
}

// github.com/futomi/node-beacon-scanner, pull request 8: Eddystone taken for iBeacon where manufacturer data stood beside it
TEST(FalseDecodes, EddystoneBesideManufacturerDataIsNoIBeacon) {
  const Decoded result = decoded(AdvertisementBuilder()
                                     .manufacturer_data(0x004C, bytes("10020b00"))
                                     .service_data(Uuid(0xFEAA), bytes("00e700010203040506070809 0a0b0c0d0e0f 0000")));
  ASSERT_THAT(result.frames(), SizeIs(1));
  EXPECT_TRUE(std::holds_alternative<EddystoneUid>(result.frames()[0]));
  EXPECT_EQ(result.format(), "Eddystone-UID");
}

// github.com/nordicsemi/bluetooth-numbers-database, issue 119: Find Hub shares Eddystone's service
TEST(FalseDecodes, AFrameOfFindHubIsNoEddystone) {
  for (std::string_view frame : {"40000102030405060708090a0b0c0d0e0f1011121380", "41000102030405060708090a0b0c0d0e0f10111213"}) {
    const Decoded result = decoded(AdvertisementBuilder().service_data(Uuid(0xFEAA), bytes(frame)));
    EXPECT_THAT(result.frames(), IsEmpty()) << frame;
    EXPECT_EQ(result.format(), "Google Find Hub") << frame;
  }
}

// github.com/alt236/Bluetooth-LE-Library---Android, issue 27: the layout of iBeacon under the company of Nordic
TEST(FalseDecodes, TheLayoutOfIBeaconUnderAnotherCompanyIsNone) {
  EXPECT_THAT(of_company(0x0059, "0215112233445566778899aabbccddeeff00102030 40c3").frames(), IsEmpty());
}

// github.com/shmuelzon/esp32-ble2mqtt, issue 70, and github.com/shinyorg/shiny, issue 439: a byte too many, and no beacon
TEST(FalseDecodes, AnIBeaconWithAByteTooManyIsOne) {
  const Decoded result = of_company(0x004C, "0215112233445566778899aabbccddeeff0010203040c500");
  EXPECT_THAT(result.frames(), SizeIs(1));
}

// A message of Apple as long as an iBeacon, of each other type: only the type tells (github.com/wiglenet/wigle-wifi-wardriving,
// issue 615, asks for just that).
TEST(FalseDecodes, AMessageOfAppleAsLongAsAnIBeaconIsNone) {
  auto data = bytes("0215112233445566778899aabbccddeeff0010203040c5");
  for (unsigned type = 0; type <= 0xFF; ++type) {
    if (type == 0x02) continue;
    data[0] = static_cast<uint8_t>(type);
    const Decoded result = decoded(AdvertisementBuilder().manufacturer_data(0x004C, data));
    EXPECT_THAT(result.frames(), IsEmpty()) << type;
    EXPECT_THAT(result.readings(), IsEmpty()) << type;
  }
}

// Bluetooth-Devices/oralb-ble, test_start_update_ignores_advertisement_without_oralb_manufacturer: a message that is cut short
TEST(FalseDecodes, AMessageOfAppleThatIsCutShortSaysNothing) {
  EXPECT_TRUE(of_company(0x004C, "10050318fe").empty());
}

// github.com/ukBaz/python-btsocket, issue 13: structures of type 00 and a length that is nonsense before them
TEST(FalseDecodes, ZerosInTheMiddleAreNoFormat) {
  const auto payload = bytes("0201061b00000000000000000000000000000000000000000000000002f0ff");
  Decoded result;
  decode(AdvertisementData(payload), result);
  EXPECT_TRUE(result.empty()) << result.format();
}

// github.com/Bluetooth-Devices/govee-ble, issue 283: a lamp whose six bytes were taken for those of a motion sensor
TEST(FalseDecodes, ALampOfGoveeHasSeenNobody) {
  const Decoded result =
      decoded(AdvertisementBuilder().complete_name("Govee_H1A42_ABCD").manufacturer_data(0x8843, bytes("ec0001020100")));
  for (const Reading& reading : result.readings())
    EXPECT_TRUE(reading.quantity != Quantity::motion && reading.quantity != Quantity::occupancy) << result.format();
}

// A company or a service alone says nothing: whoever has no more than a few bytes to show is not decoded.
TEST(FalseDecodes, AKnownNumberWithNextToNothingBehindItIsNoFormat) {
  for (const uint16_t company : std::array<uint16_t, 4>{0x004C, 0x0006, 0x0499, 0x0969})
    for (std::string_view rest : {"", "ff", "ffff", "0000"}) {
      const Decoded result = of_company(company, rest);
      EXPECT_TRUE(result.empty()) << company << " " << rest << ": " << result.format();
    }
  for (const uint16_t service : std::array<uint16_t, 5>{0xFEAA, 0xFE2C, 0xFEF3, 0xFEED, 0xFD5A})
    for (std::string_view rest : {"", "ff", "ffff"}) {
      const Decoded result = decoded(AdvertisementBuilder().service_data(Uuid(service), bytes(rest)));
      EXPECT_TRUE(result.empty()) << service << " " << rest << ": " << result.format();
    }
}

}  // namespace
}  // namespace moor
