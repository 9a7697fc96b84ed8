#include "hub/compat_view.hpp"

#include <gtest/gtest.h>

namespace moor::hub {
namespace {

const Address device(0xA4CF12345678, false);

CompatContent parse(std::string_view hex) {
  return CompatContent::parse(*from_hex(hex));
}

struct Names {
  const char* kept;
  const char* latest;
  const char* better;
};

TEST(CompatView, KeepsNamesAsHabluetoothDoes) {
  const Names cases[] = {
      {"", "Onv", "Onv"},
      {"Onv", "", "Onv"},
      {"Onv", "onvis Lamp", "onvis Lamp"},  // extends it in another case
      {"Onvis Lamp", "ONVIS", "Onvis Lamp"},
      {"Onvis Lamp", "Donkey", "Donkey"},
      {"Abc", "A4:CF:12:34:56:78", "Abc"},
      {"", "a4-cf-12-34-56-78", ""},
      {"Abc", "00:00:00:00:00:01", "00:00:00:00:00:01"},  // of another device: odd, but a name
  };
  for (const Names& each : cases)
    EXPECT_EQ(better_name(each.kept, each.latest, device), each.better) << each.kept << ", " << each.latest;
}

TEST(CompatView, DecodesNamesAsPythonDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {"0409616263", "abc"},
      {"0409610162", "a\001b"},  // control characters stay
      {"03096180", "a\xEF\xBF\xBD"},
      {"0409e28261",
       "\xEF\xBF\xBD"
       "a"},  // one mark for what could have begun a character
      {"0409e18080", "\xE1\x80\x80"},
      {"0509f0908061",
       "\xEF\xBF\xBD"
       "a"},
      {"0409eda080", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // a surrogate: each byte by itself
      {"0309c3b6", "\xC3\xB6"},
  };
  for (const auto& [hex, name] : cases) EXPECT_EQ(parse(hex).name, name) << hex;
  EXPECT_EQ(parse("0308 4162 0409 616263").name, "abc") << "complete before shortened";
  EXPECT_EQ(parse("0409 616263 0308 4162").name, "abc");
}

TEST(CompatView, DropsNoiseOfAppleDevices) {
  const std::pair<const char*, bool> cases[] = {
      {"05ff4c001005", false},             // device id
      {"05ff4c001219", false},             // Find My
      {"05ff4c000c0e", true},              // handoff
      {"03ff4c00", true},                  // nothing at all
      {"05ff4c000c0e 0316 0f18", false},   // with service data
      {"05ff4c000c0e 04ff010001", false},  // and another company
      {"04ff010001", false},
      {"05ff4c000215 05ff4c000c0e", true},  // the last one holds
      {"0409616263", false},
  };
  for (const auto& [hex, noise] : cases) EXPECT_EQ(is_apple_noise(AdvertisementData(*from_hex(hex))), noise) << hex;
}

TEST(CompatView, OnlyWhatIsNewIsNews) {
  CompatView view;
  EXPECT_TRUE(view.update(device, parse("04ff010001"))) << "the first is always";
  EXPECT_FALSE(view.update(device, parse("04ff010001")));
  EXPECT_FALSE(view.update(device, parse("04ff010001 020a04"))) << "what it sends with is no news";
  EXPECT_TRUE(view.update(device, parse("04ff010002")));
  EXPECT_TRUE(view.update(device, parse("04ff020002"))) << "another company's data are added";
  EXPECT_FALSE(view.update(device, parse("04ff010002"))) << "and stay";
  EXPECT_TRUE(view.update(device, parse("0409616263")));
  EXPECT_EQ(view.name(), "abc");
  EXPECT_FALSE(view.update(device, parse("03096162"))) << "cut short";
  EXPECT_EQ(view.content().manufacturer_data.size(), 2U);
}

}  // namespace
}  // namespace moor::hub
