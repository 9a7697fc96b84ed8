// Everything that can be wrong in a world's file, by line and key.

#include "moor/config_mistakes.hpp"
#include "moor/world.hpp"

#include <gmock/gmock.h>

namespace moor::sim {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

std::vector<ConfigMistake> mistakes_in(std::string_view text) {
  try {
    (void)parse_world(text, "world.toml");
    return {};
  } catch (const ConfigMistakes& error) {
    return error.mistakes();
  }
}

struct Wrong {
  const char* text;
  size_t line;
  const char* key;
  const char* what;
  const char* remedy;
};

class WrongWorld : public testing::TestWithParam<Wrong> {};

TEST_P(WrongWorld, IsToldWithItsPlaceAndItsRemedy) {
  const auto mistakes = mistakes_in(GetParam().text);
  ASSERT_THAT(mistakes, SizeIs(1)) << GetParam().text << "\n" << (mistakes.empty() ? "accepted" : mistakes.back().what);
  EXPECT_EQ(mistakes[0].line, GetParam().line) << GetParam().text;
  EXPECT_GT(mistakes[0].column, 0U);
  EXPECT_EQ(mistakes[0].key, GetParam().key);
  EXPECT_THAT(mistakes[0].what, HasSubstr(GetParam().what));
  EXPECT_THAT(mistakes[0].remedy, HasSubstr(GetParam().remedy));
}

#define DEVICE "[[device]]\nname = 'd'\n"
#define CHARACTERISTIC DEVICE "[[device.service]]\nuuid = '180f'\n[[device.service.characteristic]]\nuuid = '2a19'\n"
#define ADVERTISING DEVICE "[device.advertising]\n"

constexpr Wrong wrong_worlds[] = {
    // Keys that are not known.
    {"sead = 7", 1, "sead", "not known", "did you mean 'seed'?"},
    {"[chanel]\nexponent = 2", 1, "chanel", "not known", "did you mean 'channel'?"},
    {"[[devices]]\nname = 'x'", 1, "devices", "not known", "did you mean 'device'?"},
    {"[[radio]]\nname = 'r'\npositon = [1, 2]", 3, "radio.positon", "not known", "did you mean 'position'?"},
    {DEVICE "colour = 'red'", 3, "device.colour", "not known", "there are name, count"},
    {ADVERTISING "intervall = '1 s'", 4, "device.advertising.intervall", "not known", "did you mean 'interval'?"},
    {ADVERTISING "interval_years = 1", 4, "device.advertising.interval_years", "not known", "did you mean 'interval'?"},
    // Types, times and ranges.
    {"seed = -1", 1, "seed", "is -1", "a whole number from 0"},
    {"name = 3", 1, "name", "is 3", "a text of 1 to 64 bytes"},
    {"start = 'now'", 1, "start", "is 'now'", "2026-01-01T00:00:00Z"},
    {"start = 0001-01-01T00:00:00Z", 1, "start", "a date or time", "of 1980 to 2200"},
    {"[channel]\nexponent = nan", 2, "channel.exponent", "is nan", "from 1 to 6"},
    {"[channel]\nwall_db = inf", 2, "channel.wall_db", "is inf", "0 to 100 dB"},
    {"channel = 3", 1, "channel", "is 3", "begin it with [channel], once"},
    {"wall = 'brick'", 1, "wall", "is 'brick'", "[[wall]]"},
    {ADVERTISING "interval = 1", 4, "device.advertising.interval", "is 1", "interval_s"},
    {ADVERTISING "interval = '1 week'", 4, "device.advertising.interval", "is '1 week'", "a time such as \"10 s\""},
    {ADVERTISING "interval = '1 ms'", 4, "device.advertising.interval", "is '1 ms'", "from 20 ms to 10.24 s"},
    {ADVERTISING "interval_ms = '100'", 4, "device.advertising.interval_ms", "is '100'", "a number of ms"},
    {ADVERTISING "interval_s = -1", 4, "device.advertising.interval_s", "is -1", "from 20 ms"},
    {ADVERTISING "interval_s = nan", 4, "device.advertising.interval_s", "is nan", "from 20 ms"},
    {ADVERTISING "interval = '1 s'\ninterval_ms = 500", 5, "device.advertising.interval_ms",
     "is given and so is another 'interval'", "keep one"},
    {DEVICE "position = [1]", 3, "device.position", "a list", "[2, 3]"},
    {DEVICE "position = [1, nan]", 3, "device.position", "a list", "[2, 3]"},
    {DEVICE "area = [[0, 0], [1, 'x']]", 3, "device.area", "a list", "[[0, 0], [20, 10]]"},
    {DEVICE "address = 'A4:CF'", 3, "device.address", "is 'A4:CF'", "A4:CF:12:34:56:78"},
    {DEVICE "address_type = 'static'", 3, "device.address_type", "is 'static'", "one of \"public\", \"random\""},
    {DEVICE "connection_interval = '5 s'", 3, "device.connection_interval", "is '5 s'", "from 7.5 ms to 4 s"},
    {DEVICE "mtu = 22", 3, "device.mtu", "is 22", "23 to 517"},
    {DEVICE "count = 0", 3, "device.count", "is 0", "1 to 100000"},
    {"[[device]]\nname = \"a\\nb\"", 2, "device.name", "is 'a", "a text of 1 to 248 bytes"},
    {DEVICE "advertising = 3", 3, "device.advertising", "is 3", "[device.advertising]"},
    {"[[device]]\ncount = 2", 1, "device.name", "is missing", "add it; it takes a text"},
    {"[[wall]]\nfrom = [0, 0]", 1, "wall.to", "is missing", "a place in metres"},
    // Radios.
    {"[[radio]]\nposition = [0, 0]", 1, "radio.name", "is missing", "add it"},
    {"[[radio]]\nname = 'a'\n[[radio]]\nname = 'a'", 4, "radio.name", "is 'a' as in line 1", "its own"},
    {"[[radio]]\nname = 'a'\nkind = 'phone'", 3, "radio.kind", "is 'phone'", "\"adapter\", \"proxy\""},
    {"[[radio]]\nname = 'a'\nscan_interval = '50 ms'\nscan_window = '60 ms'", 4, "radio.scan_window",
     "is 60 ms and scan_interval 50 ms", "at most the interval"},
    {"[[radio]]\nname = 'a'\n[[radio.fault]]\nkind = 'tired'", 4, "radio.fault.kind", "is 'tired'", "\"stuck\""},
    {"[[radio]]\nname = 'a'\n[[radio.fault]]\nkind = 'dead'\nevery = '1 h'", 5, "radio.fault.every", "does not end",
     "how long it lasts"},
    {"[[radio]]\nname = 'a'\n[[radio.fault]]\nkind = 'dead'\nrandom = true", 5, "radio.fault.random", "without every",
     "how often"},
    {"[channel]\nbody_min_db = 20", 2, "channel.body_min_db", "body_min_db 20 and body_max_db 15", "at most body_max_db"},
    // Devices.
    {DEVICE "address = 'A4:CF:12:34:56:78'\n[[device]]\nname = 'e'\naddress = 'A4:CF:12:34:56:77'\ncount = 2", 4,
     "device.address", "is A4:CF:12:34:56:78 as of the device in line 1", "its own"},
    {DEVICE "position = [0, 0]\nwalk = {area = [[0, 0], [1, 1]]}", 4, "device.walk", "is given and so is position", "keep one"},
    {DEVICE "stagger = '1 s'", 3, "device.stagger", "without a path", "leave it out"},
    {DEVICE "path = []", 1, "device.path", "is empty", "at least one place"},
    {DEVICE "path = [{at = '2 s', position = [0, 0]}, {at = '1 s', position = [0, 0]}]", 3, "device.path.at", "is not after",
     "in the order of time"},
    {DEVICE "walk = {area = [[0, 0], [1, 1]], speed = [2, 1]}", 3, "device.walk.speed", "a list", "[0.5, 1.5]"},
    {DEVICE "walk = {area = [[0, 0], [1, 1]], stay = ['1 h', '1 min']}", 3, "device.walk.stay", "a list", "from 0 s"},
    {DEVICE "walk = {speed = 1}", 3, "device.walk.area", "is missing", "an area in metres"},
    {DEVICE "[device.sleep]\nawake = '1 min'", 3, "device.sleep.asleep", "is missing", "a time"},
    {DEVICE "count = 60000\n[[device]]\nname = 'e'\ncount = 60000", 4, "device.count", "makes 120000 devices", "up to 100000"},
    {ADVERTISING "connectable = false\n[[device.service]]\nuuid = '180f'", 4, "device.advertising.connectable",
     "is false for a device with services", "leave it out"},
    {DEVICE "pairing = 'pin'", 3, "device.pairing", "is 'pin'",
     "one of \"just works\", \"passkey entry\", \"passkey display\", \"numeric comparison\""},
    {DEVICE "pairing = 'passkey entry'", 1, "device.passkey", "is missing", "such as passkey = 123456"},
    {DEVICE "pairing = 'passkey entry'\npasskey = 1000000", 4, "device.passkey", "is 1000000", "from 0 to 999999"},
    {DEVICE "pairing = 'numeric comparison'\npasskey = 1", 4, "device.passkey", "is not for numeric comparison", "leave it out"},
    {DEVICE "passkey = 1", 3, "device.passkey", "is not for just works", "passkey entry"},
    {DEVICE "bonds = false\npairing = 'just works'", 4, "device.pairing", "bonds is false", "one of them"},
    {CHARACTERISTIC "descriptor = [{uuid = '2901', errors = {read = 300}}]", 7,
     "device.service.characteristic.descriptor.errors.read", "is 300", "1 to 255"},
    // Payloads.
    {ADVERTISING "payload = '0x02'", 4, "device.advertising.payload", "is '0x02'", "hexadecimal digits"},
    {ADVERTISING "payload = '00000000000000000000000000000000000000000000000000000000000000ff'", 3, "device.advertising.payload",
     "a payload of 32 bytes", "up to 31, more with extended = true"},
    {ADVERTISING "payload = '00'\nservices = ['180f']", 5, "device.advertising.services", "and so is payload", "keep one"},
    {ADVERTISING "name = 'a name that is longer than any scan response'", 3, "device.advertising.scan_response",
     "a scan response of", "leave something out"},
    {ADVERTISING "extended = true\nscan_response = '00'", 5, "device.advertising.scan_response", "can be connected",
     "connectable = false"},
    {ADVERTISING "manufacturer = {company = 70000, data = ''}", 4, "device.advertising.manufacturer.company", "is 70000",
     "65535"},
    {ADVERTISING "manufacturer = {company = 76, data = 'xy'}", 4, "device.advertising.manufacturer.data", "is 'xy'",
     "hexadecimal"},
    {ADVERTISING "manufacturer = {company = 76}", 4, "device.advertising.manufacturer.data", "is missing", "add it"},
    {ADVERTISING "beacon = {type = 'ibeacon'}", 4, "device.advertising.beacon.uuid", "is missing", "ibeacon needs it"},
    {ADVERTISING "beacon = {type = 'ibeacon', uuid = '180f', url = 'x'}", 4, "device.advertising.beacon.url",
     "is not for ibeacon", "uuid, major"},
    {ADVERTISING "beacon = {type = 'ibeacon', uuid = '180f', minor = 70000}", 4, "device.advertising.beacon.minor", "is '70000'",
     "0 to 65535"},
    {ADVERTISING "beacon = {type = 'altbeacon', id = '00'}", 4, "device.advertising.beacon.id", "is '00'",
     "40 hexadecimal digits"},
    {ADVERTISING "beacon = {type = 'eddystone-url', url = 'ftp://x'}", 4, "device.advertising.beacon.url", "is 'ftp://x'",
     "a short address"},
    {ADVERTISING "beacon = {type = 'bthome', readings = ['warmth=1']}", 4, "device.advertising.beacon.readings", "'warmth=1'",
     "temperature=21.5"},
    {ADVERTISING "beacon = {type = 'ruuvi5', readings = ['carbon_dioxide=1']}", 4, "device.advertising.beacon.readings",
     "no field", "humidity"},
    {ADVERTISING "beacon = {type = 'smoke'}", 4, "device.advertising.beacon.type", "is 'smoke'", "\"altbeacon\""},
    // GATT.
    {CHARACTERISTIC "notify_every = '1 s'", 7, "device.service.characteristic.notify_every", "cannot notify", "add \"notify\""},
    {CHARACTERISTIC "properties = ['reed']", 7, "device.service.characteristic.properties", "has 'reed'", "\"read\""},
    {CHARACTERISTIC "format = 'u7'", 7, "device.service.characteristic.format", "is wrong", ""},
    {CHARACTERISTIC "value = 5", 7, "device.service.characteristic.value", "is 5", "format = \"s16*0.01\""},
    {CHARACTERISTIC "format = 'u8'\nvalue = '05'", 8, "device.service.characteristic.value", "is '05'", "use a number"},
    {CHARACTERISTIC "format = 'u8'\nvalue = nan", 8, "device.service.characteristic.value", "is nan", "from -1e12"},
    {CHARACTERISTIC "value = 'battery'", 7, "device.service.characteristic.value", "is 'battery'", "format = \"utf8\""},
    {CHARACTERISTIC "format = 'u8'\nvalue = {sin = {}}", 8, "device.service.characteristic.value.sin", "not known",
     "did you mean 'sine'?"},
    {CHARACTERISTIC "format = 'u8'\nvalue = {sine = {}, walk = {}}", 8, "device.service.characteristic.value",
     "has 2 of the ways", "give one of"},
    {CHARACTERISTIC "format = 'u8'\nvalue = {sine = 3}", 8, "device.service.characteristic.value.sine", "is 3", "once"},
    {CHARACTERISTIC "value = {sine = {}}", 7, "device.service.characteristic.value", "is a number", "format"},
    {CHARACTERISTIC "format = 'u8'\nvalue = {uniform = {min = 2, max = 1}}", 8, "device.service.characteristic.value.uniform.min",
     "is 2 and max is 1", "at most max"},
    {CHARACTERISTIC "format = 'u8'\nvalue = {script = {steps = []}}", 8, "device.service.characteristic.value.script.steps",
     "is empty", "at least one"},
    {CHARACTERISTIC "format = 'u8'\nvalue = {script = {steps = [{at = '2 s', value = 1}, {at = '1 s', value = 1}]}}", 8,
     "device.service.characteristic.value.script.steps.at", "is before", "order of time"},
    {CHARACTERISTIC "errors = {read = 0}", 7, "device.service.characteristic.errors.read", "is 0", "1 to 255"},
    {CHARACTERISTIC "descriptor = {uuid = '2902'}", 7, "device.service.characteristic.descriptor.uuid", "of subscriptions",
     "leave it out"},
    {CHARACTERISTIC "max_size = 513", 7, "device.service.characteristic.max_size", "is 513", "0 to 512"},
    {DEVICE "[[device.service]]\nuuid = 'battery'", 4, "device.service.uuid", "is 'battery'", "a UUID such as \"180f\""},
    // Faults.
    {DEVICE "[[device.fault]]\nkind = 'dropped'", 4, "device.fault.kind", "is 'dropped'", "\"drop\""},
    {DEVICE "[[device.fault]]\nkind = 'drop'\nradio = 'hall'", 5, "device.fault.radio", "is 'hall', which is no radio",
     "there are radio"},
    {DEVICE "[[device.fault]]\nkind = 'drop'\nradio = 'radoi'", 5, "device.fault.radio", "no radio of this world",
     "did you mean 'radio'?"},
    {DEVICE "[[device.fault]]\nkind = 'drop'\nreason = 'timed out'", 5, "device.fault.reason", "is not for drop", "leave it out"},
    {DEVICE "[[device.fault]]\nkind = 'removed'\nevery = '1 h'", 5, "device.fault.every", "is not for removed", "leave it out"},
    {DEVICE "[[device.fault]]\nkind = 'drop'\nrandom = true", 5, "device.fault.random", "without every", "60 h"},
    {DEVICE "[[device.fault]]\nkind = 'reboot'\nevery = '1 h'", 3, "device.fault.after", "is missing",
     "how long the reboot takes"},
    {DEVICE "[[device.fault]]\nkind = 'drop'\nchance = 1.5", 5, "device.fault.chance", "is 1.5", "0 to 1"},
    {DEVICE "[[device.fault]]\nkind = 'drop'\nclose = 'bored'", 5, "device.fault.close", "is 'bored'", "\"supervision timeout\""},
    {DEVICE "[[device.fault]]\nkind = 'operation error'\natt_code = 256", 5, "device.fault.att_code", "is 256", "1 to 255"},
    // The form of the file.
    {"[[device]\nname = 'x'", 1, "", "", "correct it"},
    {"seed = 1\nseed = 2", 2, "", "", "correct it"},
};
INSTANTIATE_TEST_SUITE_P(Table, WrongWorld, testing::ValuesIn(wrong_worlds));

TEST(WorldMistakes, TellsAllMistakesTogetherInTheirOrder) {
  try {
    (void)parse_world("seed = 'x'\n[[radio]]\nname = 'a'\nslot = 3\n[[device]]\naddress = 'x'\n", "flat.toml");
    FAIL() << "accepted";
  } catch (const ConfigMistakes& error) {
    EXPECT_STREQ(error.what(),
                 "flat.toml:1:8: seed is 'x'; use a whole number from 0 to 9000000000000000\n"
                 "flat.toml:4:1: radio.slot is not known; did you mean 'slots'?\n"
                 "flat.toml:5:1: device.name is missing; add it; it takes a text of 1 to 248 bytes\n"
                 "flat.toml:6:11: device.address is 'x'; use an address such as \"A4:CF:12:34:56:78\"");
    EXPECT_EQ(error.advice(), "docs/worlds.md describes every key.");
  }
}

TEST(WorldMistakes, AMistakeOfADeviceIsToldOnceForAllItsCopies) {
  EXPECT_THAT(mistakes_in(DEVICE "count = 5000\n[device.advertising]\nmanufacturer = {company = 1, data = '{n}x'}\n"), SizeIs(1));
}

TEST(WorldMistakes, AnEntryThatIsNoTableIsToldForEach) {
  EXPECT_THAT(mistakes_in("wall = [1, 2]\n"), SizeIs(2));
}

TEST(WorldMistakes, HostileFilesAreBounded) {
  std::string many = "[[device]]\nname = 'd'\n[[device.service]]\nuuid = '180f'\n";
  for (int i = 0; i < 1001; ++i) many += "[[device.service.characteristic]]\nuuid = '2a19'\n";
  ASSERT_THAT(mistakes_in(many), SizeIs(1));
  EXPECT_EQ(mistakes_in(many)[0].what, "is one too many");
  std::string radios;
  for (int i = 0; i < 1001; ++i) radios += "[[radio]]\nname = 'r" + std::to_string(i) + "'\n";
  ASSERT_THAT(mistakes_in(radios), SizeIs(1));
  EXPECT_EQ(mistakes_in(radios)[0].key, "radio");
  std::string heavy = "[[device]]\nname = 'd'\ncount = 100000\n";
  for (int i = 0; i < 1000; ++i) heavy += "[[device.fault]]\nkind = 'drop'\n";
  ASSERT_THAT(mistakes_in(heavy), SizeIs(1));
  EXPECT_THAT(mistakes_in(heavy)[0].remedy, HasSubstr("too much"));
  EXPECT_THAT(parse_world("[[device]]\nname = 'd'\ncount = 100000\n", "world.toml").devices, SizeIs(100'000));
}

}  // namespace
}  // namespace moor::sim
