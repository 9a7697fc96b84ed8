#include "gateway/config_keys.hpp"
#include "support/reference_page.hpp"

#include <gmock/gmock.h>
#include <cctype>
#include <set>

namespace moor::config {
namespace {

using testing::HasSubstr;

TEST(ConfigKeys, AreAllDifferentAndOfAKnownSection) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Key& key : keys()) {
    EXPECT_TRUE(seen.emplace(key.section, key.name).second) << key.section << "." << key.name;
    EXPECT_TRUE(std::ranges::any_of(sections(), [&](const Section& each) { return each.name == key.section; })) << key.section;
    EXPECT_EQ(find_key(key.section, key.name), &key);
    EXPECT_TRUE(key.meaning.ends_with('.')) << key.section << "." << key.name;
    std::string suffix(1, '_');
    for (const char c : key.unit) suffix += static_cast<char>(std::tolower(c));
    EXPECT_TRUE(key.unit.empty() || key.name.ends_with(suffix)) << "the unit of " << key.name << " is not in its name";
  }
}

TEST(ConfigKeys, DefaultsAreWithinTheirOwnRanges) {
  EXPECT_NO_THROW((void)parse_config(explain_config(parse_config("", "empty")), "explained"));
}

TEST(ConfigExplanation, IsAFileThatGivesTheSameConfiguration) {
  const GatewayConfig config = parse_config(R"toml(
[gateway]
name = "a \"b\" \\ \u0007"
data_dir = "/srv"
[[radio]]
spec = "bluez:hci0"
[[radio]]
spec = "bluez:hci1"
active = false
[filter]
min_rssi_dbm = -80
services = ["180f"]
manufacturers = [76]
[presence]
alpha = 0.25
[store]
path = "/srv/moor.db"
keep_days = 0.5
[privacy]
known = ["C0:00:00:00:00:01"]
)toml",
                                            "given");
  const std::string explained = explain_config(config);
  EXPECT_EQ(explain_config(parse_config(explained, "explained")), explained);
  EXPECT_THAT(explained, HasSubstr("alpha = 0.25\n"));
  EXPECT_THAT(explained, HasSubstr("spec = \"bluez:hci1\"\nactive = false\n"));
}

TEST(ConfigExplanation, LeavesTheKeysOfProxiesOut) {
  const GatewayConfig config = parse_config("[[radio]]\nspec = 'esphome://hall?key=c2VjcmV0'\n", "given");
  EXPECT_EQ(config.radios[0].spec.key, "c2VjcmV0");
  EXPECT_EQ(explain_config(config).find("c2VjcmV0"), std::string::npos);
}

TEST(ExampleConfig, IsTheDefaultAsItStands) {
  EXPECT_EQ(explain_config(parse_config(example_config(), "example")), explain_config(parse_config("", "empty")));
}

// Keys that make no sense without others.
const std::vector<std::pair<std::vector<std::string>, std::string>> needed_beside = {
    {{"key.kind", "key.key", "key.name"}, "device = 'A4:CF:12:34:56:78'\n"},
    {{"zone.name", "zone.min_rssi_dbm"}, "radios = ['bluez']\n"},
    {{"sensor.name", "sensor.max_devices", "sensor.read", "sensor.subscribe", "sensor.every_s", "sensor.stay"},
     "service = '181a'\n"},
    {{"sensor.name", "sensor.device", "sensor.service", "sensor.max_devices", "sensor.subscribe", "sensor.every_s",
      "sensor.stay"},
     "read = ['2a19']\n"},
};

TEST(ExampleConfig, HoldsWithEachOfItsKeysUncommented) {
  const std::string example = example_config();
  for (const Key& key : keys()) {
    const std::string start = "\n#" + std::string(key.name) + " = ";
    const std::string header = (find_section(key.section)->entries != nullptr ? "\n#[[" : "\n#[") + std::string(key.section) +
                               (find_section(key.section)->entries != nullptr ? "]]\n" : "]\n");
    const size_t section = example.find(header);
    ASSERT_NE(section, std::string::npos) << key.section;
    const size_t at = example.find(start, section);
    ASSERT_NE(at, std::string::npos) << key.name;
    const std::string line = example.substr(at + 2, example.find('\n', at + 2) - at - 2);
    std::string needed;  // what such an entry cannot be without
    if (const Entries* entries = find_section(key.section)->entries; entries != nullptr && key.name != entries->required)
      needed = std::string(entries->required) + " = " + std::string(entries->example) + "\n";
    for (const auto& [keys, with] : needed_beside)
      if (std::ranges::find(keys, std::string(key.section) + "." + std::string(key.name)) != keys.end()) needed += with;
    const std::string file = header.substr(2) + needed + line;
    EXPECT_NO_THROW((void)parse_config(file, "uncommented")) << file;
  }
}

TEST(ConfigReference, IsWhatTheGuideSays) {
  expect_reference("gateway.md", "the table in config_keys.cpp", config_reference());
}

TEST(NearestKey, IsOneSlipOfTheFingerAway) {
  const std::vector<std::string_view> words = {"alpha", "tau_s", "exponent", "min_samples"};
  EXPECT_EQ(nearest("alpah", words), "alpha");
  EXPECT_EQ(nearest("min_sample", words), "min_samples");
  EXPECT_EQ(nearest("exponant", words), "exponent");
  EXPECT_EQ(nearest("tau", words), "tau_s");
  EXPECT_EQ(nearest("beta", words), std::nullopt);
  EXPECT_EQ(nearest("", words), std::nullopt);
  EXPECT_EQ(nearest(std::string(1'000'000, 'a'), words), std::nullopt);
}

}  // namespace
}  // namespace moor::config
