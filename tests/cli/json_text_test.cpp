#include "core/json_text.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>
#include <limits>

namespace moor {
namespace {

namespace json = boost::json;

TEST(JsonText, WritesNumbersInPlainNotation) {
  EXPECT_EQ(to_line(json::array{2.25, -45.0, 0.576, 1700000000.123456, 1e21}), "[2.25,-45,0.576,1700000000.123456,1e+21]");
  EXPECT_EQ(to_line(json::array{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}),
            "[null,null]");
}

TEST(JsonText, KeepsTheOrderAndEscapes) {
  EXPECT_EQ(to_line(json::object{{"b", "a\"\n"}, {"a", nullptr}, {"c", json::array()}, {"d", json::object()}}),
            R"({"b":"a\"\n","a":null,"c":[],"d":{}})");
  EXPECT_EQ(to_pretty(json::object{{"a", json::array{1, true}}, {"b", json::array()}}),
            "{\n  \"a\": [\n    1,\n    true\n  ],\n  \"b\": []\n}");
}

TEST(JsonText, RoundsToWhatAMeasurementMeans) {
  EXPECT_EQ(to_line(rounded(-45.33333, 2)), "-45.33");
  EXPECT_EQ(to_line(rounded(-0.001, 2)), "0");
}

}  // namespace
}  // namespace moor
