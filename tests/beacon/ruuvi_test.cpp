#include "moor/ruuvi.hpp"

#include "beacon/readings.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <cmath>

namespace moor {
namespace {

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

Decoded decode_ruuvi(Bytes data) {
  AdvertisementBuilder builder;
  builder.manufacturer_data(ruuvi_company, data);
  Decoded decoded;
  decode(AdvertisementData(builder.bytes()), decoded);
  return decoded;
}

Decoded decode_url(std::string_view text) {
  AdvertisementBuilder builder;
  encode(*EddystoneUrl::parse(text, -10), builder);
  Decoded decoded;
  decode(AdvertisementData(builder.bytes()), decoded);
  return decoded;
}

size_t available(const Decoded& decoded) {
  return static_cast<size_t>(std::ranges::count_if(decoded.readings(), [](const Reading& reading) { return reading.valid; }));
}

constexpr std::string_view format3 = "03291a1ece1efc18f94202ca0b53";
constexpr std::string_view format5 = "0512fc5394c37c0004fffc040cac364200cdcbb8334c884f";
constexpr std::string_view format6 = "06144e40f8c915000602193200a34bbdc0ff00ff";
constexpr std::string_view format_e1 = "e1170c5668c79e0065007004bd11ca00c90a0213e0ac000000decdee110000000000cbb8334c884f";

const RuuviTag tag{.temperature_c = 24.3,
                   .humidity_percent = 53.49,
                   .pressure_pa = 100044,
                   .acceleration_mg = {4, -4, 1036},
                   .battery_mv = 2977,
                   .tx_power_dbm = 4,
                   .movements = 66,
                   .sequence = 205,
                   .address = Address::parse("CB:B8:33:4C:88:4F", true)};

TEST(RuuviTag, Format5IsReadAsItsMakerSays) {
  EXPECT_EQ(decode_ruuvi_tag(bytes(format5)), tag);
}

TEST(RuuviTag, Format5IsWrittenAsItsMakerWritesIt) {
  AdvertisementBuilder builder;
  encode(tag, builder);
  EXPECT_EQ(to_hex(builder.bytes()), "1bff9904" + std::string(format5));
}

TEST(RuuviTag, Format5GivesReadingsInMoorsUnits) {
  const Decoded decoded = decode_ruuvi(bytes(format5));
  EXPECT_EQ(decoded.format(), "RuuviTag 5");
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::temperature), 24.3);
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::humidity), 53.49);
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::pressure), 1000.44);
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::acceleration, 1), -4 * 9.80665e-3);
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::acceleration, 2), 1036 * 9.80665e-3);
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::voltage), 2.977);
  EXPECT_EQ(value_of(decoded, Quantity::transmit_power), 4);
  EXPECT_EQ(value_of(decoded, Quantity::movement), 66);
  EXPECT_EQ(value_of(decoded, Quantity::sequence), 205);
}

TEST(RuuviTag, Format5ReachesItsLimits) {
  const auto highest = decode_ruuvi_tag(bytes("057ffffffefffe7fff7fff7fffffdefefffecbb8334c884f"));
  EXPECT_EQ(highest->temperature_c, 163.835);
  EXPECT_EQ(highest->humidity_percent, 163.835);
  EXPECT_EQ(highest->pressure_pa, 115534U);
  EXPECT_EQ(highest->battery_mv, 3646);
  EXPECT_EQ(highest->tx_power_dbm, 20);
  const auto lowest = decode_ruuvi_tag(bytes("058001000000008001800180010000000000cbb8334c884f"));
  EXPECT_EQ(lowest->temperature_c, -163.835);
  EXPECT_EQ(lowest->pressure_pa, 50000U);
  EXPECT_EQ(lowest->acceleration_mg[0], -32767);
  EXPECT_EQ(lowest->battery_mv, 1600);
  EXPECT_EQ(lowest->tx_power_dbm, -40);
}

TEST(RuuviTag, Format5SaysOfEachValueWhetherItIsAvailable) {
  const auto none = bytes("058000ffffffff800080008000ffffffffffffffffffffff");
  EXPECT_EQ(decode_ruuvi_tag(none), RuuviTag());
  const Decoded decoded = decode_ruuvi(none);
  EXPECT_EQ(decoded.readings().size(), 10U);
  EXPECT_EQ(available(decoded), 0U);
  AdvertisementBuilder builder;
  encode(RuuviTag(), builder);
  EXPECT_EQ(to_hex(builder.bytes()), "1bff9904" + to_hex(none));
}

TEST(RuuviTag, ValuesThatDoNotFitBecomeTheNearestThatDo) {
  AdvertisementBuilder builder;
  encode({.temperature_c = 1000,
          .humidity_percent = -1,
          .pressure_pa = 0,
          .battery_mv = 5000,
          .tx_power_dbm = 127,
          .movements = 255},
         builder);
  const auto fitted = decode_ruuvi_tag(Bytes(builder.bytes()).subspan(4));
  EXPECT_EQ(fitted->temperature_c, 163.835);
  EXPECT_EQ(fitted->humidity_percent, 0);
  EXPECT_EQ(fitted->pressure_pa, 50000U);
  EXPECT_EQ(fitted->battery_mv, 3646);
  EXPECT_EQ(fitted->tx_power_dbm, 20);
  EXPECT_EQ(fitted->movements, 254);
}

RC_GTEST_PROP(RuuviTag, WhatWasEncodedDecodesToItself, ()) {
  auto data = *rc::gen::container<std::vector<uint8_t>>(24, rc::gen::arbitrary<uint8_t>());
  data[0] = 0x05;
  const RuuviTag any = *decode_ruuvi_tag(data);
  AdvertisementBuilder builder;
  encode(any, builder);
  RC_ASSERT(to_hex(Bytes(builder.bytes()).subspan(4)) == to_hex(data));
  RC_ASSERT(decode_ruuvi_tag(Bytes(builder.bytes()).subspan(4)) == any);
}

TEST(RuuviTag, Format3KeepsTheSignApartFromTheDegrees) {
  const Decoded warm = decode_ruuvi(bytes(format3));
  EXPECT_EQ(warm.format(), "RuuviTag 3");
  EXPECT_DOUBLE_EQ(value_of(warm, Quantity::temperature), 26.3);
  EXPECT_DOUBLE_EQ(value_of(warm, Quantity::pressure), 1027.66);
  EXPECT_DOUBLE_EQ(value_of(warm, Quantity::voltage), 2.899);
  EXPECT_DOUBLE_EQ(value_of(decode_ruuvi(bytes("03b28145ca20007a002603d0088f")), Quantity::temperature), -1.69);
}

TEST(RuuviAir, Format6GivesTheAirInItsShortForm) {
  const Decoded decoded = decode_ruuvi(bytes(format6));
  EXPECT_EQ(decoded.format(), "Ruuvi Air 6");
  EXPECT_NEAR(value_of(decoded, Quantity::pm25), 0.6, 1e-9);
  EXPECT_EQ(value_of(decoded, Quantity::carbon_dioxide), 537);
  EXPECT_EQ(value_of(decoded, Quantity::volatile_organic_compounds_index), 101);
  EXPECT_EQ(value_of(decoded, Quantity::nitrogen_oxides), 1);
  EXPECT_NEAR(value_of(decoded, Quantity::illuminance), 1232, 0.5);
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::sound_average), 48);
  EXPECT_EQ(value_of(decoded, Quantity::air_quality_index), 94);
  EXPECT_EQ(value_of(decoded, Quantity::calibrating), 0);
}

TEST(RuuviAir, FormatE1HasFourSizesOfDust) {
  const Decoded decoded = decode_ruuvi(bytes(format_e1));
  EXPECT_EQ(decoded.format(), "Ruuvi Air E1");
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::pm1), 10.1);
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::pm10), 455.4);
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::illuminance), 13027);
  EXPECT_EQ(value_of(decoded, Quantity::sequence), 14601710);
  EXPECT_EQ(value_of(decoded, Quantity::calibrating), 1);
}

TEST(RuuviAir, MarksWhatItCannotMeasure) {
  const Decoded air6 = decode_ruuvi(bytes("068000ffffffffffffffffffffffffffffffffff"));
  EXPECT_EQ(available(air6), 2U) << "the sequence and the flag have no such mark";
  const Decoded air_e1 = decode_ruuvi(bytes("e18000ffffffffffffffffffffffffffffffffffffff000000fffffffe0000000000ffffffffffff"));
  EXPECT_EQ(available(air_e1), 1U) << "only the flag";
}

TEST(Ruuvi, IsRefusedWhereItIsCutShortAtAnyByte) {
  for (std::string_view format : {format3, format5, format6, format_e1}) {
    const auto data = bytes(format);
    for (size_t size = 0; size < data.size(); ++size)
      EXPECT_TRUE(decode_ruuvi(Bytes(data).first(size)).empty()) << format << " cut to " << size;
  }
}

TEST(Ruuvi, OfAnUnknownFormatIsNotGuessed) {
  for (std::string_view number : {"00", "01", "02", "04", "07", "08", "e0", "ff"}) {
    auto data = bytes(format_e1);
    data[0] = bytes(number)[0];
    EXPECT_TRUE(decode_ruuvi(data).empty()) << number;
  }
}

TEST(RuuviUrl, IsAMeasurementAndAnEddystoneFrame) {
  const Decoded decoded = decode_url("https://ruu.vi/#BFwaAMjlQ");
  EXPECT_EQ(decoded.format(), "RuuviTag 4");
  EXPECT_EQ(decoded.attribute("identifier"), "Q");
  EXPECT_EQ(value_of(decoded, Quantity::temperature), 26);
  EXPECT_EQ(value_of(decoded, Quantity::humidity), 46);
  EXPECT_EQ(value_of(decoded, Quantity::pressure), 1014.29);
  ASSERT_EQ(decoded.frames().size(), 1U);
  EXPECT_EQ(std::get<EddystoneUrl>(decoded.frames()[0]).text(), "https://ruu.vi/#BFwaAMjlQ");
}

TEST(RuuviUrl, WithoutItsLastCharacterIsFormat2) {
  EXPECT_EQ(decode_url("https://ruu.vi/#AjwYAMFc").format(), "RuuviTag 2");
}

TEST(RuuviUrl, OfAnotherKindIsOnlyAUrl) {
  for (std::string_view text :
       {"https://ruu.vi/#", "https://ruu.vi/#BFwaAMj", "https://ruu.vi/#BFwaAMjl!", "https://ruu.vi/#AFwaAMjlQ",
        "https://ruu.vi/#BFw!AMjlQ", "http://ruu.vi/#BFwaAMjlQ", "https://ruu.vi/BFwaAMjlQ"}) {
    const Decoded decoded = decode_url(text);
    EXPECT_EQ(decoded.format(), "Eddystone-URL") << text;
    EXPECT_TRUE(decoded.readings().empty()) << text;
  }
}

}  // namespace
}  // namespace moor
