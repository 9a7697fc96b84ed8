#include "gateway/config.hpp"

#include "temporary_folder.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<ConfigMistake> mistakes_in(std::string_view text) {
  try {
    (void)parse_config(text, "shop.toml");
    return {};
  } catch (const ConfigMistakes& error) {
    return error.mistakes();
  }
}

TEST(Config, AnEmptyFileIsTheDefaultAdapterAndNoStore) {
  const GatewayConfig config = parse_config("", "shop.toml");
  ASSERT_THAT(config.radios, SizeIs(1));
  EXPECT_EQ(config.radios[0].spec.to_string(), "bluez");
  EXPECT_TRUE(config.store.path.empty());
  EXPECT_EQ(config.privacy.store_addresses, AddressStorage::never);
}

TEST(Config, SaysEverythingThatAGatewayNeeds) {
  const GatewayConfig config = parse_config(R"toml(
[gateway]
name = "Oxford Street 3"
data_dir = "/var/lib/moor"

[[radio]]
spec = "bluez:hci1"
active = false
[[radio]]
spec = "replay:day.btsnoop?speed=max"

[filter]
min_rssi_dbm = -90
name = "Sensor*"
services = ["180f", "0000fe9f-0000-1000-8000-00805f9b34fb"]
manufacturers = [76, 0x0499]
addresses = ["A4:CF:12:34:56:78"]

[presence]
tau_s = 4
exponent = 3
tx_power_dbm = -61
min_samples = 5
near_dbm = -50
far_dbm = -75
hysteresis_db = 2.5
reading_interval_s = 0.5
lost_after_s = 90

[devices]
max = 500
forget_after_s = 600

[store]
path = "moor.db"
synchronous = "normal"
batch_rows = 200
batch_age_s = 2
queue_rows = 5000
keep_days = 30

[privacy]
store_addresses = "public"
rotate_every_h = 0.5
known = ["C0:00:00:00:00:01"]
key_file = "/etc/moor/identity.key"

[view]
mode = "off"
refresh_ms = 1000

[log]
level = "debug"
)toml",
                                            "shop.toml");
  EXPECT_EQ(config.gateway.name, "Oxford Street 3");
  ASSERT_THAT(config.radios, SizeIs(2));
  EXPECT_EQ(config.radios[0].spec.target, "hci1");
  EXPECT_FALSE(config.radios[0].active);
  EXPECT_TRUE(config.radios[1].active);
  EXPECT_EQ(config.radios[1].spec.speed, 0);
  EXPECT_EQ(config.filter.min_rssi_dbm, -90);
  EXPECT_EQ(config.filter.name, "Sensor*");
  EXPECT_THAT(config.filter.services, ElementsAre(Uuid(0x180F), Uuid(0xFE9F)));
  EXPECT_THAT(config.filter.manufacturers, ElementsAre(76, 0x0499));
  EXPECT_THAT(config.filter.addresses, ElementsAre(Address(0xA4CF12345678, false)));
  EXPECT_EQ(config.presence.tau, Duration(4s));
  EXPECT_EQ(config.presence.tx_power_dbm, -61);
  EXPECT_EQ(config.presence.reading_interval, Duration(500ms));
  EXPECT_EQ(config.presence.hysteresis_db, 2.5);
  EXPECT_EQ(config.devices.max, 500);
  EXPECT_EQ(config.store.path, "/var/lib/moor/moor.db");
  EXPECT_EQ(config.store.synchronous, Synchronous::normal);
  EXPECT_EQ(config.store.batch_age, Duration(2s));
  EXPECT_EQ(config.store.keep, Duration(std::chrono::days(30)));
  EXPECT_EQ(config.privacy.store_addresses, AddressStorage::public_only);
  EXPECT_EQ(config.privacy.rotate_every, Duration(30min));
  EXPECT_EQ(config.privacy.key_file, "/etc/moor/identity.key");
  EXPECT_EQ(config.view.mode, ViewMode::off);
  EXPECT_EQ(config.view.refresh, Duration(1s));
  EXPECT_EQ(config.log_level, LogLevel::debug);
}

struct Wrong {
  const char* text;
  size_t line;
  const char* key;
  const char* what;
  const char* remedy;
};

TEST(Config, KeysAreReadAndNeverShown) {
  const auto config = parse_config(
      "[[key]]\ndevice = 'A4:CF:12:34:56:78'\nkey = '231d39c1d7cc1ab1aee224cd096db932'\nname = 'freezer'\n"
      "[[key]]\nkind = 'eddystone'\nkey = '00112233445566778899aabbccddeeff'\n",
      "test");
  ASSERT_THAT(config.keys, SizeIs(2));
  EXPECT_EQ(config.keys[0].kind, KeyKind::bthome);
  EXPECT_EQ(config.keys[1].kind, KeyKind::eddystone);
  KeyRing ring;
  add_keys(config.keys, ring);
  ASSERT_NE(ring.find(KeyKind::bthome, *Address::parse("A4:CF:12:34:56:78", true)), nullptr);
  EXPECT_EQ(ring.find(KeyKind::bthome, *Address::parse("A4:CF:12:34:56:78"))->name, "freezer");
  EXPECT_THAT(ring.nameless(), SizeIs(1));
  EXPECT_EQ(explain_config(config).find("231d39"), std::string::npos);
}

TEST(Config, AnIdentityResolvingKeyNeedsNoDevice) {
  for (const char* device : {"", "device = 'C0:00:00:00:00:01'\n"}) {
    const auto config = parse_config(
        std::string("[[key]]\nkind = 'irk'\nname = 'phone'\n") + device + "key = '00112233445566778899aabbccddeeff'\n", "test");
    KeyRing ring;
    add_keys(config.keys, ring);
    ASSERT_THAT(ring.addresses().owners(), SizeIs(1));
    EXPECT_EQ(ring.addresses().owners()[0].name, "phone");
  }
}

TEST(Config, ADeviceHasOneKeyOfAKind) {
  const std::string entry = "[[key]]\ndevice = 'A4:CF:12:34:56:78'\nkey = '231d39c1d7cc1ab1aee224cd096db932'\n";
  const auto mistakes = mistakes_in(entry + entry);
  ASSERT_THAT(mistakes, SizeIs(1));
  EXPECT_EQ(mistakes[0].line, 4U);
  EXPECT_EQ(mistakes[0].what.find("231d39"), std::string::npos) << "a mistake does not show the key";
}

class WrongConfig : public testing::TestWithParam<Wrong> {};

TEST_P(WrongConfig, IsToldWithItsPlaceAndItsRemedy) {
  const auto mistakes = mistakes_in(GetParam().text);
  ASSERT_THAT(mistakes, SizeIs(1)) << GetParam().text;
  EXPECT_EQ(mistakes[0].line, GetParam().line);
  EXPECT_GT(mistakes[0].column, 0);
  EXPECT_EQ(mistakes[0].key, GetParam().key);
  EXPECT_THAT(mistakes[0].what, HasSubstr(GetParam().what));
  EXPECT_THAT(mistakes[0].remedy, HasSubstr(GetParam().remedy));
}

constexpr Wrong wrong_configs[] = {
    // Keys and sections that are not known.
    {"[filter]\nmin_rsi_dbm = -80", 2, "filter.min_rsi_dbm", "not known", "did you mean 'min_rssi_dbm'?"},
    {"[presence]\nalhpa = 0.3", 2, "presence.alhpa", "not known", "did you mean 'alpha'?"},
    {"[presence]\ntau = 3", 2, "presence.tau", "not known", "did you mean 'tau_s'?"},
    {"[presence]\nlost_after = 3", 2, "presence.lost_after", "not known", "did you mean 'lost_after_s'?"},
    {"[store]\nfile = 'x'", 2, "store.file", "not known", "there are path, synchronous"},
    {"[devices]\nalpha = 0.3", 2, "devices.alpha", "not known", "it belongs in [presence]"},
    {"\n[presense]\nalpha = 0.3", 2, "presense", "no section", "did you mean 'presence'?"},
    {"[broker]\nhost = 'x'", 1, "broker", "no section", "there are gateway, radio"},
    {"alpha = 0.3", 1, "alpha", "in no section", "it belongs in [presence]"},
    {"[[radio]]\nspec = 'bluez'\nactiv = true", 3, "radio.activ", "not known", "did you mean 'active'?"},
    // Types.
    {"[presence]\nalpha = '0.3'", 2, "presence.alpha", "is '0.3'", "use a number from 0.01 to 1"},
    {"[presence]\nmin_samples = 2.5", 2, "presence.min_samples", "is 2.5", "use a whole number from 1 to 1000"},
    {"[filter]\nname = 7", 2, "filter.name", "is 7", "use a text"},
    {"[filter]\nservices = '180f'", 2, "filter.services", "is '180f'", "a list of UUIDs"},
    {"[filter]\nservices = ['180f', 'battery']", 2, "filter.services", "has 'battery'", "a list of UUIDs"},
    {"[filter]\nmanufacturers = [76, 65536]", 2, "filter.manufacturers", "has 65536", "from 0 to 65535"},
    {"[filter]\nmanufacturers = ['Apple']", 2, "filter.manufacturers", "has 'Apple'", "company numbers"},
    {"[filter]\naddresses = ['A4:CF']", 2, "filter.addresses", "has 'A4:CF'", "A4:CF:12:34:56:78"},
    {"[[radio]]\nspec = 'bluez'\nactive = 1", 3, "radio.active", "is 1", "use true or false"},
    {"[log]\nlevel = 'loud'", 2, "log.level", "is 'loud'", "\"warning\""},
    {"[privacy]\nstore_addresses = true", 2, "privacy.store_addresses", "is true", "one of \"never\", \"public\", \"all\""},
    {"[store]\npath = 2024-01-01", 2, "store.path", "a date or time", "use a path"},
    {"[view]\nrefresh_ms = {every = 5}", 2, "view.refresh_ms", "a table", "from 100 to 60000 ms"},
    // Ranges.
    {"[presence]\nalpha = 1.5", 2, "presence.alpha", "is 1.5", "0.01 to 1"},
    {"[presence]\nalpha = 0", 2, "presence.alpha", "is 0", "0.01 to 1"},
    {"[presence]\nexponent = nan", 2, "presence.exponent", "is nan", "1 to 6"},
    {"[presence]\nlost_after_s = inf", 2, "presence.lost_after_s", "is inf", "1 to 86400 s"},
    {"[filter]\nmin_rssi_dbm = 70", 2, "filter.min_rssi_dbm", "is 70", "-127 to 20 dBm"},
    {"[store]\nqueue_rows = -1", 2, "store.queue_rows", "is -1", "1 to 1000000"},
    {"[store]\nkeep_days = 9223372036854775807", 2, "store.keep_days", "is 9223372036854775807", "0 to 36500 days"},
    {"[gateway]\nname = ''", 2, "gateway.name", "is ''", "1 to 64 bytes"},
    // What does not fit together.
    {"[presence]\nnear_dbm = -75", 2, "presence.near_dbm", "near_dbm -75 and far_dbm -70", "a near_dbm above far_dbm"},
    {"[presence]\nnear_dbm = -60\nfar_dbm = -60", 2, "presence.near_dbm", "far_dbm -60", "above far_dbm"},
    {"[presence]\nalpha = 0.3\ntau_s = 3", 3, "presence.tau_s", "so is alpha", "keep one"},
    {"[devices]\nforget_after_s = 10", 2, "devices.forget_after_s", "forget_after_s 10", "at least presence.lost_after_s"},
    {"[store]\nbatch_rows = 30000", 2, "store.batch_rows", "queue_rows 20000", "a queue_rows of at least batch_rows"},
    // Radios.
    {"[[radio]]\nactive = true", 1, "radio.spec", "is missing", "spec = \"bluez\""},
    {"[[radio]]\nspec = 'usb:1'", 2, "radio.spec", "no such kind of radio", "bluez:hciN"},
    {"[radio]\nspec = 'bluez'", 1, "radio", "is a table", "[[radio]]"},
    {"radio = 'bluez'", 1, "radio", "is 'bluez'", "[[radio]]"},
    {"[[key]]\ndevice = 'A4:CF:12:34:56:78'", 1, "key.key", "is missing", "such as key = "},
    {"[[key]]\ndevice = 'A4:CF:12:34:56:78'\nkey = 'secret'", 3, "key.key", "is no key", "hexadecimal digits"},
    {"[[key]]\ndevice = 'A4:CF:12:34:56:78'\nkey = '231d39c1d7cc'", 1, "key", "has 6 bytes", "32 hexadecimal digits"},
    {"[[key]]\nkey = '231d39c1d7cc1ab1aee224cd096db932'", 1, "key", "needs a device", "add the device's address"},
    {"[[key]]\nkind = 'eddystone'\ndevice = 'A4:CF:12:34:56:78'\nkey = '231d39c1d7cc1ab1aee224cd096db932'", 1, "key",
     "needs no device", "leave out"},
    {"[[key]]\nkind = 'wifi'\nkey = '00'", 2, "key.kind", "is 'wifi'", "one of \"bthome\""},
    {"[[key]]\ndevice = 'A4'\nkey = '231d39c1d7cc1ab1aee224cd096db932'", 2, "key.device", "is 'A4'", "an address"},
    {"[[radio]]\nspec = 'bluez:hci0'\n[[radio]]\nspec = 'bluez:hci0'", 3, "radio.spec", "as in line 1", "remove one"},
    {"store = 'moor.db'", 1, "store", "is 'moor.db'", "begin a section with [store]"},
    // Devices, zones and sensors.
    {"[[device]]\nname = 'freezer'", 1, "device.address", "is missing", "such as address = "},
    {"[[device]]\naddress = 'A4:CF'", 2, "device.address", "is 'A4:CF'", "an address such as"},
    {"[device]\naddress = 'A4:CF:12:34:56:78'", 1, "device", "is a table", "begin each device with [[device]]"},
    {"[[zone]]\nradios = ['bluez']", 1, "zone.name", "is missing", "such as name = "},
    {"[[zone]]\nname = 'Hall'", 1, "zone.radios", "is missing", "radios = "},
    {"[[zone]]\nname = 'Hall'\nradios = ['bluez']\n[[zone]]\nname = 'Hall'\nradios = ['bluez:hci1']", 4, "zone.name",
     "as in line 1", "a name of its own"},
    {"[[zone]]\nname = 'Hall'\nradios = ['bluez']\n[[zone]]\nname = 'Shop'\nradios = ['bluez']", 4, "zone.radios", "has 'bluez'",
     "one of the two"},
    {"[[sensor]]\nname = 'a'\nread = ['2a19']", 1, "sensor", "neither a device nor a service", "which one to connect to"},
    {"[[sensor]]\nname = 'a'\ndevice = 'A4:CF:12:34:56:78'\nservice = '180f'\nread = ['2a19']", 1, "sensor",
     "a device and a service", "which one"},
    {"[[sensor]]\nname = 'a'\nservice = '180f'", 1, "sensor", "reads nothing", "such as read = "},
    {"[[sensor]]\nname = 'a'\nservice = 'battery'\nread = ['2a19']", 3, "sensor.service", "is 'battery'", "a UUID such as"},
    {"[[sensor]]\nname = 'a'\nservice = '180f'\nread = ['2a19']\nevery_s = 0", 5, "sensor.every_s", "is 0", "from 1 to 604800"},
    // Publishing.
    {"[mqtt]\nhost = 'x'\nport = 70000", 3, "mqtt.port", "is 70000", "from 0 to 65535"},
    {"[mqtt]\nhost = 'x'\nversion = '4'", 3, "mqtt.version", "is '4'", "one of \"3.1.1\", \"5\""},
    {"[mqtt]\nhost = 'x'\ntopic = 'moor/#'", 3, "mqtt.topic", "is 'moor/#'", "without + and #"},
    {"[mqtt]\nhost = 'x'\npassword = \"a\\nb\"", 3, "mqtt.password", "no text of one line", "a secret text"},
    {"[mqtt]\nhost = 'x'\npassword = 'a'\npassword_file = 'b'", 3, "mqtt.password", "so is password_file", "keep one"},
    {"[mqtt]\nhost = 'x'\ntls = true\ncert_file = 'c.pem'", 4, "mqtt.cert_file", "without the other",
     "both cert_file and key_file"},
    {"[mqtt]\nhost = 'x'\nca_file = 'c.pem'", 3, "mqtt.ca_file", "tls is off", "add tls = true"},
    {"[home_assistant]\nprefix = '/homeassistant'", 2, "home_assistant.prefix", "is '/homeassistant'", "with / between them"},
    {"[[webhook]]\nevents = ['zone']", 1, "webhook.url", "is missing", "such as url = "},
    {"[[webhook]]\nurl = 'ftp://x'", 1, "webhook.url", "is 'ftp://x'", "http:// or https://"},
    {"[[webhook]]\nurl = 'http://x'\nevents = ['door']", 3, "webhook.events", "'door'", "a list of"},
    // Serving.
    {"[serve]\naddress = 'localhost'", 2, "serve.address", "is 'localhost'", "a numeric address"},
    {"[serve]\naddress = '0.0.0.0'", 2, "serve.address", "others than this machine", "a token or client_ca_file"},
    {"[serve]\naddress = '0.0.0.0'\ntoken = 'long-enough'", 2, "serve.address", "others than this machine", "add cert_file"},
    {"[serve]\ncert_file = 'c.pem'", 2, "serve.cert_file", "without the other", "both cert_file and key_file"},
    {"[serve]\nclient_ca_file = 'c.pem'", 2, "serve.client_ca_file", "without TLS", "add cert_file and key_file"},
    {"[serve]\nmax_connections = 0", 2, "serve.max_connections", "is 0", "from 1 to 10000"},
    {"[serve]\nlisten = '127.0.0.1'", 2, "serve.listen", "not known", "there are enabled, address"},
    // The form of the file.
    {"[presence\nalpha = 0.3", 1, "", "", "correct it"},
    {"[presence]\nalpha = 0.3\nalpha = 0.4", 3, "", "", "correct it"},
    {"[presence]\nalpha = ", 2, "", "", "correct it"},
};
INSTANTIATE_TEST_SUITE_P(Table, WrongConfig, testing::ValuesIn(wrong_configs));

TEST(Config, TellsAllMistakesTogetherInTheirOrder) {
  try {
    (void)parse_config("[presence]\nalpha = 2\nnear = 1\n\n[store]\nsynchronous = 'fast'\n\n[log]\nlevel = 3\n", "shop.toml");
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "shop.toml:2:9: presence.alpha is 2; use a number from 0.01 to 1\n"
                 "shop.toml:3:1: presence.near is not known; did you mean 'near_dbm'?\n"
                 "shop.toml:6:15: store.synchronous is 'fast'; use one of \"full\", \"normal\"\n"
                 "shop.toml:9:9: log.level is 3; use one of \"trace\", \"debug\", \"info\", \"warning\", \"error\", \"off\"");
    EXPECT_NE(error.advice(), "");
  }
}

TEST(Config, IsReadFromAFileAndNamesIt) {
  const TemporaryFolder folder;
  write_file(folder / "shop.toml", "[log]\nlevel = 'loud'\n");
  try {
    (void)load_config(folder / "shop.toml");
    FAIL() << "accepted";
  } catch (const ConfigMistakes& error) {
    EXPECT_THAT(error.what(), HasSubstr("shop.toml:2:9: log.level"));
  }
  write_file(folder / "shop.toml", "[log]\nlevel = 'error'\n");
  EXPECT_EQ(load_config(folder / "shop.toml").log_level, LogLevel::error);
}

TEST(Config, AFileThatCannotBeReadIsToldWithWhatToDo) {
  const TemporaryFolder folder;
  const auto refusal = [](const std::filesystem::path& path) -> std::string {
    try {
      (void)load_config(path);
      return "accepted";
    } catch (const ConfigError& error) {
      EXPECT_NE(error.advice(), "");
      return error.what();
    }
  };
  EXPECT_THAT(refusal(folder / "none.toml"), HasSubstr("No such file"));
  EXPECT_THAT(refusal(folder.path()), HasSubstr("is a folder"));
  write_file(folder / "large.toml", std::string(2 << 20, '#'));
  EXPECT_THAT(refusal(folder / "large.toml"), HasSubstr("over 1 MiB"));
}

TEST(Config, HostileTextIsRefusedAndNothingWorse) {
  for (const std::string& text :
       {std::string(100'000, '['), "a = " + std::string(100'000, '['), std::string("\0\0\0", 3), std::string("\xFF\xFE[log]"),
        "[" + std::string(100'000, 'x') + "]\n", std::string("a.b.c.d = 1")})
    EXPECT_THROW((void)parse_config(text, "hostile"), ConfigMistakes) << text.substr(0, 20);
}

TEST(Config, AnyTextIsEitherReadOrRefused) {
  EXPECT_TRUE(rc::check([] {
    const auto lines = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(
        std::vector<std::string>{"[presence]", "[[radio]]", "[radio]", "[store]", "alpha = 0.5", "alpha = [[]]", "spec = 'bluez'",
                                 "spec = 1", "near_dbm = -90", "far_dbm = -20", "path = ''", "path = {}", "[privacy.known]",
                                 "[[store]]", "x", "= 1", "known = [1, 'x']", "\"\" = 1"}));
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    try {
      const GatewayConfig config = parse_config(text, "random");
      RC_ASSERT(!config.radios.empty());
      RC_ASSERT(config.presence.near_dbm > config.presence.far_dbm);
    } catch (const ConfigMistakes& error) {
      RC_ASSERT(!error.mistakes().empty());
    }
  }));
}

}  // namespace
}  // namespace moor
