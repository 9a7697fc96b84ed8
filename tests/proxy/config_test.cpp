#include "proxy/config.hpp"

#include "support/reference_page.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace moor::proxy {
namespace {

using testing::HasSubstr;

Config parse(std::string_view text) {
  return parse_config(text, "p.toml", "/etc/moor");
}
std::string mistakes(std::string_view text) {
  try {
    (void)parse(text);
  } catch (const ConfigMistakes& error) {
    return error.what();
  }
  return "";
}

TEST(ProxyConfig, ANameIsEnough) {
  const Config config = parse("name = 'hall'\n");
  ASSERT_EQ(config.proxies.size(), 1U);
  const ProxyConfig& proxy = config.proxies[0];
  EXPECT_EQ(proxy.name, "hall");
  EXPECT_EQ(proxy.friendly_name, "hall");
  EXPECT_EQ(proxy.radio.to_string(), "bluez");
  EXPECT_EQ(proxy.slots, 3);
  EXPECT_TRUE(proxy.active);
  EXPECT_TRUE(proxy.encryption);
  EXPECT_TRUE(proxy.announce);
  EXPECT_FALSE(proxy.mac);
  EXPECT_EQ(proxy.listen, (std::vector<ListenAddress>{{"0.0.0.0", 6053}, {"::", 6053}}));
  EXPECT_TRUE(proxy.listen_is_default);
  EXPECT_EQ(proxy.key_file, "/etc/moor/hall.key");
}

TEST(ProxyConfig, EveryKeyIsRead) {
  const Config config = parse(R"toml(
name = "shop-2"
friendly_name = "Laden"
area = "Till"
radio = "bluez:hci1"
active_connections = false
slots = 5
listen = ["127.0.0.1:0", "[::1]:6054"]
mac = "02:00:00:00:00:aa"
encryption = false
key_file = "/var/lib/moor/shop.key"
announce = false
)toml");
  const ProxyConfig& proxy = config.proxies.at(0);
  EXPECT_EQ(proxy.friendly_name, "Laden");
  EXPECT_EQ(proxy.area, "Till");
  EXPECT_EQ(proxy.radio.to_string(), "bluez:hci1");
  EXPECT_FALSE(proxy.active);
  EXPECT_EQ(proxy.slots, 5);
  EXPECT_EQ(proxy.listen, (std::vector<ListenAddress>{{"127.0.0.1", 0}, {"::1", 6054}}));
  EXPECT_FALSE(proxy.listen_is_default);
  EXPECT_EQ(proxy.mac->to_string(), "02:00:00:00:00:AA");
  EXPECT_FALSE(proxy.encryption);
  EXPECT_EQ(proxy.key_file, "/var/lib/moor/shop.key");
  EXPECT_FALSE(proxy.announce);
}

TEST(ProxyConfig, SeveralProxiesInOneFile) {
  const Config config = parse(R"toml(
[[proxy]]
name = "hall"
radio = "bluez:hci0"
[[proxy]]
name = "attic"
radio = "bluez:hci1"
listen = ["0.0.0.0:6054"]
)toml");
  ASSERT_EQ(config.proxies.size(), 2U);
  EXPECT_EQ(config.proxies[1].key_file, "/etc/moor/attic.key");
}

TEST(ProxyConfig, SeveralProxiesDifferInWhatCanBeHadOnce) {
  const std::string text = mistakes(R"toml(
[[proxy]]
name = "hall"
mac = "02:00:00:00:00:AA"
[[proxy]]
name = "hall"
mac = "02:00:00:00:00:AA"
)toml");
  for (const char* const key : {"name is 'hall'", "radio is 'bluez'", "mac is '02:00:00:00:00:AA'", "listen is '0.0.0.0:6053'"})
    EXPECT_THAT(text, HasSubstr(key));
  EXPECT_THAT(mistakes("[[proxy]]\nname = 'a'\nkey_file = 'k'\n[[proxy]]\nname = 'b'\nkey_file = 'k'\n"),
              HasSubstr("key_file is"));
}

TEST(ProxyConfig, TellsAllThatIsWrongWithPlaceAndRemedy) {
  struct Row {
    std::string text;
    std::string told;
  };
  const Row rows[] = {
      {"", "p.toml:1:1: name is missing"},
      {"name = 7", "name is"},
      {"name = ''", "name is"},
      {"name = 'Hall'", "use lower-case letters, digits and '-'"},
      {"name = 'hall proxy'", "use lower-case letters"},
      {"name = '-hall'", "neither first nor last"},
      {"name = 'a23456789012345678901234567890ab'", "name is"},
      {"name = 'h'\nslot = 3", "p.toml:2:1: slot is not known; did you mean 'slots'?"},
      {"name = 'h'\nslots = 0", "slots is 0"},
      {"name = 'h'\nslots = 10", "from 1 to 9"},
      {"name = 'h'\nlisten = '0.0.0.0:6053'", "listen is"},
      {"name = 'h'\nlisten = []", "listen is empty"},
      {"name = 'h'\nlisten = ['0.0.0.0']", "listen has '0.0.0.0'"},
      {"name = 'h'\nlisten = ['hall.local:6053']", "listen has"},
      {"name = 'h'\nlisten = ['::1:6053']", "listen has"},
      {"name = 'h'\nlisten = ['[0.0.0.0]:6053']", "listen has"},
      {"name = 'h'\nlisten = ['0.0.0.0:65536']", "listen has"},
      {"name = 'h'\nmac = 'x'", "mac is 'x'"},
      {"name = 'h'\nradio = 'hci0'", "radio is wrong"},
      {"name = 'h'\nradio = 'sim:w.toml?speed=max'", "leave ?speed=max out"},
      {"name = 'h'\nencryption = 'no'", "use true or false"},
      {"proxy = 3", "proxy is 3"},
      {"proxy = []", "begin each proxy with [[proxy]]"},
      {"slots = 3\n[[proxy]]\nname = 'h'", "slots is outside of [[proxy]]"},
      {"name = ", "p.toml:1:"},
  };
  for (const auto& [text, told] : rows) EXPECT_THAT(mistakes(text), HasSubstr(told)) << text;
  const std::string both = mistakes("name = 'h'\nslots = 0\nmac = 'x'\n");
  EXPECT_THAT(both, HasSubstr("p.toml:2:9: slots"));
  EXPECT_THAT(both, HasSubstr("p.toml:3:7: mac"));
}

TEST(ProxyConfig, ARecordingPlaysAtTheSpeedOfLife) {
  EXPECT_EQ(parse("name = 'h'\nradio = 'replay:x.btsnoop'").proxies[0].radio.speed, 1);
  EXPECT_EQ(parse("name = 'h'\nradio = 'replay:x.btsnoop?speed=4'").proxies[0].radio.speed, 4);
  EXPECT_THAT(mistakes("name = 'h'\nradio = 'replay:x.btsnoop?speed=max'"), HasSubstr("leave ?speed=max out"));
}

TEST(ProxyConfig, ExplanationIsAFileThatGivesTheSame) {
  const Config config =
      parse("name = 'hall'\nfriendly_name = 'Fl\\u00fcr \"1\"'\nmac = '02:00:00:00:00:AA'\nlisten = ['[::1]:0']\n");
  const std::string explained = explain_config(config);
  EXPECT_THAT(explained, HasSubstr("name = \"hall\"\n"));
  EXPECT_EQ(explain_config(parse(explained)), explained);
}

TEST(ProxyConfig, ExampleIsAConfigurationWithEveryKeyInIt) {
  const Config config = parse(example_config());
  EXPECT_EQ(config.proxies.at(0).name, "moor-proxy");
  std::string bare;  // every key set to what the example shows
  std::istringstream lines(example_config());
  for (std::string line; std::getline(lines, line);)
    if (line.find(" = ") != std::string::npos) bare += line.substr(line.starts_with('#') ? 1 : 0) + "\n";
  EXPECT_NO_THROW((void)parse(bare)) << bare;
}

TEST(ProxyConfig, NothingInAFileIsMoreThanAMistake) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    try {
      (void)parse(text);
    } catch (const ConfigError&) {
    }
  }));
}

TEST(ProxyConfig, ReferenceIsInTheGuide) {
  expect_reference("proxy.md", "the table in config.cpp", config_reference());
}

}  // namespace
}  // namespace moor::proxy
