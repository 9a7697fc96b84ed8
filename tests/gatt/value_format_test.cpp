#include "moor/value_format.hpp"

#include "moor/error.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>
#include <cmath>
#include <limits>

namespace moor {
namespace {

using ::testing::HasSubstr;

struct Row {
  const char* format;
  const char* hex;
  std::optional<double> number;
  const char* text;
};

class ValueFormatTable : public testing::TestWithParam<Row> {};

TEST_P(ValueFormatTable, DecodesAndTells) {
  const auto& [format_text, hex, number, text] = GetParam();
  const ValueFormat format = ValueFormat::parse(format_text);
  const auto bytes = *from_hex(hex);
  EXPECT_EQ(format.decode(bytes), number);
  EXPECT_EQ(format.text(bytes), text);
  EXPECT_EQ(format.to_string(), format_text);
  if (number && bytes.size() == format.size()) {
    EXPECT_EQ(format.encode(*number), bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(, ValueFormatTable,
                         testing::Values(Row{"u8", "55", 85, "85"},                           //
                                         Row{"u8 %", "55", 85, "85 %"},                       //
                                         Row{"u16", "3412", 0x1234, "4660"},                  //
                                         Row{"u16be", "1234", 0x1234, "4660"},                //
                                         Row{"u24", "563412", 0x123456, "1193046"},           //
                                         Row{"u24be", "123456", 0x123456, "1193046"},         //
                                         Row{"u32", "ffffffff", 4294967295.0, "4294967295"},  //
                                         Row{"s8", "ff", -1, "-1"},                           //
                                         Row{"s16*0.01 °C", "2909", 23.45, "23.45 °C"},       //
                                         Row{"s16*0.01 °C", "d7f6", -23.45, "-23.45 °C"},     //
                                         Row{"s24", "000080", -8388608, "-8388608"},          //
                                         Row{"s32be*0.001", "ffffffff", -0.001, "-0.001"},    //
                                         Row{"u8*0.5-40 °C", "00", -40, "-40.0 °C"},          //
                                         Row{"u8+100", "05", 105, "105"},                     //
                                         Row{"u16*1000 lx", "0200", 2000, "2000 lx"},         //
                                         Row{"f32 V", "0000c03f", 1.5, "1.5 V"},              //
                                         Row{"f32be", "3fc00000", 1.5, "1.5"},                //
                                         Row{"f64", "000000000000f83f", 1.5, "1.5"},          //
                                         Row{"f32", "0000c07f", std::nullopt, "0000c07f"},    // not a number
                                         Row{"u16", "34", std::nullopt, "34"},                // too short
                                         Row{"u16", "", std::nullopt, ""},                    //
                                         Row{"u8", "0102", 1, "1"},                           // more behind it
                                         Row{"utf8", "c3a4e282ac", std::nullopt, "ä€"},       //
                                         Row{"hex", "00ff", std::nullopt, "00ff"}));

TEST(ValueFormat, TheOffsetMayHaveItsSignTwice) {
  EXPECT_EQ(ValueFormat::parse("u8+-40"), ValueFormat::parse("u8-40"));
  EXPECT_EQ(ValueFormat::parse("u8*1e-2").text(*from_hex("05")), "0.05");
}

TEST(ValueFormat, RefusesWhatIsNoneAndNamesThePart) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "\"\" is no type"},
      {"u64", "\"u64\" is no type"},
      {"U8", "no type"},
      {"be", "no type"},
      {"u8be", "no order of bytes"},
      {"utf8be", "no order of bytes"},
      {"u8*", "the factor is no number"},
      {"u8*x", "the factor is no number"},
      {"u8*0", "the factor is not between"},
      {"u8*nan", "the factor is no number"},
      {"u8*inf", "the factor is no number"},
      {"u8*1e300", "the factor is not between"},
      {"u8+", "the offset is no number"},
      {"u8-1e13", "the offset is not between"},
      {"u8 ", "the unit is no text"},
      {"u8  V", "the unit is no text"},
      {"u8 \x01", "the unit is no text"},
      {"u8 \xff", "the unit is no text"},
      {"u8*2,5", "neither factor, offset nor unit"},
      {"utf8 text", "utf8 is no number"},
      {"hex*2", "hex is no number"},
  };
  for (const auto& [text, part] : rows) {
    try {
      (void)ValueFormat::parse(text);
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(part)) << text;
      EXPECT_THAT(error.what(), HasSubstr("TYPE[*FACTOR][+OFFSET][ UNIT]")) << text;
    }
  }
}

TEST(ValueFormat, EncodesTheNearestThatTheTypeHas) {
  const auto encoded = [](const char* format, double number) { return to_hex(ValueFormat::parse(format).encode(number)); };
  EXPECT_EQ(encoded("u8", 300), "ff");
  EXPECT_EQ(encoded("u8", -1), "00");
  EXPECT_EQ(encoded("s16*0.01", 1e9), "ff7f");
  EXPECT_EQ(encoded("s16*0.01", -1e9), "0080");
  EXPECT_EQ(encoded("s16*0.01", 23.454), "2909");
  EXPECT_EQ(encoded("s8", -0.4), "00");
  EXPECT_EQ(encoded("u32", std::numeric_limits<double>::infinity()), "ffffffff");
  EXPECT_EQ(encoded("u16", std::nan("")), "0000");
  EXPECT_EQ(encoded("f32", 1e300), "ffff7f7f") << "the largest";
  EXPECT_EQ(encoded("utf8", 23.5), "32332e35");
  EXPECT_EQ(encoded("hex", 23.5), "");
}

RC_GTEST_PROP(ValueFormat, WhatIsEncodedDecodesToTheNearestStep, ()) {
  const std::string type =
      *rc::gen::element<std::string>("u8", "u16", "u24", "u32", "s8", "s16", "s24", "s32", "u16be", "s24be", "u32be");
  const std::string factor = *rc::gen::element<std::string>("", "*0.01", "*0.1", "*2", "*0.5", "*0.001", "*-0.25", "*1e-3");
  const std::string offset = *rc::gen::element<std::string>("", "+10", "-40", "-0.5");
  const std::string unit = *rc::gen::element<std::string>("", " °C", " %", " km/h");
  const ValueFormat format = ValueFormat::parse(type + factor + offset + unit);
  RC_ASSERT(ValueFormat::parse(format.to_string()) == format);
  const auto bytes = *rc::gen::container<std::vector<uint8_t>>(format.size(), rc::gen::arbitrary<uint8_t>());
  const auto number = format.decode(bytes);
  RC_ASSERT(number.has_value());
  RC_ASSERT(format.encode(*number) == bytes);
  for (size_t size = 0; size < format.size(); ++size) RC_ASSERT(!format.decode(Bytes(bytes).first(size)));
}

RC_GTEST_PROP(ValueFormat, AnyTextIsReadOrRefused, (const std::string& tail)) {
  try {
    const ValueFormat format = ValueFormat::parse("s16" + tail);
    RC_ASSERT(ValueFormat::parse(format.to_string()).unit() == format.unit());
  } catch (const UsageError&) {
  }
}

}  // namespace
}  // namespace moor
