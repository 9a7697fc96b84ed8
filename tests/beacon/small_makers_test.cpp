// Makers with a form of their own each. The vectors of their public decoders run elsewhere, see tests/vectors; here are the marks
// for "not available", what has to be refused, and the forms that no vector has.

#include "moor/decoder.hpp"

#include <gtest/gtest.h>
#include <cstdio>

namespace moor {
namespace {

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

// An advertisement with any of: name, listed service, manufacturer data, service data.
struct Advertisement {
  std::string_view name{};
  uint16_t service = 0;
  uint16_t company = 0;
  std::string_view data{};
  uint16_t data_service = 0;
  std::string_view service_data{};
};

Decoded decoded(const Advertisement& from, const DecodeContext& context = {}) {
  AdvertisementBuilder builder;
  if (!from.name.empty()) builder.complete_name(from.name);
  if (from.service != 0) builder.service_uuids(std::vector{Uuid(from.service)});
  if (!from.data.empty()) builder.manufacturer_data(from.company, bytes(from.data));
  if (!from.service_data.empty()) builder.service_data(Uuid(from.data_service), bytes(from.service_data));
  Decoded result;
  decode(AdvertisementData(builder.bytes()), context, result);
  return result;
}

std::string text(const Decoded& decoded) {
  std::string text(decoded.format());
  for (const Reading& reading : decoded.readings()) {
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "%.4g", reading.value);
    text += " " + std::string(name_of(reading.quantity)) + "=" + (reading.valid ? number.data() : "none");
  }
  return text;
}

TEST(Govee, IsKnownBySignsWhereItsCompanyIsAnothers) {
  const std::string_view climate = "010103465464";
  EXPECT_EQ(text(decoded({.company = 0x0001, .data = climate})), "");
  EXPECT_EQ(text(decoded({.name = "GVH5100_7738", .company = 0x0001, .data = climate})),
            "Govee temperature=21.4 humidity=61.2 battery=100");
  EXPECT_EQ(text(decoded({.service = 0xEC88, .company = 0x0001, .data = climate})),
            "Govee temperature=21.4 humidity=61.2 battery=100");
  EXPECT_EQ(decoded({.name = "GVH5100_7738", .company = 0x0001, .data = climate}).attribute("model"), "H5100");
}

TEST(Govee, SaysThatAFaultySensorHasNoReading) {
  EXPECT_EQ(text(decoded({.company = 0xEC88, .data = "00034db2e400"})), "Govee temperature=none humidity=none battery=100");
  EXPECT_EQ(text(decoded({.company = 0xEC88, .data = "004a00283b00"})), "Govee temperature=none humidity=none battery=59");
}

TEST(Govee, ReadsBelowZero) {
  EXPECT_EQ(text(decoded({.company = 0xEC88, .data = "008182d06400"})), "Govee temperature=-9.9 humidity=2.4 battery=100");
}

TEST(Govee, RefusesABatteryOfMoreThanAllAndAnotherFirstByte) {
  EXPECT_EQ(text(decoded({.company = 0xEC88, .data = "00034db26500"})), "");
  EXPECT_EQ(text(decoded({.company = 0xEC88, .data = "01034db26400"})), "");
  EXPECT_EQ(text(decoded({.company = 0x8843, .data = "ec0002020101"})), "");
}

TEST(Govee, ProbesStandBehindTheirChannel) {
  EXPECT_EQ(text(decoded({.service = 0x8451, .company = 0x1B36, .data = "2001000101e402860bb8ffff860b54ffff"})),
            "Govee channel=3 temperature=30 temperature_alarm_high=none channel=4 temperature=29 temperature_alarm_high=none");
  EXPECT_EQ(text(decoded({.service = 0x8451, .company = 0x1B36, .data = "2002000101e402860bb8ffff860b54ffff"})), "");
}

TEST(Govee, ButtonsNeedTheChecksum) {
  EXPECT_EQ(text(decoded({.company = 0xEF88, .data = "01c400016b98d35dcbbc1316c4c93f2bf92bec8659ce2040"})),
            "Govee battery=100 channel=1 button=1");
  EXPECT_EQ(text(decoded({.company = 0xEF88, .data = "01c400016b98d35dcbbc1316c4c93f2bf92bec8659ce2041"})), "");
}

// Source of these: OpenWonderLabs' documents and the tests of pySwitchbot.
TEST(SwitchBot, ReadsWhatItsTypeSays) {
  EXPECT_EQ(text(decoded(
                {.company = 0x0969, .data = "d7c17d5deb43de03069835", .data_service = 0xFD3D, .service_data = "5400e4069835"})),
            "SwitchBot temperature=24.6 humidity=53 battery=100");
  EXPECT_EQ(text(decoded({.data_service = 0xFD3D, .service_data = "5400e4060835"})),
            "SwitchBot temperature=-8.6 humidity=53 battery=100");
  EXPECT_EQ(text(decoded({.data_service = 0x0D00, .service_data = "4810e1"})), "SwitchBot battery=97");
  EXPECT_EQ(text(decoded({.data_service = 0xFD3D, .service_data = "4890e1"})), "SwitchBot power_on=1 battery=97");
  EXPECT_EQ(text(decoded({.data_service = 0xFD3D, .service_data = "64406405007500f812"})),
            "SwitchBot motion=1 opening=1 light=1 battery=100");
  EXPECT_EQ(text(decoded({.data_service = 0xFD3D, .service_data = "7340e2003801"})), "SwitchBot motion=1 light=0 battery=98");
  EXPECT_EQ(text(decoded({.data_service = 0xFD3D, .service_data = "63c058001104"})),
            "SwitchBot position=100 moving=0 light_level=1 battery=88");
  EXPECT_EQ(text(decoded({.company = 0x0969,
                          .data = "c43430374c7a184e98675e94513c0500000000",
                          .data_service = 0xFD3D,
                          .service_data = "26004e"})),
            "SwitchBot moisture_detected=0 tamper=0 battery=78 battery_low=0");
}

TEST(SwitchBot, HasNoClimateBeforeItHasMeasuredAndNoneOfAnUnknownType) {
  EXPECT_EQ(text(decoded({.data_service = 0xFD3D, .service_data = "540000000000"})),
            "SwitchBot temperature=none humidity=none battery=0");
  EXPECT_EQ(text(decoded({.data_service = 0xFD3D, .service_data = "0100e4069835"})), "");
  EXPECT_EQ(text(decoded({.company = 0x0969, .data = "d7c17d5deb43de03069835"})), "SwitchBot");
}

const Address boat(0x0102030405, false);

Decoded opened(std::string_view key, std::string_view data) {
  KeyRing keys;
  keys.add(KeyKind::victron, boat, bytes(key));
  return decoded({.company = 0x02E1, .data = data}, {.address = boat, .keys = &keys});
}

// Source of these: the tests of keshavdv/victron-ble.
TEST(Victron, IsReadWithItsKey) {
  EXPECT_EQ(text(opened("aff4d0995b7d1e176c0c33ecb9e70dcd", "100289a302b040af925d09a4d89aa0128bdef48c6298a9")),
            "Victron remaining_time=none voltage=12.53 problem=0 current=0 charge_consumed=50 battery=50");
  const Decoded solar = opened("adeccb947395801a4dd45a2eaa44bf17", "100242a0016207adceb37b605d7e0ee21b24df5c");
  EXPECT_EQ(text(solar), "Victron problem=0 voltage=13.88 current=1.4 energy=0.03 power=19 current=0");
  EXPECT_EQ(solar.attribute("state"), "absorption");
  EXPECT_EQ(solar.attribute("kind"), "solar charger");
  EXPECT_EQ(text(opened("64ba49f1a8562e45197a8e1fe50d7658", "1000c0a304121d64ca8d442b90bbdf6a8cba")),
            "Victron problem=0 voltage=13.15 voltage=none");
}

TEST(Victron, SaysWhyItCannotBeRead) {
  const std::string_view data = "100289a302b040af925d09a4d89aa0128bdef48c6298a9";
  EXPECT_EQ(decoded({.company = 0x02E1, .data = data}).problem(), DecodeProblem::key_missing);
  const Decoded wrong = opened("00f4d0995b7d1e176c0c33ecb9e70dcd", data);
  EXPECT_EQ(wrong.problem(), DecodeProblem::key_wrong);
  EXPECT_EQ(text(wrong), "Victron");
}

TEST(Minew, ReadsItsFrames) {
  EXPECT_EQ(text(decoded({.data_service = 0xFFE1, .service_data = "a10164158032402827a33f23ac"})),
            "Minew temperature=21.5 humidity=50.25 battery=100");
  EXPECT_EQ(text(decoded({.data_service = 0xFFE1, .service_data = "a10264012827a33f23ac"})), "Minew light=1 battery=100");
  EXPECT_EQ(text(decoded({.data_service = 0xFFE1, .service_data = "a103640100ff0000802827a33f23ac"})),
            "Minew acceleration=9.807 acceleration=-9.807 acceleration=4.903 battery=100");
  const Decoded info = decoded({.data_service = 0xFFE1, .service_data = "a108642827a33f23ac504c5553"});
  EXPECT_EQ(text(info), "Minew battery=100");
  EXPECT_EQ(info.attribute("text"), "PLUS");
  EXPECT_EQ(text(decoded({.data_service = 0xFFE1, .service_data = "a10165158032402827a33f23ac"})), "");
  EXPECT_EQ(text(decoded({.data_service = 0xFFE1, .service_data = "a20164158032402827a33f23ac"})), "");
}

TEST(Leaone, NeedsTheAdvertisersAddressAtItsEnd) {
  const Advertisement scales{.company = 0xDFC0, .data = "06a400000002305f5a5c52d394"};
  EXPECT_EQ(text(decoded(scales)), "");
  EXPECT_EQ(text(decoded(scales, {.address = *Address::parse("5F:5A:5C:52:D3:94")})),
            "Leaone packet_id=223 weight=77.11 weight_stable=0");
}

TEST(Kegtron, IsRefusedWhereAnythingIsNotAsItHasToBe) {
  const std::string good = "49ef138802e20153696e676c6520506f7274000000000000000000";
  EXPECT_EQ(text(decoded({.company = 0xFFFF, .data = good})),
            "Kegtron volume_capacity=18.93 volume_start=5 volume_dispensed=0.738 channel=1");
  for (const auto& [at, byte] : {std::pair{12, "03"}, {12, "81"}, {12, "11"}, {14, "07"}, {52, "41"}})
    EXPECT_EQ(text(decoded({.company = 0xFFFF, .data = std::string(good).replace(static_cast<size_t>(at), 2, byte)})), "")
        << byte;
}

TEST(Tilt, KeepsTheBeaconAndTellsTheColour) {
  const Decoded tilt = decoded({.company = 0x004C, .data = "0215a495bb80c5b14b44b5121370f02d74de0044041ac5"});
  EXPECT_EQ(text(tilt), "Tilt temperature=20 specific_gravity=1.05");
  EXPECT_EQ(tilt.frames().size(), 1U);
  EXPECT_EQ(tilt.attribute("model"), "Pink");
  EXPECT_EQ(text(decoded({.company = 0x004C, .data = "0215a495bb90c5b14b44b5121370f02d74de0044041ac5"})), "iBeacon");
  EXPECT_EQ(text(decoded({.company = 0x004C, .data = "0215a495bb00c5b14b44b5121370f02d74de0044041ac5"})), "iBeacon");
  EXPECT_EQ(text(decoded({.company = 0x004C, .data = "0215a495bb10c5b14b44b5121370f02d74de03e703eec5"})), "Tilt firmware=1006");
}

TEST(Mopeka, HasNoLevelWithoutAnEcho) {
  EXPECT_EQ(text(decoded({.service = 0xFEE5, .company = 0x0059, .data = "0872c60030e0f509f0d8"})),
            "Mopeka temperature=30 voltage=3.562 battery=100 tank_level=none reading_quality=0 button=1");
  EXPECT_EQ(text(decoded({.company = 0x0059, .data = "0872460030e0f509f0d8"})), "");
}

TEST(ThermoBeacon, NeedsItsServiceOrItsNameAndAPossibleTemperature) {
  const std::string_view data = "0080b002000047a4e20c8001b6024a000000";
  EXPECT_EQ(text(decoded({.company = 0x0010, .data = data})), "");
  EXPECT_EQ(text(decoded({.name = "ThermoBeacon", .company = 0x0010, .data = data})),
            "ThermoBeacon temperature=24 humidity=43.38 voltage=3.298 battery=100 button=1");
  EXPECT_EQ(text(decoded({.service = 0xFFF0, .company = 0x0010, .data = "0000160000acfa2f0b26014703a7e71200c0"})), "");
}

TEST(BlueMaestro, KnowsItsVersionsApart) {
  EXPECT_EQ(text(decoded({.company = 0x0133, .data = "1b640e10000200f201f2278b"})),
            "BlueMaestro temperature=24.2 humidity=49.8 pressure=1012 battery=100");
  EXPECT_EQ(text(decoded({.company = 0x0133, .data = "ff640e10000200f201f2278b"})), "");
}

TEST(Moat, NeedsItsName) {
  const std::string_view data = "df79e3a612b31153db62fc627071f50bffff";
  EXPECT_EQ(text(decoded({.name = "Moat_S2", .data_service = 0x1000, .service_data = data})),
            "Moat temperature=21.09 humidity=49.39 voltage=3.061 battery=100");
  EXPECT_EQ(text(decoded({.name = "Boat_S2", .data_service = 0x1000, .service_data = data})), "");
}

TEST(Sensirion, ReadsTheWholeRangeOfItsTicks) {
  EXPECT_EQ(text(decoded({.company = 0x06D5, .data = "000884e3ffffffff0000"})),
            "Sensirion temperature=130 humidity=100 carbon_dioxide=0");
  EXPECT_EQ(text(decoded({.company = 0x06D5, .data = "000984e3ffffffff0000"})), "");
}

TEST(SmallMakers, AreReadOnlyAsFarAsTheirDataGo) {
  const Advertisement all[] = {
      {.company = 0xEC88, .data = "00ba0af90f63020101"},
      {.company = 0x8801, .data = "ec0001010a0aa40664"},
      {.company = 0x8803, .data = "ec0001010111"},
      {.name = "GV5140303A", .company = 0x0001, .data = "0101033dee023e00"},
      {.name = "GV5112AC3D", .company = 0x0001, .data = "0101033d70640041"},
      {.name = "B51782BC8", .company = 0x0001, .data = "010101002af7640003"},
      {.company = 0xEF88, .data = "01c400016b98d35dcbbc1316c4c93f2bf92bec8659ce2040"},
      {.service = 0x5550, .company = 0xAF2F, .data = "550064bf201a00ffffb100201900ffffffff0000"},
      {.service = 0x9851, .company = 0x3022, .data = "6c01000101a3c10f0bb8ffffffff0960ffffffff"},
      {.company = 0x0969, .data = "c43430374c7a184e98675e94513c0500000000", .data_service = 0xFD3D, .service_data = "26004e"},
      {.data_service = 0xFD3D, .service_data = "64406405007500f812"},
      {.data_service = 0xFD3D, .service_data = "63c058001104"},
      {.company = 0x02E1, .data = "100289a302b040af925d09a4d89aa0128bdef48c6298a9"},
      {.data_service = 0xFFE1, .service_data = "a103640100ff0000802827a33f23ac"},
      {.company = 0xFFFF, .data = "49ef138802e20153696e676c6520506f7274000000000000000000"},
      {.company = 0x004C, .data = "0215a495bb80c5b14b44b5121370f02d74de0044041ac5"},
      {.service = 0xFEE5, .company = 0x0059, .data = "0872460030e0f509f0d8"},
      {.service = 0xFFF0, .company = 0x0010, .data = "0000b002000047a4e20c8001b6024a000000"},
      {.company = 0x0133, .data = "17640e10000200f201f20083"},
      {.name = "Moat_S2", .data_service = 0x1000, .service_data = "df79e3a612b31153db62fc627071f50bffff"},
      {.company = 0x06D5, .data = "000884e33e5f3347d402"},
  };
  for (const Advertisement& whole : all) {
    const Decoded complete = decoded(whole);
    ASSERT_FALSE(complete.empty()) << whole.data << whole.service_data;
    Advertisement cut = whole;
    std::string_view& data = whole.service_data.empty() ? cut.data : cut.service_data;
    while (data.size() >= 2) {
      data.remove_suffix(2 - data.size() % 2);
      const Decoded part = decoded(cut);
      EXPECT_TRUE(part.empty() || part.format() == complete.format()) << text(part);
      EXPECT_LE(part.readings().size(), complete.readings().size()) << text(part);
    }
  }
}

}  // namespace
}  // namespace moor
