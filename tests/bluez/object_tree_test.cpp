#include "radio/bluez/object_tree.hpp"

#include "bluez/tree_feed.hpp"
#include "moor/advertisement.hpp"
#include "radio/bluez/heard_payload.hpp"
#include "radio/bluez/object_path.hpp"

#include <gmock/gmock.h>

namespace moor::bluez {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = ObjectTree::DeviceEvent::Kind;
using Bytes16 = std::map<uint16_t, std::vector<uint8_t>>;
using BytesByName = std::map<std::string, std::vector<uint8_t>>;
using BytesByType = std::map<uint8_t, std::vector<uint8_t>>;

const std::string sensor_path = "/org/bluez/hci0/dev_A4_CF_12_34_56_78";
const Address sensor(0xA4CF12345678, false);

std::string hex(const DeviceObject& device) {
  return to_hex(device.payload);
}

/// What a tree says of devices and adapters, in text.
std::string describe(const ObjectTree& tree) {
  std::string text;
  for (const auto& [index, adapter] : tree.adapters()) {
    text += adapter.path + " " + adapter.address.to_string() + " " + adapter.alias + (adapter.powered ? " powered" : "") +
            (adapter.discovering ? " discovering" : "") + (adapter.has_monitors ? " monitors" : "") + "\n";
  }
  for (unsigned adapter = 0; adapter < 12; ++adapter)
    for (const DeviceObject* device : tree.devices(adapter)) {
      text += device->path + " " + device->address.to_string() + (device->address.is_random() ? " random" : "") + " '" +
              device->name + "' " + std::to_string(device->rssi_dbm.value_or(127)) + (device->connected ? " connected" : "") +
              (device->paired ? " paired" : "") + (device->services_resolved ? " resolved" : "") + " " + hex(*device) + "\n";
      for (const auto& [service_handle, service] : device->services) {
        text += " " + service.path + " " + service.uuid.to_string() + "\n";
        for (const auto& [handle, characteristic] : service.characteristics) {
          text += "  " + characteristic.path + " " + std::to_string(characteristic.properties.bits()) +
                  (characteristic.notifying ? " notifying" : "") + "\n";
          for (const auto& [number, descriptor] : characteristic.descriptors) text += "   " + descriptor.path + "\n";
        }
      }
    }
  return text;
}

class ObjectTreeTest : public ::testing::Test {
protected:
  void add_adapter(unsigned index = 0) {
    tree.on_signal(
        feed.added(adapter_path(index), {{adapter1, {{"Address", std::string("00:00:5E:00:53:00")}, {"Powered", true}}}}));
  }
  void add_sensor(BluezProperties properties = {}) {
    properties.emplace("Address", std::string("A4:CF:12:34:56:78"));
    properties.emplace("AddressType", std::string("public"));
    properties.emplace("Alias", std::string("A4-CF-12-34-56-78"));
    tree.on_signal(feed.added(sensor_path, {{device1, std::move(properties)}}));
  }
  void change(const BluezProperties& changed, const std::vector<std::string>& invalidated = {}) {
    tree.on_signal(feed.changed(sensor_path, device1, changed, invalidated));
  }
  const DeviceObject& device() { return *tree.find_device(0, sensor); }

  TreeFeed feed{};
  ObjectTree tree{};
};

TEST(ObjectPaths, AreReadByArithmetic) {
  EXPECT_EQ(device_path(10, sensor), "/org/bluez/hci10/dev_A4_CF_12_34_56_78");
  using Path = ObjectPath;
  EXPECT_EQ(Path::parse("/org/bluez/hci0"), (Path{.kind = Path::Kind::adapter}));
  EXPECT_EQ(Path::parse(sensor_path), (Path{.kind = Path::Kind::device, .device_bits = 0xA4CF12345678}));
  EXPECT_EQ(Path::parse(sensor_path + "/service000a"),
            (Path{.kind = Path::Kind::service, .device_bits = 0xA4CF12345678, .service = 0x0A}));
  EXPECT_EQ(Path::parse(sensor_path + "/service000a/char000b/desc00fd"), (Path{.kind = Path::Kind::descriptor,
                                                                               .device_bits = 0xA4CF12345678,
                                                                               .service = 0x0A,
                                                                               .characteristic = 0x0B,
                                                                               .descriptor = 0xFD}));
  for (const char* other :
       {"", "/", "/org/bluez", "/org/bluez/hci", "/org/bluez/hcix", "/org/bluez/hci0/", "/org/bluez/hci99999",
        "/org/bluez/hci0/dev_", "/org/bluez/hci0/dev_A4_CF_12_34_56_7", "/org/bluez/hci0/dev_A4_CF_12_34_56_7G",
        "/org/bluez/hci0/dev_A4:CF:12:34:56:78", "/org/bluez/hci0/dev_A4_CF_12_34_56_78/fd0",
        "/org/bluez/hci0/dev_A4_CF_12_34_56_78/service00", "/org/bluez/hci0/dev_A4_CF_12_34_56_78/service000a0"})
    EXPECT_EQ(Path::parse(other).kind, Path::Kind::other) << other;
}

TEST(ObjectPaths, Quirk12OfBlueZFixedOffsetsBreakAtHci10) {
  EXPECT_EQ(ObjectPath::parse("/org/bluez/hci10/dev_A4_CF_12_34_56_78/service000a/char000b").adapter, 10U);
  EXPECT_EQ(ObjectPath::parse("/org/bluez/hci10/dev_A4_CF_12_34_56_78/service000a/char000b").characteristic, 0x0B);
  EXPECT_EQ(ObjectPath::parse("/org/bluez/hci123").adapter, 123U);
}

TEST_F(ObjectTreeTest, MakesAnAdvertisementOfWhatBlueZKeeps) {
  add_adapter();
  add_sensor({{"RSSI", int16_t{-60}},
              {"Name", std::string("Thermo")},
              {"TxPower", int16_t{4}},
              {"AdvertisingFlags", std::vector<uint8_t>{0x06}},
              {"UUIDs", std::vector<std::string>{"0000180f-0000-1000-8000-00805f9b34fb", "12345678-9abc-def0-1234-56789abcdef0"}},
              {"ServiceData", BytesByName{{"0000fcd2-0000-1000-8000-00805f9b34fb", {0x40}}}},
              {"ManufacturerData", Bytes16{{0x004C, {0x02, 0x15}}, {0x0499, {0x05}}}},
              {"AdvertisingData", BytesByType{{0x26, {0x01, 0x02}}}}});
  EXPECT_EQ(device().rssi_dbm, -60);
  EXPECT_EQ(device().name, "Thermo");
  EXPECT_EQ(hex(device()),
            "020106"
            "03030f18"
            "1107f0debc9a78563412f0debc9a78563412"
            "0709546865726d6f"
            "020a04"
            "0416d2fc40"
            "05ff4c000215"
            "04ff990405"
            "03260102");
}

TEST_F(ObjectTreeTest, ReplacesOnlyTheSectionThatChanged) {
  add_adapter();
  add_sensor({{"Name", std::string("ab")}, {"ManufacturerData", Bytes16{{1, {0xAA}}}}});
  EXPECT_EQ(hex(device()), "0309616204ff0100aa");
  change({{"ManufacturerData", Bytes16{{1, {0xBB, 0xCC}}}}});
  EXPECT_EQ(hex(device()), "0309616205ff0100bbcc");
  change({{"ServiceData", BytesByName{{"fcd2", {0x40}}}}});
  EXPECT_EQ(hex(device()), "030961620416d2fc4005ff0100bbcc");
  change({{"Name", std::string("x")}});
  EXPECT_EQ(hex(device()), "0209780416d2fc4005ff0100bbcc");
  change({}, {"ServiceData"});
  EXPECT_EQ(hex(device()), "02097805ff0100bbcc");
}

TEST_F(ObjectTreeTest, KeepsAPayloadWithinAnAdvertisingSet) {
  add_adapter();
  Bytes16 much;
  for (uint16_t company = 0; company < 20; ++company) much[company] = std::vector<uint8_t>(200, 0x55);
  add_sensor({{"ManufacturerData", much}, {"Name", std::string(300, 'n')}});
  EXPECT_LE(device().payload.size(), extended_payload_size);
  EXPECT_EQ(AdvertisementData(device().payload).error(), std::nullopt);
  change({{"ServiceData", BytesByName{{"fcd2", std::vector<uint8_t>(200, 1)}}}});
  EXPECT_LE(device().payload.size(), extended_payload_size);
}

TEST_F(ObjectTreeTest, TellsWhatIsHeardFromWhatIsNot) {
  add_adapter();
  add_sensor();
  std::vector<int> heard;
  std::vector<Kind> events;
  const auto hears = tree.watch_heard(0, [&](const DeviceObject& d) { heard.push_back(d.rssi_dbm.value_or(127)); });
  const auto watches = tree.watch_device(0, sensor, [&](const ObjectTree::DeviceEvent& e) { events.push_back(e.kind); });

  change({{"RSSI", int16_t{-50}}});
  change({{"ManufacturerData", Bytes16{{1, {2}}}}});
  change({{"ServiceData", BytesByName{{"fcd2", {1}}}}, {"RSSI", int16_t{-51}}});
  EXPECT_THAT(heard, ElementsAre(-50, -50, -51));
  EXPECT_THAT(events, IsEmpty());
}

TEST_F(ObjectTreeTest, Quirk6OfBlueZOtherPropertiesAreNoAdvertisements) {
  add_adapter();
  add_sensor();
  int heard = 0;
  std::vector<Kind> events;
  const auto hears = tree.watch_heard(0, [&](const DeviceObject&) { ++heard; });
  const auto watches = tree.watch_device(0, sensor, [&](const ObjectTree::DeviceEvent& e) { events.push_back(e.kind); });
  for (const char* property : {"Connected", "ServicesResolved", "Trusted", "Paired", "Bonded", "Blocked"})
    change({{property, true}});
  change({{"UUIDs", std::vector<std::string>{"0000180f-0000-1000-8000-00805f9b34fb"}}});
  change({{"TxPower", int16_t{4}}});
  EXPECT_EQ(heard, 0);
  EXPECT_EQ(events.size(), 7U);
  EXPECT_TRUE(device().connected && device().services_resolved && device().trusted && device().paired && device().bonded);
  EXPECT_TRUE(AdvertisementData(device().payload).has_service(Uuid(0x180F)));
  EXPECT_EQ(device().rssi_dbm, std::nullopt) << "a level that is missing is not -127";
}

TEST_F(ObjectTreeTest, Quirk5OfBlueZLevelsAreTakenBackWhenAScanEnds) {
  add_adapter();
  add_sensor({{"RSSI", int16_t{-50}}, {"TxPower", int16_t{4}}});
  int heard = 0;
  const auto hears = tree.watch_heard(0, [&](const DeviceObject&) { ++heard; });
  change({}, {"RSSI", "TxPower", "NobodyKnowsThis"});
  EXPECT_EQ(heard, 0);
  EXPECT_EQ(device().rssi_dbm, std::nullopt);
  EXPECT_EQ(hex(device()), "");
  change({}, {"RSSI", "TxPower"});
  EXPECT_EQ(tree.malformed(), 0U);
}

TEST_F(ObjectTreeTest, Quirk7OfBlueZAnAliasMadeOfTheAddressIsNoName) {
  add_adapter();
  add_sensor();
  EXPECT_EQ(device().name, "");
  change({{"Alias", std::string("Kitchen")}});
  EXPECT_EQ(device().name, "Kitchen");
  EXPECT_EQ(hex(device()), "") << "somebody gave it that name, it did not send it";
  change({{"Name", std::string("Thermo")}});
  change({{"Alias", std::string("A4-CF-12-34-56-78")}});
  EXPECT_EQ(device().name, "Thermo");
  EXPECT_FALSE(is_made_of_address("A4-CF-12-34-56-7"));
  EXPECT_FALSE(is_made_of_address("A4-CF-12-34-56-7X"));
}

TEST_F(ObjectTreeTest, ANewDeviceIsAddedAndThenHeard) {
  add_adapter();
  std::vector<std::string> told;
  const auto hears = tree.watch_heard(0, [&](const DeviceObject&) { told.emplace_back("heard"); });
  const auto watches = tree.watch_device(
      0, sensor, [&](const ObjectTree::DeviceEvent& e) { told.emplace_back(e.kind == Kind::added ? "added" : "?"); });
  add_sensor({{"RSSI", int16_t{-50}}});
  EXPECT_THAT(told, ElementsAre("added", "heard"));
}

TEST_F(ObjectTreeTest, ObjectsThatAreThereAreNotHeard) {
  add_adapter();
  add_sensor({{"RSSI", int16_t{-50}}, {"ManufacturerData", Bytes16{{1, {2}}}}});
  ObjectTree fresh;
  int heard = 0;
  const auto hears = fresh.watch_heard(0, [&](const DeviceObject&) { ++heard; });
  fresh.set_objects(feed.objects().read());
  EXPECT_NE(fresh.find_device(0, sensor), nullptr);
  EXPECT_EQ(heard, 0);
}

TEST_F(ObjectTreeTest, ChangesOfUnknownObjectsAreDropped) {
  change({{"RSSI", int16_t{-50}}});
  tree.on_signal(feed.added(sensor_path + "/service000a", {{"org.bluez.GattService1", {{"UUID", std::string("180f")}}}}));
  tree.on_signal(feed.removed(sensor_path, {device1}));
  EXPECT_EQ(describe(tree), "");
  EXPECT_EQ(tree.malformed(), 0U);
}

TEST_F(ObjectTreeTest, AnAdapterTakesItsDevicesWithIt) {
  add_adapter(1);
  add_adapter(10);
  const std::string on_1 = "/org/bluez/hci1/dev_A4_CF_12_34_56_78";
  const std::string on_10 = "/org/bluez/hci10/dev_A4_CF_12_34_56_78";
  for (const std::string& path : {on_1, on_10}) tree.on_signal(feed.added(path, {{device1, {{"Connected", true}}}}));
  std::vector<Kind> events;
  int adapters = 0;
  const auto watches = tree.watch_device(1, sensor, [&](const ObjectTree::DeviceEvent& e) { events.push_back(e.kind); });
  const auto others = tree.watch_device(10, sensor, [&](const ObjectTree::DeviceEvent&) { FAIL() << "hci10 is not hci1"; });
  const auto counts = tree.watch_adapters([&] { ++adapters; });
  tree.on_signal(feed.removed("/org/bluez/hci1", {adapter1, "org.freedesktop.DBus.Properties"}));
  EXPECT_THAT(events, ElementsAre(Kind::removed));
  EXPECT_EQ(adapters, 1);
  EXPECT_EQ(tree.find_device(1, sensor), nullptr);
  EXPECT_NE(tree.find_device(10, sensor), nullptr);
}

TEST_F(ObjectTreeTest, OtherInterfacesOfAnAdapterComeAndGo) {
  add_adapter();
  tree.on_signal(feed.added("/org/bluez/hci0", {{"org.bluez.AdvertisementMonitorManager1",
                                                 {{"SupportedFeatures", std::vector<std::string>{"controller-patterns"}}}}}));
  EXPECT_TRUE(tree.find_adapter(0)->has_monitors);
  EXPECT_THAT(tree.find_adapter(0)->monitor_features, ElementsAre("controller-patterns"));
  tree.on_signal(feed.removed("/org/bluez/hci0", {"org.bluez.AdvertisementMonitorManager1"}));
  ASSERT_NE(tree.find_adapter(0), nullptr);
  EXPECT_FALSE(tree.find_adapter(0)->has_monitors);
}

void add_battery(TreeFeed& feed, ObjectTree& tree) {
  tree.on_signal(
      feed.added(sensor_path + "/service000a", {{"org.bluez.GattService1", {{"UUID", std::string("180f")}, {"Primary", true}}}}));
  tree.on_signal(feed.added(sensor_path + "/service000a/char000b",
                            {{"org.bluez.GattCharacteristic1",
                              {{"UUID", std::string("2a19")}, {"Flags", std::vector<std::string>{"read", "notify"}}}}}));
  tree.on_signal(feed.added(sensor_path + "/service000a/char000b/desc000d",
                            {{"org.bluez.GattDescriptor1", {{"UUID", std::string("2902")}}}}));
}

TEST_F(ObjectTreeTest, ServicesAreATableOnceTheyAreResolved) {
  add_adapter();
  add_sensor();
  add_battery(feed, tree);
  EXPECT_EQ(services_of(device()), std::nullopt);
  change({{"ServicesResolved", true}});
  const auto services = services_of(device());
  ASSERT_TRUE(services);
  const GattCharacteristic& level = services->get_characteristic(Uuid(0x2A19));
  EXPECT_EQ(level.handle, 0x0C) << "of the value, which follows the declaration";
  EXPECT_EQ(level.properties, (Properties{Property::read, Property::notify}));
  EXPECT_EQ(services->get_service(Uuid(0x180F)).end_handle, 0x0D);
}

TEST_F(ObjectTreeTest, ATableWithMissingObjectsIsNone) {
  add_adapter();
  add_sensor({{"ServicesResolved", true}});
  tree.on_signal(feed.added(sensor_path + "/service000a/char000b/desc000d",
                            {{"org.bluez.GattDescriptor1", {{"UUID", std::string("2902")}}}}));
  EXPECT_EQ(services_of(device()), std::nullopt);
  add_battery(feed, tree);
  EXPECT_TRUE(services_of(device()));
  tree.on_signal(feed.removed(sensor_path + "/service000a", {"org.bluez.GattService1"}));
  EXPECT_THAT(device().services, IsEmpty());
}

TEST_F(ObjectTreeTest, ValuesAreTold) {
  add_adapter();
  add_sensor();
  add_battery(feed, tree);
  std::vector<std::string> told;
  const auto watches = tree.watch_device(0, sensor, [&](const ObjectTree::DeviceEvent& e) {
    told.push_back(e.kind == Kind::value ? std::to_string(e.characteristic) + "=" + to_hex(e.value) : "changed");
  });
  const std::string path = sensor_path + "/service000a/char000b";
  tree.on_signal(feed.changed(path, "org.bluez.GattCharacteristic1", {{"Value", std::vector<uint8_t>{0x64}}}));
  tree.on_signal(feed.changed(path, "org.bluez.GattCharacteristic1", {{"Notifying", true}}));
  EXPECT_THAT(told, ElementsAre("11=64", "changed"));
}

TEST_F(ObjectTreeTest, ADeviceIsFoundByTheAddressThatPairingRevealed) {
  add_adapter();
  add_sensor();
  std::vector<Kind> events;
  const Address identity(0x112233445566, false);
  const auto watches = tree.watch_device(0, identity, [&](const ObjectTree::DeviceEvent& e) { events.push_back(e.kind); });
  change({{"Address", std::string("11:22:33:44:55:66")}, {"Paired", true}});
  ASSERT_NE(tree.find_device(0, identity), nullptr);
  EXPECT_EQ(tree.find_device(0, identity)->path, sensor_path);
  EXPECT_EQ(tree.find_device(0, identity), tree.find_device(0, sensor));
  EXPECT_THAT(events, ElementsAre(Kind::changed));
  tree.on_signal(feed.removed(sensor_path, {device1}));
  EXPECT_EQ(tree.find_device(0, identity), nullptr);
}

TEST_F(ObjectTreeTest, RandomAddressesAreKnownAsSuch) {
  add_adapter();
  add_sensor({{"AddressType", std::string("random")}});
  EXPECT_TRUE(device().address.is_random());
}

TEST_F(ObjectTreeTest, AfterARestartOnlyWhatIsThereIsKept) {
  add_adapter();
  add_sensor({{"RSSI", int16_t{-50}}, {"Connected", true}});
  std::vector<Kind> events;
  const auto watches = tree.watch_device(0, sensor, [&](const ObjectTree::DeviceEvent& e) { events.push_back(e.kind); });
  tree.reset();
  EXPECT_EQ(describe(tree), "");
  tree.set_objects(feed.objects().read());
  EXPECT_TRUE(device().connected);
  feed.model().erase(sensor_path);
  tree.set_objects(feed.objects().read());
  EXPECT_EQ(tree.find_device(0, sensor), nullptr);
  EXPECT_THAT(events, ElementsAre(Kind::reset, Kind::added, Kind::removed));
}

TEST_F(ObjectTreeTest, AWatchMayEndItselfAndOthersWhileItIsTold) {
  add_adapter();
  add_sensor();
  std::unique_ptr<ObjectTree::Watch> first;
  std::unique_ptr<ObjectTree::Watch> second;
  std::unique_ptr<ObjectTree::Watch> third;
  int told = 0;
  first = tree.watch_device(0, sensor, [&](const ObjectTree::DeviceEvent&) {
    ++told;
    first.reset();
    second.reset();
    third = tree.watch_device(0, sensor, [&](const ObjectTree::DeviceEvent&) { told += 100; });
  });
  second = tree.watch_device(0, sensor, [&](const ObjectTree::DeviceEvent&) { told += 10; });
  change({{"Connected", true}});
  EXPECT_EQ(told, 1);
  change({{"Connected", false}});
  EXPECT_EQ(told, 101);
}

TEST_F(ObjectTreeTest, AWatchMayOutliveTheTree) {
  auto other = std::make_unique<ObjectTree>();
  const auto watch = other->watch_adapters([] {});
  other.reset();
}

TEST_F(ObjectTreeTest, DamagedMessagesAreCountedAndHarmNothing) {
  add_adapter();
  add_sensor({{"RSSI", int16_t{-50}}});
  const std::string before = describe(tree);
  tree.on_signal(feed.signal("PropertiesChanged", [](dbus::Writer& w) { w.u32(7); }));
  tree.on_signal(feed.signal("PropertiesChanged", [](dbus::Writer&) {}));
  tree.on_signal(feed.signal("InterfacesAdded", [](dbus::Writer& w) { w.string("/org/bluez/hci0"); }));
  tree.on_signal(feed.signal("InterfacesRemoved", [](dbus::Writer& w) { w.path("/org/bluez/hci0"); }));
  change({{"RSSI", std::string("loud")}});
  change({{"ManufacturerData", std::vector<uint8_t>{1}}});
  EXPECT_EQ(describe(tree), before);
  EXPECT_EQ(tree.malformed(), 6U);
}

}  // namespace
}  // namespace moor::bluez
