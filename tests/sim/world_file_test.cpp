#include "gateway/temporary_folder.hpp"
#include "moor/beacon.hpp"
#include "moor/bthome.hpp"
#include "moor/config_mistakes.hpp"
#include "moor/ruuvi.hpp"
#include "radio/sim/world_file_keys.hpp"
#include "support/reference_page.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <set>

namespace moor::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

WorldSpec world_of(const std::string& text) {
  try {
    return parse_world(text, "world.toml");
  } catch (const ConfigMistakes& error) {
    ADD_FAILURE() << error.what();
    return {};
  }
}

DeviceEntry device_of(const std::string& text) {
  WorldSpec world = world_of("[[device]]\nname = 'd'\n" + text);
  return world.devices.empty() ? DeviceEntry{} : world.devices.front();
}

TEST(WorldFile, AnEmptyOneHasOneRadio) {
  const WorldSpec world = world_of("");
  ASSERT_THAT(world.radios, SizeIs(1));
  EXPECT_EQ(world.radios[0].name, "radio");
  EXPECT_EQ(world.radios[0].position, Position{});
  EXPECT_THAT(world.devices, IsEmpty());
}

TEST(WorldFile, SaysWhatAWorldIs) {
  const WorldSpec world = world_of(R"toml(
name = "flat"
seed = 7
start = 2026-03-01T12:00:00+01:00
[channel]
exponent = 3.0
collisions = false
[[wall]]
from = [0, 5]
to = [4, 5]
loss_db = 6
[[radio]]
name = "hall"
kind = "proxy"
position = [2, 3, 1.5]
slots = 3
scan_interval = "100 ms"
scan_window_ms = 30
  [[radio.fault]]
  kind = "dead"
  at = "1 h"
  lasts_min = 5
[[device]]
name = "Thermometer"
address = "A4:CF:12:34:56:78"
path = [{at = "0 s", position = [0, 0]}, {at = "10 s", position = [5, 0]}]
carried = true
mtu = 185
connection_interval = "30 ms"
  [device.advertising]
  interval = "1 s"
  services = ["181a"]
  [[device.service]]
  uuid = "181a"
    [[device.service.characteristic]]
    uuid = "2a6e"
    properties = ["read", "notify"]
    format = "s16*0.01"
    value = {sine = {mean = 21, amplitude = 3, period = "24 h", noise = 0.1}}
    notify_every = "2 s"
    errors = {write = 0x80}
      [[device.service.characteristic.descriptor]]
      uuid = "2901"
      value = "6869"
  [device.sleep]
  awake = "15 min"
  asleep = "45 min"
  [[device.fault]]
  kind = "drop"
  every = "60 h"
  random = true
  close = "supervision timeout"
  radio = "hall"
)toml");
  EXPECT_EQ(world.seed, 7U);
  EXPECT_EQ(world.start, WallTime(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + 11h));
  EXPECT_EQ(world.channel.exponent, 3.0);
  EXPECT_FALSE(world.channel.collisions);
  ASSERT_THAT(world.walls, SizeIs(1));
  EXPECT_EQ(world.walls[0].loss_db, 6);
  ASSERT_THAT(world.radios, SizeIs(1));
  EXPECT_EQ(world.radios[0].kind, RadioKind::proxy);
  EXPECT_EQ(world.radios[0].position, (Position{2, 3, 1.5}));
  EXPECT_EQ(world.radios[0].scan_window, Duration(30ms));
  ASSERT_THAT(world.radios[0].faults, SizeIs(1));
  EXPECT_EQ(world.radios[0].faults[0].lasts, Duration(5min));
  ASSERT_THAT(world.devices, SizeIs(1));
  const DeviceEntry& device = world.devices[0];
  EXPECT_EQ(device.address, Address(0xA4CF12345678, false));
  EXPECT_THAT(std::get<std::vector<Waypoint>>(device.movement), SizeIs(2));
  EXPECT_EQ(device.connection_interval.units, 24);
  EXPECT_EQ(device.mtu, 185);
  ASSERT_THAT(device.services, SizeIs(1));
  ASSERT_THAT(device.services[0].characteristics, SizeIs(1));
  const Characteristic& temperature = device.services[0].characteristics[0];
  EXPECT_EQ(std::get<Sine>(temperature.value).mean, 21);
  EXPECT_EQ(std::get<Sine>(temperature.value).period, Duration(24h));
  EXPECT_EQ(temperature.notify_every, Duration(2s));
  EXPECT_EQ(temperature.errors.at("write"), 0x80);
  EXPECT_THAT(temperature.descriptors[0].value, ElementsAre('h', 'i'));
  EXPECT_EQ(device.sleep->asleep, Duration(45min));
  ASSERT_THAT(device.faults, SizeIs(1));
  EXPECT_EQ(device.faults[0].close, CloseReason::supervision_timeout);
  EXPECT_EQ(device.faults[0].every, Duration(60h));
  EXPECT_EQ(device.faults[0].radio, "hall");
}

TEST(WorldFile, CountMakesManyOfOne) {
  const WorldSpec world = world_of(
      "[[device]]\nname = 'tag {n}'\ncount = 300\naddress = 'C0:00:00:00:00:FF'\naddress_type = 'random'\n"
      "path = [{at = '0 s', position = [0, 0]}]\nstagger = '2 s'\n"
      "[device.advertising]\nmanufacturer = {company = 0x1234, data = '{n:04x}'}\n"
      "beacon = {type = 'ibeacon', uuid = 'e2c56db5dffb48d2b060d0f5a71096e0', major = 3, minor = '{n}'}\n");
  ASSERT_THAT(world.devices, SizeIs(300));
  EXPECT_EQ(world.devices[1].name, "tag 2");
  EXPECT_EQ(world.devices[1].address, Address(0xC00000000100, true));
  EXPECT_EQ(std::get<std::vector<Waypoint>>(world.devices[2].movement)[0].at, Duration(4s));
  const Advertising& last = *world.devices[299].advertising;
  const auto beacon = decode_ibeacon(*AdvertisementData(last.payload).manufacturer_data(apple_company));
  ASSERT_TRUE(beacon);
  EXPECT_EQ(beacon->major, 3);
  EXPECT_EQ(beacon->minor, 300);
  EXPECT_EQ(beacon->power_dbm, -59);
  EXPECT_THAT(*AdvertisementData(last.scan_response).manufacturer_data(0x1234), ElementsAre(0x01, 0x2C));
}

TEST(WorldFile, CopiesWithoutANumberInTheirNameGetOne) {
  const WorldSpec world = world_of("[[device]]\nname = 'tag'\ncount = 2\n");
  ASSERT_THAT(world.devices, SizeIs(2));
  EXPECT_EQ(world.devices[0].name, "tag 1");
  EXPECT_NE(world.devices[0].address, world.devices[1].address);
  EXPECT_EQ(world.devices[0].address.kind(), AddressKind::random_static);
}

TEST(WorldFile, AreasAreDrawnFromTheSeed) {
  const std::string text = "[[device]]\nname = 'tag'\ncount = 20\narea = [[10, 1], [0, 5]]\n";
  const WorldSpec a = world_of("seed = 1\n" + text), b = world_of("seed = 1\n" + text), c = world_of("seed = 2\n" + text);
  std::set<double> places;
  for (size_t i = 0; i < 20; ++i) {
    const auto place = std::get<Position>(a.devices[i].movement);
    EXPECT_EQ(place, std::get<Position>(b.devices[i].movement));
    EXPECT_NE(place, std::get<Position>(c.devices[i].movement));
    EXPECT_TRUE(place.x >= 0 && place.x <= 10 && place.y >= 1 && place.y <= 5);
    places.insert(place.x);
  }
  EXPECT_THAT(places, SizeIs(20));
}

TEST(WorldPayload, IsBuiltOfWhatTheDeviceSays) {
  const Advertising made =
      *device_of("[device.advertising]\nservices = ['180f', '181a']\ntx_power = -4\nappearance = 0x0340\n").advertising;
  const AdvertisementData said(made.payload);
  EXPECT_EQ(said.local_name(), "d");
  EXPECT_EQ(said.flags(), 6);
  EXPECT_EQ(said.tx_power_dbm(), -4);
  EXPECT_EQ(said.appearance(), 0x0340);
  EXPECT_THAT(said.service_uuids(), ElementsAre(Uuid(0x180F), Uuid(0x181A)));
}

TEST(WorldPayload, WhatDoesNotFitGoesToTheScanResponseTheNameFirst) {
  const std::string long_name = "name = 'a name of twenty chars'\n";
  const Advertising name =
      *device_of("[device.advertising]\nservices = ['6e400001b5a3f393e0a9e50e24dcca9e']\n" + long_name).advertising;
  EXPECT_THAT(name.payload, SizeIs(21));
  EXPECT_EQ(AdvertisementData(name.scan_response).local_name(), "a name of twenty chars");
  const Advertising more = *device_of(
                                "[device.advertising]\nservices = ['6e400001b5a3f393e0a9e50e24dcca9e']\n"
                                "manufacturer = {company = 76, data = '" +
                                std::string(16, '0') + "'}\nname = 'short'\n")
                                .advertising;
  EXPECT_THAT(more.payload, SizeIs(21));
  EXPECT_TRUE(AdvertisementData(more.scan_response).manufacturer_data(76));
  EXPECT_EQ(AdvertisementData(more.scan_response).local_name(), "short");
}

TEST(WorldPayload, ExtendedOneHasRoom) {
  const Advertising made =
      *device_of("[device.advertising]\nextended = true\nmanufacturer = {company = 76, data = '" + std::string(200, 'a') + "'}\n")
           .advertising;
  EXPECT_THAT(made.payload, SizeIs(3 + 104 + 3));
  EXPECT_THAT(made.scan_response, IsEmpty());
}

TEST(WorldPayload, RawBytesAreTakenAsTheyAre) {
  const Advertising made = *device_of("[device.advertising]\npayload = '0201'\nscan_response = 'ff'\n").advertising;
  EXPECT_THAT(made.payload, ElementsAre(0x02, 0x01));
  EXPECT_THAT(made.scan_response, ElementsAre(0xFF));
}

TEST(WorldPayload, SeveralFramesTakeTurns) {
  const Advertising made = *device_of(
                                "[device.advertising]\nbeacon = [\n"
                                "{type = 'eddystone-uid', namespace = '00112233445566778899', instance = '000000000001'},\n"
                                "{type = 'eddystone-url', url = 'https://example.com/a', power = -60},\n"
                                "{type = 'eddystone-tlm', battery_mv = 2900, uptime = '1 h'}]\n")
                                .advertising;
  ASSERT_THAT(made.more_payloads, SizeIs(2));
  EXPECT_EQ(decode_eddystone_uid(*AdvertisementData(made.payload).service_data(Uuid(eddystone_service)))->power_0m_dbm, -18);
  EXPECT_EQ(decode_eddystone_url(*AdvertisementData(made.more_payloads[0]).service_data(Uuid(eddystone_service)))->text(),
            "https://example.com/a");
  EXPECT_EQ(decode_eddystone_tlm(*AdvertisementData(made.more_payloads[1]).service_data(Uuid(eddystone_service)))->uptime,
            EddystoneTlm::Uptime(36000));
}

TEST(WorldPayload, SensorsSayWhatTheyMeasure) {
  const Advertising ruuvi =
      *device_of("[device.advertising]\nbeacon = {type = 'ruuvi5', readings = ['temperature=4.2', 'humidity=81']}\n").advertising;
  EXPECT_EQ(decode_ruuvi_tag(*AdvertisementData(ruuvi.payload).manufacturer_data(ruuvi_company))->temperature_c, 4.2);
  const Advertising bthome =
      *device_of("[device.advertising]\nbeacon = {type = 'bthome', readings = ['temperature=21.5']}\n").advertising;
  EXPECT_TRUE(AdvertisementData(bthome.payload).service_data(Uuid(bthome_service)));
}

TEST(WorldFile, ValuesComeInAllTheirForms) {
  const DeviceEntry device = device_of(R"toml(
[[device.service]]
uuid = "180a"
characteristic = [
  {uuid = "2a29", format = "utf8", value = "moor"},
  {uuid = "2a23", value = "0a0b"},
  {uuid = "2a24", format = "u8", value = {hex = "ff"}},
  {uuid = "2a19", format = "u8", value = 50},
  {uuid = "2a1a", format = "u8", value = {walk = {start = 5, step = 2, min = 0, max = 10}}},
  {uuid = "2a1b", format = "u8", value = {uniform = {min = 1, max = 2, every_ms = 500}}},
  {uuid = "2a1c", format = "u8", value = {counter = {step = 3}}},
  {uuid = "2a1d", format = "u8", value = {script = {steps = [{at = "0 s", value = 1}, {at = "5 s", value = 2}], repeat = "10 s"}}},
  {uuid = "2a1e", value = {script = {steps = [{at = "1 s", value = "00ff"}]}}},
  {uuid = "2a1f", format = "u16"},
]
)toml");
  const auto& all = device.services.at(0).characteristics;
  ASSERT_THAT(all, SizeIs(10));
  EXPECT_EQ(std::get<Constant>(all[0].value).bytes, (std::vector<uint8_t>{'m', 'o', 'o', 'r'}));
  EXPECT_THAT(std::get<Constant>(all[1].value).bytes, ElementsAre(0x0A, 0x0B));
  EXPECT_THAT(std::get<Constant>(all[2].value).bytes, ElementsAre(0xFF));
  EXPECT_EQ(std::get<ConstantNumber>(all[3].value).value, 50);
  EXPECT_EQ(std::get<RandomWalk>(all[4].value).max, 10);
  EXPECT_EQ(std::get<Uniform>(all[5].value).every, Duration(500ms));
  EXPECT_EQ(std::get<Counter>(all[6].value).step, 3);
  EXPECT_EQ(std::get<Script>(all[7].value).steps[1].number, 2);
  EXPECT_EQ(std::get<Script>(all[7].value).repeat, Duration(10s));
  EXPECT_THAT(std::get<Script>(all[8].value).steps[0].bytes, ElementsAre(0x00, 0xFF));
  EXPECT_EQ(std::get<ConstantNumber>(all[9].value).value, 0);
}

TEST(WorldFile, ADeviceNeedNotAdvertise) {
  EXPECT_FALSE(device_of("advertising = false\n").advertising);
  EXPECT_TRUE(device_of("advertising = true\n").advertising);
}

TEST(WorldFile, AnyTextIsEitherReadOrRefused) {
  EXPECT_TRUE(rc::check([] {
    const auto lines = *rc::gen::container<std::vector<std::string>>(
        rc::gen::elementOf(std::vector<std::string>{"[[device]]",
                                                    "[device.advertising]",
                                                    "[[device.service]]",
                                                    "[[device.service.characteristic]]",
                                                    "[[device.fault]]",
                                                    "[[radio]]",
                                                    "[[radio.fault]]",
                                                    "[channel]",
                                                    "[device.sleep]",
                                                    "name = 'x'",
                                                    "name = '{n}'",
                                                    "count = 3",
                                                    "uuid = '180f'",
                                                    "kind = 'drop'",
                                                    "kind = 'dead'",
                                                    "value = {}",
                                                    "value = 3",
                                                    "value = [[]]",
                                                    "format = 'u8'",
                                                    "position = []",
                                                    "path = [{}]",
                                                    "walk = {}",
                                                    "beacon = {type = 'ibeacon'}",
                                                    "beacon = [1]",
                                                    "interval_ms = 100",
                                                    "at = '1 s'",
                                                    "= 1",
                                                    "device = 3",
                                                    "radio = {}",
                                                    "payload = '{n:08x}'"}));
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    try {
      RC_ASSERT(!parse_world(text, "random").radios.empty());
    } catch (const ConfigMistakes& error) {
      RC_ASSERT(!error.mistakes().empty());
    }
  }));
}

TEST(WorldFile, IsReadFromAFileAndNamesIt) {
  const TemporaryFolder folder;
  write_file(folder / "flat.toml", "seed = 'x'\n");
  EXPECT_THROW((void)load_world(folder / "flat.toml"), ConfigMistakes);
  write_file(folder / "flat.toml", "name = 'flat'\n");
  EXPECT_EQ(load_world(folder / "flat.toml").name, "flat");
  try {
    (void)load_world(folder / "none.toml");
    FAIL() << "read";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("world '"));
    EXPECT_THAT(error.what(), HasSubstr("No such file"));
  }
}

TEST(WorldKeys, AreAllDifferentAndTheirDefaultsHold) {
  std::set<std::string_view> paths;
  for_each_section([&]<typename Owner>(const Section<Owner>& section) {
    EXPECT_TRUE(paths.insert(section.path).second) << section.path;
    std::set<std::string_view> names;
    for (const Key<Owner>& key : section.keys) {
      EXPECT_TRUE(names.insert(key.name).second) << section.path << "." << key.name;
      EXPECT_TRUE(key.meaning.ends_with('.')) << section.path << "." << key.name;
      Owner owner{};
      const std::string value = value_text(key.field(owner));
      if (value.empty() || key.need == Need::required) continue;
      const toml::table table = toml::parse("x = " + value);
      const auto objected = take(key.field(owner), key.bounds, *table.get("x"), "");
      EXPECT_FALSE(objected) << section.path << "." << key.name << " = " << value << " " << objected->what;
    }
  });
}

TEST(WorldReference, IsWhatTheGuideSays) {
  expect_reference("worlds.md", "the tables in world_file_keys.cpp", world_reference());
}

}  // namespace
}  // namespace moor::sim
