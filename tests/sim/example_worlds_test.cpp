#include "radio/sim/world_file_keys.hpp"

#include <gmock/gmock.h>
#include <set>

namespace moor::sim {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

class ExampleWorld : public testing::TestWithParam<const char*> {};

TEST_P(ExampleWorld, Holds) {
  const auto path = std::filesystem::path(MOOR_SOURCE_DIR) / "examples" / "worlds" / GetParam();
  const WorldSpec world = load_world(path.string() + ".toml");
  EXPECT_THAT(world.radios, testing::Not(IsEmpty()));
  EXPECT_THAT(world.devices, testing::Not(IsEmpty()));
}
INSTANTIATE_TEST_SUITE_P(All, ExampleWorld,
                         testing::Values("sleepy_sensor", "flat", "shop", "parade", "esp32", "logger", "proxies", "pairing"));

WorldSpec example(const char* name) {
  return load_world(std::filesystem::path(MOOR_SOURCE_DIR) / "examples" / "worlds" / name);
}

TEST(ExampleWorlds, ProxiesHasEveryKindOfFault) {
  const WorldSpec world = example("proxies.toml");
  EXPECT_THAT(world.radios, SizeIs(3));
  EXPECT_THAT(world.devices, SizeIs(12));
  std::set<RadioFault::Kind> radio_kinds;
  for (const RadioEntry& radio : world.radios) {
    EXPECT_EQ(radio.kind, RadioKind::proxy);
    EXPECT_EQ(radio.slots, 3);
    for (const RadioFault& fault : radio.faults) radio_kinds.insert(fault.kind);
  }
  EXPECT_THAT(radio_kinds, SizeIs(config::names_of<RadioFault::Kind>().size()));
  std::set<DeviceFault::Kind> kinds;
  for (const DeviceEntry& device : world.devices)
    for (const DeviceFault& fault : device.faults) kinds.insert(fault.kind);
  EXPECT_THAT(kinds, SizeIs(config::names_of<DeviceFault::Kind>().size()));
}

TEST(ExampleWorlds, PairingHasADeviceOfEachMethodAndOneThatRefuses) {
  const WorldSpec world = example("pairing.toml");
  ASSERT_THAT(world.devices, SizeIs(5));
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(world.devices[i].pairing, static_cast<PairingMethod>(i));
  EXPECT_EQ(world.devices[1].passkey, 123456U);
  EXPECT_FALSE(world.devices[4].bonds);
  for (const DeviceEntry& device : world.devices) EXPECT_TRUE(device.services.at(0).characteristics.at(0).needs_encryption);
}

TEST(ExampleWorlds, LoggerIsAwayForLessThanOnePercentIn12Restarts) {
  const WorldSpec world = example("logger.toml");
  const DeviceFault& reboot = world.devices.at(0).faults.at(0);
  EXPECT_EQ(Duration(std::chrono::days(30)) / *reboot.every, 12);
  EXPECT_NEAR(12 * to_seconds(reboot.after) / (30 * 86400.0), 0.008, 1e-9);
  EXPECT_EQ(world.devices.at(1).sleep->awake_after_connect, Duration(15min));
}

TEST(ExampleWorlds, Esp32IsTheSensorThatTheyAllKnow) {
  const DeviceEntry sensor = example("esp32.toml").devices.at(0);
  EXPECT_EQ(sensor.name, "ESP32-EnvSensor");
  EXPECT_EQ(sensor.address, Address(0xA4CF12345678, false));
  EXPECT_EQ(sensor.services.at(0).uuid.to_string(), "181a0000-0000-1000-8000-00805f9b34fb");
  EXPECT_THAT(sensor.services[0].characteristics, SizeIs(2));
}

TEST(ExampleWorlds, ShopHasFiftyCustomersAmongTwoHundredAdvertisersAtMost) {
  const WorldSpec world = example("shop.toml");
  EXPECT_THAT(world.radios, SizeIs(4));
  EXPECT_EQ(std::ranges::count_if(world.devices, [](const DeviceEntry& each) { return each.name.starts_with("customer"); }), 50);
  EXPECT_THAT(world.devices.size(), testing::AllOf(testing::Ge(50U), testing::Le(200U)));
}

}  // namespace
}  // namespace moor::sim
