#include "moor/scanner.hpp"
#include "radio/fake_radio.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

using moor::testing::heard;

TEST(Glob, MatchesAsAShellDoes) {
  EXPECT_TRUE(glob_matches("ESP32*", "ESP32-Sensor"));
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("*Sen*or", "ESP32-Sensor"));
  EXPECT_TRUE(glob_matches("a*b*c", "aXbYbZc"));
  EXPECT_TRUE(glob_matches("K?che", "Küche")) << "one character, two bytes";
  EXPECT_FALSE(glob_matches("ESP32", "ESP32-Sensor")) << "the whole name, as with find_device_by_name";
  EXPECT_FALSE(glob_matches("esp32*", "ESP32-Sensor"));
  EXPECT_FALSE(glob_matches("?", ""));
  EXPECT_FALSE(glob_matches("", "x"));
}

TEST(Glob, ManyStarsDoNotTakeForever) {
  const std::string text(5000, 'a');
  EXPECT_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*b", text));
}

TEST(ScanFilter, OfAListOneEntryMustHoldAndOfTheFieldsAll) {
  Device device;
  device.apply(heard(1, -50, "03030f18 05ff99040501 0416aafe00"));
  const auto passes = [&](ScanFilter filter) { return filter.passes(device); };
  EXPECT_TRUE(passes({}));
  EXPECT_TRUE(passes({.services = {Uuid(0x1234), Uuid(0x180F)}}));
  EXPECT_TRUE(passes({.services = {Uuid(0xFEAA)}})) << "service data names the service too";
  EXPECT_FALSE(passes({.services = {Uuid(0x1234)}}));
  EXPECT_TRUE(passes({.manufacturers = {0x004C, 0x0499}}));
  EXPECT_FALSE(passes({.manufacturers = {0x004C}}));
  EXPECT_FALSE(passes({.services = {Uuid(0x180F)}, .manufacturers = {0x004C}}));
  EXPECT_FALSE(passes({.name = "*"})) << "a device without a name has none that matches";
}

}  // namespace
}  // namespace moor
