// Values as the GATT Specification Supplement lays them out, and as devices send them.

#include "moor/characteristic_value.hpp"

#include "core/json_text.hpp"
#include "gatt/value_json.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>
#include <boost/json/parse.hpp>
#include <cmath>
#include <fstream>
#include <regex>

namespace moor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Row {
  uint32_t characteristic;
  const char* hex;
  const char* text;
  const char* json = nullptr;  // where the text does not say it all
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << to_hex(Uuid(row.characteristic).to_be()).substr(4, 4) << " " << row.hex;
}

class Decoded : public testing::TestWithParam<Row> {};

TEST_P(Decoded, AsTextAndJson) {
  const Row& row = GetParam();
  const auto decoded = decode_characteristic(Uuid(row.characteristic), *from_hex(row.hex));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text, row.text);
  if (row.json != nullptr) {
    EXPECT_EQ(to_line(to_json(*decoded)), row.json);
  }
}

INSTANTIATE_TEST_SUITE_P(Numbers, Decoded,
                         testing::Values(Row{0x2A19, "55", "85 %", R"({"value":85,"unit":"%"})"},              //
                                         Row{0x2A6E, "2909", "23.45 °C", R"({"value":23.45,"unit":"°C"})"},    //
                                         Row{0x2A6E, "d7f6", "-23.45 °C", R"({"value":-23.45,"unit":"°C"})"},  //
                                         Row{0x2A6E, "0080", "unknown", R"({"value":null,"unit":"°C"})"},      //
                                         Row{0x2A6F, "8813", "50.00 %", R"({"value":50,"unit":"%"})"},         //
                                         Row{0x2A6F, "ffff", "unknown", R"({"value":null,"unit":"%"})"},       //
                                         Row{0x2A6D, "02760f00", "1013.250 hPa",
                                             R"({"value":1013.25,"unit":"hPa"})"},                              // 101325.0 Pa
                                         Row{0x2A6C, "18fcff", "-10.00 m", R"({"value":-10,"unit":"m"})"},      //
                                         Row{0x2A7B, "fb", "-5 °C", R"({"value":-5,"unit":"°C"})"},             //
                                         Row{0x2A07, "f4", "-12 dBm", R"({"value":-12,"unit":"dBm"})"},         //
                                         Row{0x2A72, "c800", "2.00 m/s", R"({"value":2,"unit":"m/s"})"},        //
                                         Row{0x2A73, "2823", "90.00 °", R"({"value":90,"unit":"°"})"},          //
                                         Row{0x2A74, "0f", "1.5", R"(1.5)"},                                    //
                                         Row{0x2A75, "010000", "1 1/m³", R"({"value":1,"unit":"1/m³"})"},       //
                                         Row{0x2A76, "07", "7", R"(7)"},                                        //
                                         Row{0x2A78, "0500", "5 mm", R"({"value":5,"unit":"mm"})"},             //
                                         Row{0x2AEE, "7d00", "1.25 A", R"({"value":1.25,"unit":"A"})"},         //
                                         Row{0x2AFB, "a08601", "1000.00 lx", R"({"value":1000,"unit":"lx"})"},  //
                                         Row{0x2AFB, "ffffff", "unknown", R"({"value":null,"unit":"lx"})"},     //
                                         Row{0x2B04, "c8", "100.0 %", R"({"value":100,"unit":"%"})"},           //
                                         Row{0x2B05, "e80300", "100.0 W", R"({"value":100,"unit":"W"})"},       //
                                         Row{0x2B18, "d300", "3.297 V", R"({"value":3.297,"unit":"V"})"},       // 211/64
                                         Row{0x2B8C, "9001", "400 ppm", R"({"value":400,"unit":"ppm"})"},       //
                                         Row{0x2B8C, "feff", "at least 65534 ppm", R"({"value":65534,"unit":"ppm"})"},  //
                                         Row{0x2BA8, "e8030000", "1.000 kWh", R"({"value":1,"unit":"kWh"})"},           //
                                         Row{0x2BD6, "0380", "30 µg/m³", R"({"value":30,"unit":"µg/m³"})"},   // 3e-8 kg/m³
                                         Row{0x2BD6, "ff07", "unknown", R"({"value":null,"unit":"µg/m³"})"},  //
                                         Row{0x2BE7, "7800", "120 ppb", R"({"value":120,"unit":"ppb"})"}));

INSTANTIATE_TEST_SUITE_P(Words, Decoded,
                         testing::Values(Row{0x2A00, "546865726d6f", "Thermo", R"("Thermo")"},                  //
                                         Row{0x2A29, "41636d65000000", "Acme", R"("Acme")"},                    // padded
                                         Row{0x2A24, "", "", R"("")"},                                          //
                                         Row{0x2A06, "02", "high", R"("high")"},                                //
                                         Row{0x2A38, "01", "chest", R"("chest")"},                              //
                                         Row{0x2A5D, "10", "chain ring", R"("chain ring")"},                    //
                                         Row{0x2AA3, "02", "continuously rising", R"("continuously rising")"},  //
                                         Row{0x2AA3, "00", "unknown", R"(null)"},                               //
                                         Row{0x2AE2, "01", "yes", R"(true)"},                                   //
                                         Row{0x2AE2, "00", "no", R"(false)"}));

INSTANTIATE_TEST_SUITE_P(
    Sport, Decoded,
    testing::Values(
        Row{0x2A37, "0052", "82 bpm", R"({"value":82,"unit":"bpm"})"},
        Row{0x2A37, "16484803", "72 bpm, contact, RR 0.82 s",
            R"({"value":72,"unit":"bpm","contact":true,"rr_interval":[{"value":0.8203,"unit":"s"}]})"},
        Row{0x2A37, "1d2c0164000004000c", "300 bpm, no contact, energy expended 100 kJ, RR 1.00 s, 3.00 s",
            R"({"value":300,"unit":"bpm","contact":false,"energy_expended":{"value":100,"unit":"kJ"},"rr_interval":[{"value":1,"unit":"s"},{"value":3,"unit":"s"}]})"},
        Row{0x2A5B, "03b0040000000632000002",
            "wheel revolutions 1200, wheel event time 1.5000 s, crank revolutions 50, crank event time 0.5000 s",
            R"({"wheel_revolutions":1200,"wheel_event_time":{"value":1.5,"unit":"s"},"crank_revolutions":50,"crank_event_time":{"value":0.5,"unit":"s"}})"},
        Row{0x2A5C, "0300", "wheel revolution data, crank revolution data",
            R"({"wheel_revolution_data":true,"crank_revolution_data":true,"multiple_sensor_locations":false})"},
        Row{0x2A5C, "0000", "none",
            R"({"wheel_revolution_data":false,"crank_revolution_data":false,"multiple_sensor_locations":false})"},
        Row{0x2A63, "0000fa00", "250 W", R"({"value":250,"unit":"W","offset_compensation":false})"},
        Row{0x2A63, "030112ff64b44010", "-238 W, pedal power balance 50.0 %, max angle 180 °, min angle 260 °, balance of left"},
        Row{0x2A53, "07000350640010270000", "3.000 m/s, cadence 80 1/min, stride length 1.00 m, total distance 1000.0 m, running",
            R"({"value":3,"unit":"m/s","cadence":{"value":80,"unit":"1/min"},"stride_length":{"value":1,"unit":"m"},"total_distance":{"value":1000,"unit":"m"},"running":true})"},
        Row{0x2AD2, "4400c409b4009600", "speed 25.00 km/h, cadence 90.0 1/min, power 150 W",
            R"({"speed":{"value":25,"unit":"km/h"},"cadence":{"value":90,"unit":"1/min"},"power":{"value":150,"unit":"W"}})"},
        Row{0x2ACD, "0900ff7f3200", "inclination unknown, ramp angle 5.0 °"},
        Row{0x2AD1, "0000386400", "stroke rate 28.0 1/min, stroke count 100",
            R"({"stroke_rate":{"value":28,"unit":"1/min"},"stroke_count":100})"}));

INSTANTIATE_TEST_SUITE_P(
    Health, Decoded,
    testing::Values(Row{0x2A1C, "006c0100ff", "36.4 °C", R"({"value":36.4,"unit":"°C"})"},
                    Row{0x2A1C, "07da0300ffea0703010c1e0002", "98.6 °F, time 2026-03-01T12:30:00, type body",
                        R"({"value":98.6,"unit":"°F","time":"2026-03-01T12:30:00","type":"body"})"},
                    Row{0x2A1E, "00ffff7f00", "unknown", R"({"value":null,"unit":"°C"})"},
                    Row{0x2A35, "1e780050005d00ea0703010c1e004800010400",
                        "systolic 120 mmHg, diastolic 80 mmHg, mean arterial pressure 93 mmHg, time 2026-03-01T12:30:00, pulse "
                        "rate 72 bpm, user id 1, "
                        "irregular pulse"},
                    Row{0x2A35, "01a0f06bf0ff07", "systolic 16.0 kPa, diastolic 10.7 kPa, mean arterial pressure unknown"},
                    Row{0x2A36, "007800ff07ff07", "120 mmHg", R"({"value":120,"unit":"mmHg"})"},
                    Row{0x2A9D, "00983a", "75.000 kg", R"({"value":75,"unit":"kg"})"},
                    Row{0x2A9D, "01983a", "150.00 lb", R"({"value":150,"unit":"lb"})"},
                    Row{0x2A9D, "00ffff", "unknown", R"({"value":null,"unit":"kg"})"},
                    Row{0x2A9D, "0c983a07e600d606", "75.000 kg, user id 7, body mass index 23.0 kg/m², height 1.750 m"},
                    Row{0x2A9C, "1004fa009001983a", "25.0 %, muscle 40.0 %, weight 75.000 kg"},
                    Row{0x2A18, "020100ea070301081e0078b011",
                        "sequence 1, time 2026-03-01T08:30:00, concentration 120 mg/dL, sample capillary whole blood"}));

INSTANTIATE_TEST_SUITE_P(
    OfTheDevice, Decoded,
    testing::Values(
        Row{0x2A01, "4103", "appearance 833, name Heart Rate Belt", R"({"appearance":833,"name":"Heart Rate Belt"})"},
        Row{0x2A04, "1000200000009001", "min interval 20.00 ms, max interval 40.00 ms, latency 0, supervision timeout 4000 ms"},
        Row{0x2A04, "ffffffff0000ffff", "min interval unknown, max interval unknown, latency 0, supervision timeout unknown"},
        Row{0x2A05, "0100ffff", "start handle 1, end handle 65535", R"({"start_handle":1,"end_handle":65535})"},
        Row{0x2A08, "ea0703010c1e00", "2026-03-01T12:30:00", R"("2026-03-01T12:30:00")"},
        Row{0x2A08, "00000000000000", "unknown", "null"}, Row{0x2A0F, "0404", "time zone 60 min, daylight saving 60 min"},
        Row{0x2A0F, "80ff", "time zone unknown, daylight saving unknown",
            R"({"time_zone":{"value":null,"unit":"min"},"daylight_saving":{"value":null,"unit":"min"}})"},
        Row{0x2A23, "123456fffe9abcde", "manufacturer feff563412, organization debc9a"},
        Row{0x2A2B, "ea0703010c1e00078001", "2026-03-01T12:30:00, on Sunday, fraction 0.500 s, manual update"},
        Row{0x2A50, "014c0001001001", "vendor of Bluetooth, vendor 004c, named Apple, Inc., product 0001, version 1.1.0",
            R"({"vendor_source":"Bluetooth","vendor":"004c","vendor_name":"Apple, Inc.","product":"0001","version":"1.1.0"})"},
        Row{0x2B2A, "00112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff"},
        Row{0x2B29, "01", "robust caching",
            R"({"robust_caching":true,"enhanced_att_bearer":false,"multiple_notifications":false})"},
        Row{0x2BED, "02a30455",
            "battery present, wired power yes, wireless power no, charge state charging, charge level good, charging type "
            "constant voltage, "
            "battery 85 %"}));

TEST(DecodeCharacteristic, GivesNothingForWhatDoesNotFit) {
  const std::pair<uint32_t, const char*> rows[] = {
      {0x2A19, ""},
      {0x2A19, "65"},  // 101 %
      {0x2A19, "5555"},
      {0x2A6E, "29"},  //
      {0x2A06, "03"},
      {0x2A38, "07"},  //
      {0x2AA3, "0a"},
      {0x2B04, "c9"},  //
      {0x2A37, ""},
      {0x2A37, "01ff"},            //
      {0x2A37, "1048ff"},          // half an RR interval
      {0x2A50, "034c0001001001"},  // a third source
      {0x2A08, "ea070d010c1e00"},  // month 13
      {0x2A08, "ea070301181e00"},  // hour 24
      {0x2A0F, "3900"},
      {0x2A0F, "0001"},                  //
      {0x2A1C, "046c0100ff0a"},          // type 10
      {0x2A2B, "ea0703010c1e00088001"},  // eighth day
      {0x2AFF, "010000"},
      {0xFFFF, "00"},  //
  };
  for (const auto& [characteristic, hex] : rows)
    EXPECT_EQ(decode_characteristic(Uuid(characteristic), *from_hex(hex)), std::nullopt) << characteristic << " " << hex;
  EXPECT_EQ(decode_characteristic(Uuid(0x6e400001b5a3f393, 0xe0a9e50e24dcca9e), *from_hex("00")), std::nullopt);
  EXPECT_EQ(decode_characteristic(Uuid(0x0001'2A19), *from_hex("55")), std::nullopt) << "of 32 bits";
}

TEST(DecodeCharacteristic, EveryByteThatIsMissingIsMissed) {
  const std::pair<uint32_t, const char*> rows[] = {
      {0x2A1C, "07da0300ffea0703010c1e0002"},
      {0x2A35, "1e780050005d00ea0703010c1e004800010400"},
      {0x2A36, "007800ff07ff07"},
      {0x2A9D, "0e983aea0703010c1e0007e600d606"},
      {0x2A9C, "fe0ffa00ea0703010c1e000140069001983a983a983a983ae803983ad606"},
      {0x2A18, "0b0100ea070301081e00050078b0110100"},
      {0x2A37, "0948016400"},
      {0x2A53, "07000350640010270000"},
      {0x2A54, "1f00"},
      {0x2A5B, "03b0040000000632000002"},
      {0x2A5C, "0700"},
      {0x2A63, "ff0ffa00646400010000000008010000040100020003000400b440100a000b000c00"},
      {0x2ACD, "fe1fe803d0070100000a000a000a000b000505640064000a480a3c003c000a006400"},
      {0x2AD1, "fe1f38640038d0070078007800960096000a00640064000a480a3c003c00"},
      {0x2AD2, "fe1fc409c409b400b400d007000a0096009600640064000a480a3c003c00"},
      {0x2A01, "4103"},
      {0x2A04, "1000200000009001"},
      {0x2A05, "0100ffff"},
      {0x2A08, "ea0703010c1e00"},
      {0x2A0F, "0404"},
      {0x2A23, "123456fffe9abcde"},
      {0x2A2B, "ea0703010c1e00078001"},
      {0x2A50, "014c0001001001"},
      {0x2BED, "07a30401005501"},
  };
  for (const auto& [characteristic, hex] : rows) {
    const auto bytes = *from_hex(hex);
    EXPECT_NE(decode_characteristic(Uuid(characteristic), bytes), std::nullopt) << hex;
    for (size_t size = 0; size < bytes.size(); ++size)
      EXPECT_EQ(decode_characteristic(Uuid(characteristic), Bytes(bytes).first(size)), std::nullopt) << hex << " cut to " << size;
  }
}

// All that is decoded, of any bytes that fit: each field is named, and a quantity is in its unit.
RC_GTEST_PROP(DecodeCharacteristic, WhatIsAQuantityIsInItsUnit, ()) {
  const auto number = *rc::gen::inRange<uint32_t>(0x2A00, 0x2C00);
  const auto bytes = *rc::gen::resize(24, rc::gen::arbitrary<std::vector<uint8_t>>());
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const auto decoded = decode_characteristic(Uuid(number), Bytes(bytes).first(size));
    if (!decoded) continue;
    RC_ASSERT(!decoded->fields.empty());
    for (const ValueField& field : decoded->fields) {
      RC_ASSERT(!field.name.empty());
      if (field.quantity) RC_ASSERT(field.unit == unit_of(*field.quantity) || field.unit == "°F" || field.unit == "lb");
    }
    RC_ASSERT(!to_line(to_json(*decoded)).empty());
    for (const Reading& reading : readings_of(*decoded)) RC_ASSERT(reading.valid || reading.value == 0);
  }
}

TEST(DecodeCharacteristic, ReadingsAreInTheUnitOfTheirQuantity) {
  const auto readings = [](uint32_t characteristic, const char* hex) {
    return readings_of(*decode_characteristic(Uuid(characteristic), *from_hex(hex)));
  };
  EXPECT_THAT(readings(0x2A6E, "2909"), ElementsAre(Reading{23.45, Quantity::temperature}));
  EXPECT_THAT(readings(0x2A6E, "0080"), ElementsAre(Reading{0, Quantity::temperature, 0, false}));
  EXPECT_THAT(readings(0x2A37, "16484803"), ElementsAre(Reading{72, Quantity::heart_rate}));
  EXPECT_THAT(readings(0x2A00, "41"), IsEmpty());
  const auto fahrenheit = readings(0x2A1C, "01d4000000");  // 212 °F
  ASSERT_EQ(fahrenheit.size(), 1U);
  EXPECT_DOUBLE_EQ(fahrenheit.front().value, 100);
  const auto pounds = readings(0x2A9D, "01983a");
  ASSERT_EQ(pounds.size(), 1U);
  EXPECT_NEAR(pounds.front().value, 68.0389, 1e-4);
}

// | heart rate 2a37 | `0052` | `{"value": 82, "unit": "bpm"}` | 82 bpm |
TEST(DecodeCharacteristic, TheExamplesOfTheGuideAreTrue) {
  std::ifstream page(MOOR_SOURCE_DIR "/docs/gatt.md");
  const std::regex row(R"(\| [a-z ]+ (2[0-9a-f]{3}) \| `([0-9a-f]*)` \| `(.*)` \| (.*) \|)");
  size_t examples = 0;
  for (std::string line; std::getline(page, line);) {
    std::smatch part;
    if (!std::regex_match(line, part, row)) continue;
    const auto decoded = decode_characteristic(*Uuid::parse(part[1].str()), *from_hex(part[2].str()));
    ASSERT_TRUE(decoded) << line;
    EXPECT_EQ(to_line(to_json(*decoded)), to_line(boost::json::parse(part[3].str()))) << line;
    EXPECT_EQ(decoded->text, part[4].str()) << line;
    ++examples;
  }
  EXPECT_GE(examples, 6U);
}

TEST(DecodeDescriptor, KnowsThoseOfTheSpecification) {
  const auto text = [](uint32_t descriptor, const char* hex) {
    const auto decoded = decode_descriptor(Uuid(descriptor), *from_hex(hex));
    return decoded ? decoded->text : std::string("nothing");
  };
  EXPECT_EQ(text(0x2902, "0100"), "notifications");
  EXPECT_EQ(text(0x2902, "0300"), "notifications, indications");
  EXPECT_EQ(text(0x2902, "0000"), "none");
  EXPECT_EQ(text(0x2902, "01"), "nothing");
  EXPECT_EQ(text(0x2901, "526f6f6d"), "Room");
  EXPECT_EQ(text(0x2900, "0100"), "reliable write");
  EXPECT_EQ(text(0x2903, "0100"), "broadcasts");
  EXPECT_EQ(text(0x2904, "0efe2f27010000"),
            "format 14, exponent -2, unit Celsius temperature (degree Celsius), namespace 1, description 0");
  EXPECT_EQ(text(0x2904, "0efe2f270100"), "nothing");
  EXPECT_EQ(text(0x2908, "0102"), "report id 1, report type 2");
  EXPECT_EQ(text(0x29FF, "0102"), "nothing");
  EXPECT_EQ(to_line(to_json(*decode_descriptor(client_characteristic_configuration, *from_hex("0100")))),
            R"({"notifications":true,"indications":false})");
}

TEST(PresentationFormat, DecodesAnotherValue) {
  const auto text = [](const char* format, const char* hex) {
    const auto decoded = decode_value(*PresentationFormat::parse(*from_hex(format)), *from_hex(hex));
    return decoded ? decoded->text : std::string("nothing");
  };
  EXPECT_EQ(text("0efe2f27010000", "2909"), "23.45 °C");
  EXPECT_EQ(text("0efe2f27010000", "29"), "nothing");
  EXPECT_EQ(text("0400ad27010000", "55"), "85 %");
  EXPECT_EQ(text("0603002701000a", "0200"), "2000") << "exponent 3, unitless";
  EXPECT_EQ(text("0100002700000a", "01"), "yes");
  EXPECT_EQ(text("02000027000000", "fe"), "2") << "2 bits";
  EXPECT_EQ(text("0d000027000000", "ff0f"), "-1") << "12 bits";
  EXPECT_EQ(text("0a000027000000", "0100000000000000"), "1");
  EXPECT_EQ(text("12000027000000", "ffffffffffffffff"), "-1");
  EXPECT_EQ(text("14002827000000", "0000c03f"), "1.5 V");
  EXPECT_EQ(text("15002827000000", "000000000000f83f"), "1.5 V");
  EXPECT_EQ(text("14002827000000", "0000c07f"), "unknown");
  EXPECT_EQ(text("16002f27000000", "6cf1"), "36.4 °C");
  EXPECT_EQ(text("17002f27000000", "6c0100ff"), "36.4 °C");
  EXPECT_EQ(text("19000027000000", "4869"), "Hi");
  EXPECT_EQ(text("0400a227000000", "05"), "5 length (inch)") << "a unit without a symbol";
  for (const char* none : {"00", "0b", "13", "18", "1a", "1b", "1c", "ff"})
    EXPECT_EQ(text((std::string(none) + "000027000000").c_str(), "00000000000000000000000000000000"), "nothing") << none;
}

TEST(PresentationFormat, OfAnyExponentIsFinite) {
  for (int exponent = -128; exponent <= 127; ++exponent) {
    const PresentationFormat format{.format = 0x08, .exponent = static_cast<int8_t>(exponent)};
    const auto decoded = decode_value(format, *from_hex("ffffffff"));
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(std::isfinite(std::get<double>(decoded->fields.front().value)));
    EXPECT_LT(decoded->text.size(), 40U);
  }
}

TEST(DecodeValue, OfAFormatOfTheUsers) {
  const auto decoded = decode_value(ValueFormat::parse("s16*0.01 °C"), *from_hex("2909"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text, "23.45 °C");
  EXPECT_EQ(to_line(to_json(*decoded)), R"({"value":23.45,"unit":"°C"})");
  EXPECT_EQ(to_line(to_json(*decode_value(ValueFormat::parse("utf8"), *from_hex("4869")))), R"("Hi")");
  EXPECT_EQ(to_line(to_json(*decode_value(ValueFormat::parse("hex"), *from_hex("00ff")))), R"("00ff")");
  EXPECT_EQ(decode_value(ValueFormat::parse("u32"), *from_hex("00ff")), std::nullopt);
}

}  // namespace
}  // namespace moor
