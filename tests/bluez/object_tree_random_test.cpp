// Whatever order signals come in, the tree is what GetManagedObjects would make of the same objects; and what a thousand devices cost.

#include "bluez/tree_feed.hpp"
#include "support/allocation_counter.hpp"

#include <gmock/gmock.h>
#include <malloc.h>
#include <random>

namespace moor::bluez {
namespace {

using Bytes16 = std::map<uint16_t, std::vector<uint8_t>>;
using BytesByName = std::map<std::string, std::vector<uint8_t>>;

/// All that a tree says, so that two can be compared.
std::string describe(const ObjectTree& tree, unsigned adapters) {
  std::string text;
  const auto flag = [&](bool is) { text += is ? '1' : '0'; };
  for (const auto& [index, adapter] : tree.adapters()) {
    text += adapter.path + adapter.alias + adapter.address.to_string();
    for (const bool is : {adapter.powered, adapter.discovering, adapter.central, adapter.has_monitors}) flag(is);
  }
  for (unsigned adapter = 0; adapter < adapters; ++adapter)
    for (const DeviceObject* device : tree.devices(adapter)) {
      text += "\n" + device->path + device->address.to_string() + device->name + std::to_string(device->rssi_dbm.value_or(127)) +
              to_hex(device->payload);
      for (const bool is : {device->connected, device->paired, device->trusted, device->services_resolved}) flag(is);
      for (const auto& [handle, service] : device->services) {
        text += service.path + service.uuid.to_string();
        for (const auto& [number, characteristic] : service.characteristics) {
          text += characteristic.path + std::to_string(characteristic.properties.bits());
          flag(characteristic.notifying);
        }
      }
    }
  return text;
}

/// Says random things about a few objects, as bluetoothd might, and some that it should not.
class Chatter {
public:
  Chatter(TreeFeed& feed, unsigned seed) : feed_(feed), random_(seed) {}

  [[nodiscard]] dbus::Message next() {
    const std::string adapter = adapter_path(pick(2));
    const std::string device = device_path(pick(2), Address(0xA4CF12345600 + pick(4), false));
    const std::string service = device + "/service000" + std::to_string(1 + pick(2));
    const std::string characteristic = service + "/char0003";
    switch (pick(12)) {
      case 0: return add(adapter, adapter1, {{"Powered", coin()}, {"Alias", std::string("a")}});
      case 1: return add(device, device1, device_properties());
      case 2: return feed_.removed(adapter, {adapter1});
      case 3: return remove(device, device1);
      case 4: return feed_.changed(adapter, adapter1, {{"Discovering", coin()}, {"Class", uint32_t{5}}});
      case 5: return add(service, "org.bluez.GattService1", {{"UUID", std::string("180f")}});
      case 6:
        return add(characteristic, "org.bluez.GattCharacteristic1",
                   {{"UUID", std::string("2a19")}, {"Flags", std::vector<std::string>{"read"}}});
      case 7: return remove(service, "org.bluez.GattService1");
      case 8: return remove(characteristic, "org.bluez.GattCharacteristic1");
      case 9: return feed_.changed(characteristic, "org.bluez.GattCharacteristic1", {{"Notifying", coin()}});
      case 10: return feed_.changed(device, device1, {}, {"RSSI", "Nothing"});
      default: return feed_.changed(device, device1, device_properties());
    }
  }

private:
  unsigned pick(unsigned count) { return static_cast<unsigned>(random_() % count); }
  bool coin() { return pick(2) == 0; }
  BluezProperties device_properties() {
    BluezProperties properties;
    if (coin()) properties["RSSI"] = static_cast<int16_t>(-30 - static_cast<int>(pick(60)));
    if (coin()) properties["Connected"] = coin();
    if (coin()) properties["Name"] = std::string(1 + pick(5), 'n');
    if (coin()) properties["TxPower"] = static_cast<int16_t>(pick(10));
    if (coin()) properties["UUIDs"] = std::vector<std::string>(pick(3), "0000180f-0000-1000-8000-00805f9b34fb");
    if (coin()) properties["ManufacturerData"] = Bytes16{{static_cast<uint16_t>(pick(3)), std::vector<uint8_t>(pick(20), 7)}};
    if (coin()) properties["ServiceData"] = BytesByName{{"fcd2", std::vector<uint8_t>(pick(9), 8)}};
    return properties;
  }
  bool has(const std::string& path, const std::string& interface) {
    const auto at = feed_.model().find(path);
    return at != feed_.model().end() && at->second.contains(interface);
  }
  // Only below what is there; elsewhere it is said as well, and does not count.
  dbus::Message add(const std::string& path, const std::string& interface, BluezProperties properties) {
    const std::string parent = path.substr(0, path.rfind('/'));
    const bool counts = parent == "/org/bluez" || feed_.model().contains(parent);
    if (has(path, interface)) return feed_.changed(path, interface, properties);
    dbus::Message message = feed_.added(path, {{interface, std::move(properties)}});
    if (!counts) feed_.model().erase(path);
    return counts ? message : feed_.changed(path, interface, {});
  }
  dbus::Message remove(const std::string& path, const std::string& interface) { return feed_.removed(path, {interface}); }

  TreeFeed& feed_;
  std::mt19937 random_;
};

/// bluetoothd's objects below one that is gone are gone too, said or not.
void drop_orphans(std::map<std::string, BluezInterfaces>& model) {
  std::erase_if(model, [](const auto& each) { return each.second.empty(); });
  for (bool again = true; again;) {
    again = false;
    for (auto at = model.begin(); at != model.end();) {
      const std::string parent = at->first.substr(0, at->first.rfind('/'));
      if (parent != "/org/bluez" && !model.contains(parent)) {
        at = model.erase(at);
        again = true;
      } else {
        ++at;
      }
    }
  }
}

TEST(ObjectTreeRandom, SignalsInAnyOrderMakeTheTreeThatAReplyWouldMake) {
  TreeFeed feed;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    feed.model().clear();
    ObjectTree tree;
    Chatter chatter(feed, seed);
    int told = 0;
    const auto hears = tree.watch_heard(0, [&](const DeviceObject& device) { told += static_cast<int>(device.payload.size()); });
    for (int i = 0; i < 300; ++i) {
      tree.on_signal(chatter.next());
      drop_orphans(feed.model());
    }
    ObjectTree fresh;
    fresh.set_objects(feed.objects(seed).read());
    ASSERT_EQ(describe(tree, 2), describe(fresh, 2)) << "seed " << seed;
    tree.set_objects(feed.objects(seed + 1).read());
    ASSERT_EQ(describe(tree, 2), describe(fresh, 2)) << "seed " << seed;
    ASSERT_EQ(tree.malformed(), 0U);
  }
}

std::string path_of(unsigned number) {
  return device_path(0, Address(0xC00000000000 + number, true));
}

BluezProperties advertised(unsigned number, uint8_t step) {
  return {{"RSSI", static_cast<int16_t>(-40 - step)},
          {"ManufacturerData", Bytes16{{0x0499, std::vector<uint8_t>(24, static_cast<uint8_t>(number + step))}}},
          {"ServiceData", BytesByName{{"0000fcd2-0000-1000-8000-00805f9b34fb", {0x40, step}}}}};
}

TEST(ObjectTreeCost, AThousandDevicesFitInTwoMegabytes) {
  TreeFeed feed;
  ObjectTree tree;
  constexpr unsigned devices = 1000;
  tree.on_signal(feed.added("/org/bluez/hci0", {{adapter1, {{"Powered", true}}}}));
  std::vector<dbus::Message> appear;
  for (unsigned i = 0; i < devices; ++i) {
    BluezProperties properties = advertised(i, 0);
    properties["Name"] = "Sensor " + std::to_string(i);
    properties["UUIDs"] = std::vector<std::string>{"0000fcd2-0000-1000-8000-00805f9b34fb"};
    appear.push_back(feed.added(path_of(i), {{device1, std::move(properties)}}));
  }
  const size_t before = mallinfo2().uordblks;
  for (const dbus::Message& message : appear) tree.on_signal(message);
  const size_t used = mallinfo2().uordblks - before;
  EXPECT_EQ(tree.devices(0).size(), devices);
  RecordProperty("bytes_per_device", std::to_string(used / devices));
  EXPECT_LT(used, 2'000'000U);
}

TEST(ObjectTreeCost, AnAdvertisementAllocatesNothingOnceWarm) {
  TreeFeed feed;
  ObjectTree tree;
  tree.on_signal(feed.added("/org/bluez/hci0", {{adapter1, {{"Powered", true}}}}));
  std::vector<dbus::Message> changes;
  for (unsigned i = 0; i < 50; ++i) {
    tree.on_signal(feed.added(path_of(i), {{device1, advertised(i, 0)}}));
    for (uint8_t step = 1; step <= 4; ++step) changes.push_back(feed.changed(path_of(i), device1, advertised(i, step)));
  }
  size_t heard = 0;
  const auto hears = tree.watch_heard(0, [&](const DeviceObject& device) { heard += device.payload.empty() ? 0 : 1; });
  for (const dbus::Message& message : changes) tree.on_signal(message);
  const size_t before = allocations();
  for (const dbus::Message& message : changes) tree.on_signal(message);
  EXPECT_EQ(allocations() - before, 0U);
  EXPECT_EQ(heard, 2 * changes.size());
}

}  // namespace
}  // namespace moor::bluez
