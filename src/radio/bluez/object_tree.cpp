#include "radio/bluez/object_tree.hpp"

#include "radio/bluez/listeners.hpp"
#include "radio/bluez/tree_records.hpp"

#include <fmt/format.h>
#include <boost/unordered/unordered_flat_set.hpp>

namespace moor::bluez {

namespace {

// Adapter and address in one number.
constexpr uint64_t key_of(unsigned adapter, uint64_t device_bits) noexcept {
  return static_cast<uint64_t>(adapter) << 48 | device_bits;
}
uint64_t key_of(const ObjectPath& path) noexcept {
  return key_of(path.adapter, path.device_bits);
}

using DeviceListeners = Listeners<const ObjectTree::DeviceEvent&>;
using HeardListeners = Listeners<const DeviceObject&>;
using AdapterListeners = Listeners<>;

template <typename All>
class TreeWatch final : public ObjectTree::Watch {
public:
  TreeWatch(std::shared_ptr<All> all, uint64_t key, typename All::Callback callback)
      : listener_(std::move(all), key, std::move(callback)) {}

private:
  typename All::Listener listener_;
};

}  // namespace

struct ObjectTree::State {
  std::map<unsigned, AdapterObject> adapters;
  boost::unordered_flat_map<uint64_t, std::unique_ptr<DeviceRecord>> devices;  // by path
  /// Of devices whose address is no longer that of their path: the key of the path.
  boost::unordered_flat_map<uint64_t, uint64_t> renamed;
  uint64_t malformed = 0;
  PropertyReader properties;

  std::shared_ptr<DeviceListeners> device_listeners = std::make_shared<DeviceListeners>();
  std::shared_ptr<HeardListeners> heard_listeners = std::make_shared<HeardListeners>();
  std::shared_ptr<AdapterListeners> adapter_listeners = std::make_shared<AdapterListeners>();

  DeviceRecord* find(uint64_t key) const noexcept {
    const auto at = devices.find(key);
    return at == devices.end() ? nullptr : at->second.get();
  }
  DeviceRecord& get(const ObjectPath& path);
  AdapterObject& get_adapter(const ObjectPath& path);
  void tell(const DeviceRecord& device, uint64_t key, const DeviceEvent& event);
  void tell_gone(std::vector<std::pair<uint64_t, std::unique_ptr<DeviceRecord>>> gone, DeviceEvent::Kind kind);
  std::vector<std::pair<uint64_t, std::unique_ptr<DeviceRecord>>> take_devices(const std::function<bool(uint64_t)>& which);
  void note_address(const DeviceRecord& device, uint64_t key);

  void on_added(const dbus::Message& signal);
  void on_removed(const dbus::Message& signal);
  void on_changed(const dbus::Message& signal);
  void on_device_changed(uint64_t key, dbus::Reader& reader);
  void on_attribute_changed(const ObjectPath& path, DeviceRecord& device, std::string_view interface, dbus::Reader& reader);

  struct Added {
    bool adapter = false;
    bool device = false;  // the device itself
    bool below = false;   // one of its attributes
    Change change;
  };
  void read_interface(const ObjectPath& path, std::string_view text, std::string_view interface, dbus::Reader& reader,
                      Added& added);
  bool read_attribute(const ObjectPath& path, std::string_view text, std::string_view interface, dbus::Reader& reader);
  void remove_adapter(unsigned index);
  void remove_attribute(const ObjectPath& path);
};

DeviceRecord& ObjectTree::State::get(const ObjectPath& path) {
  auto& device = devices[key_of(path)];
  if (!device) {
    device = std::make_unique<DeviceRecord>();
    device->adapter = path.adapter;
    device->address = Address(path.device_bits, false);
  }
  return *device;
}

AdapterObject& ObjectTree::State::get_adapter(const ObjectPath& path) {
  AdapterObject& adapter = adapters[path.adapter];
  adapter.index = path.adapter;
  if (adapter.path.empty()) adapter.path = adapter_path(path.adapter);
  return adapter;
}

void ObjectTree::State::tell(const DeviceRecord& device, uint64_t key, const DeviceEvent& event) {
  const uint64_t by_address = key_of(device.adapter, device.address.bits());
  device_listeners->tell(key, event);
  if (by_address != key) device_listeners->tell(by_address, event);
}

void ObjectTree::State::note_address(const DeviceRecord& device, uint64_t key) {
  const uint64_t by_address = key_of(device.adapter, device.address.bits());
  if (by_address != key) renamed[by_address] = key;
}

std::vector<std::pair<uint64_t, std::unique_ptr<DeviceRecord>>> ObjectTree::State::take_devices(
    const std::function<bool(uint64_t)>& which) {
  std::vector<std::pair<uint64_t, std::unique_ptr<DeviceRecord>>> taken;
  for (auto& [key, device] : devices)
    if (which(key)) taken.emplace_back(key, std::move(device));
  for (const auto& [key, device] : taken) devices.erase(key);
  if (!taken.empty()) erase_if(renamed, [&](const auto& each) { return which(each.second); });
  return taken;
}

void ObjectTree::State::tell_gone(std::vector<std::pair<uint64_t, std::unique_ptr<DeviceRecord>>> gone, DeviceEvent::Kind kind) {
  for (const auto& [key, device] : gone)
    if (device->exists) tell(*device, key, {.kind = kind});
}

// An attribute may come before the one that it belongs to, which then has no path until it comes as well.
bool ObjectTree::State::read_attribute(const ObjectPath& path, std::string_view text, std::string_view interface,
                                       dbus::Reader& reader) {
  ServiceObject& service = devices.at(key_of(path))->services[path.service];
  service.handle = path.service;
  if (path.kind == ObjectPath::Kind::service) {
    if (interface != "org.bluez.GattService1") return false;
    service.path = text;
    PropertyReader::read(service, reader);
    return true;
  }
  CharacteristicObject& characteristic = service.characteristics[path.characteristic];
  characteristic.handle = path.characteristic;
  if (path.kind == ObjectPath::Kind::characteristic) {
    if (interface != "org.bluez.GattCharacteristic1") return false;
    characteristic.path = text;
    std::optional<Bytes> value;
    PropertyReader::read(characteristic, reader, value);
    return true;
  }
  if (interface != "org.bluez.GattDescriptor1") return false;
  DescriptorObject& descriptor = characteristic.descriptors[path.descriptor];
  descriptor.handle = path.descriptor;
  descriptor.path = text;
  PropertyReader::read(descriptor, reader);
  return true;
}

void ObjectTree::State::read_interface(const ObjectPath& path, std::string_view text, std::string_view interface,
                                       dbus::Reader& reader, Added& added) {
  if (path.kind == ObjectPath::Kind::adapter && interface == "org.bluez.Adapter1") {
    PropertyReader::read(get_adapter(path), reader);
    added.adapter = true;
  } else if (path.kind == ObjectPath::Kind::adapter && interface == "org.bluez.AdvertisementMonitorManager1") {
    PropertyReader::read_monitors(get_adapter(path), reader);
    added.adapter = true;
  } else if (path.kind == ObjectPath::Kind::device && interface == "org.bluez.Device1") {
    DeviceRecord& device = get(path);
    if (device.path.empty()) device.path = text;
    added.device = true;
    added.change = properties.read(device, reader);
    note_address(device, key_of(path));
  } else if (path.kind > ObjectPath::Kind::device && interface.starts_with("org.bluez.Gatt")) {
    added.below = read_attribute(path, text, interface, reader);
    if (!added.below) reader.skip("a{sv}");
  } else {
    reader.skip("a{sv}");
  }
}

void ObjectTree::State::on_added(const dbus::Message& signal) {
  dbus::Reader reader = signal.read();
  const std::string_view text = reader.read_path();
  const ObjectPath path = ObjectPath::parse(text);
  if (path.kind == ObjectPath::Kind::other) return;
  const uint64_t key = key_of(path);
  if (path.kind > ObjectPath::Kind::device && find(key) == nullptr) return;
  const bool known = find(key) != nullptr;
  Added added;
  reader.enter_array("{sa{sv}}");
  while (reader.enter_dict_entry("sa{sv}")) {
    const std::string_view interface = reader.read_string();
    read_interface(path, text, interface, reader, added);
    reader.leave();
  }
  reader.leave();
  if (added.adapter) adapter_listeners->tell_all();
  DeviceRecord* const device = path.kind >= ObjectPath::Kind::device ? find(key) : nullptr;
  if (device == nullptr || !(added.device || added.below)) return;
  device->exists = true;
  tell(*device, key, {.kind = known ? DeviceEvent::Kind::changed : DeviceEvent::Kind::added});
  if (DeviceRecord* const still = find(key); added.change.heard && still != nullptr)
    heard_listeners->tell(still->adapter, *still);
}

void ObjectTree::State::remove_adapter(unsigned index) {
  adapters.erase(index);
  // BlueZ need not say of each device that it is gone too.
  tell_gone(take_devices([&](uint64_t key) { return key >> 48 == index; }), DeviceEvent::Kind::removed);
  adapter_listeners->tell_all();
}

void ObjectTree::State::remove_attribute(const ObjectPath& path) {
  const uint64_t key = key_of(path);
  DeviceRecord* const device = find(key);
  if (device == nullptr) return;
  const auto service = device->services.find(path.service);
  if (service == device->services.end()) return;
  auto& characteristics = service->second.characteristics;
  if (path.kind == ObjectPath::Kind::service) {
    device->services.erase(service);
  } else if (path.kind == ObjectPath::Kind::characteristic) {
    characteristics.erase(path.characteristic);
  } else if (const auto characteristic = characteristics.find(path.characteristic); characteristic != characteristics.end()) {
    characteristic->second.descriptors.erase(path.descriptor);
  }
  tell(*device, key, {.kind = DeviceEvent::Kind::changed});
}

void ObjectTree::State::on_removed(const dbus::Message& signal) {
  dbus::Reader reader = signal.read();
  const ObjectPath path = ObjectPath::parse(reader.read_path());
  bool object = false;
  bool monitors = false;
  reader.enter_array("s");
  while (!reader.at_end()) {
    const std::string_view interface = reader.read_string();
    if (interface == "org.bluez.AdvertisementMonitorManager1") monitors = true;
    object = object || interface == "org.bluez.Adapter1" || interface == "org.bluez.Device1" ||
             interface == "org.bluez.GattService1" || interface == "org.bluez.GattCharacteristic1" ||
             interface == "org.bluez.GattDescriptor1";
  }
  reader.leave();
  if (path.kind == ObjectPath::Kind::adapter && !object && monitors) {
    if (const auto adapter = adapters.find(path.adapter); adapter != adapters.end()) {
      adapter->second.has_monitors = false;
      adapter_listeners->tell_all();
    }
  }
  if (!object) return;
  switch (path.kind) {
    case ObjectPath::Kind::other: return;
    case ObjectPath::Kind::adapter: remove_adapter(path.adapter); return;
    case ObjectPath::Kind::device:
      tell_gone(take_devices([key = key_of(path)](uint64_t each) { return each == key; }), DeviceEvent::Kind::removed);
      return;
    case ObjectPath::Kind::service:
    case ObjectPath::Kind::characteristic:
    case ObjectPath::Kind::descriptor: remove_attribute(path); return;
  }
}

// The hot path: each advertisement comes through here.
void ObjectTree::State::on_device_changed(uint64_t key, dbus::Reader& reader) {
  DeviceRecord* const device = find(key);
  if (device == nullptr) return;
  const Address before = device->address;
  const Change change = properties.read(*device, reader);
  const Change taken_back = properties.invalidate(*device, reader);
  if (device->address != before) note_address(*device, key);
  if (change.heard) heard_listeners->tell(device->adapter, *device);
  if (!change.changed && !taken_back.changed) return;
  if (const DeviceRecord* const still = find(key)) tell(*still, key, {.kind = DeviceEvent::Kind::changed});
}

void ObjectTree::State::on_attribute_changed(const ObjectPath& path, DeviceRecord& device, std::string_view interface,
                                             dbus::Reader& reader) {
  const auto service = device.services.find(path.service);
  if (service == device.services.end()) return;
  if (path.kind == ObjectPath::Kind::service) {
    if (interface != "org.bluez.GattService1") return;
    PropertyReader::read(service->second, reader);
    tell(device, key_of(path), {.kind = DeviceEvent::Kind::changed});
    return;
  }
  const auto characteristic = service->second.characteristics.find(path.characteristic);
  if (path.kind != ObjectPath::Kind::characteristic || interface != "org.bluez.GattCharacteristic1" ||
      characteristic == service->second.characteristics.end())
    return;
  std::optional<Bytes> value;
  const Change change = PropertyReader::read(characteristic->second, reader, value);
  if (value)
    tell(device, key_of(path), {.kind = DeviceEvent::Kind::value, .characteristic = path.characteristic, .value = *value});
  // Whoever was told may have brought about that the device is gone.
  if (change.changed)
    if (const DeviceRecord* const still = find(key_of(path))) tell(*still, key_of(path), {.kind = DeviceEvent::Kind::changed});
}

void ObjectTree::State::on_changed(const dbus::Message& signal) {
  const ObjectPath path = ObjectPath::parse(signal.path());
  if (path.kind == ObjectPath::Kind::other) return;
  dbus::Reader reader = signal.read();
  const std::string_view interface = reader.read_string();
  if (path.kind == ObjectPath::Kind::device) {
    if (interface == "org.bluez.Device1") on_device_changed(key_of(path), reader);
  } else if (path.kind == ObjectPath::Kind::adapter) {
    const auto adapter = adapters.find(path.adapter);
    if (adapter == adapters.end()) return;
    Change change;
    if (interface == "org.bluez.Adapter1") change = PropertyReader::read(adapter->second, reader);
    if (interface == "org.bluez.AdvertisementMonitorManager1") change = PropertyReader::read_monitors(adapter->second, reader);
    if (change.changed) adapter_listeners->tell_all();
  } else if (DeviceRecord* const device = find(key_of(path))) {
    on_attribute_changed(path, *device, interface, reader);
  }
}

ObjectTree::ObjectTree() : state_(std::make_shared<State>()) {}
ObjectTree::~ObjectTree() = default;

void ObjectTree::on_signal(const dbus::Message& signal) {
  const auto keep = state_;
  try {
    const std::string_view member = signal.member();
    if (member == "PropertiesChanged")
      state_->on_changed(signal);
    else if (member == "InterfacesAdded")
      state_->on_added(signal);
    else if (member == "InterfacesRemoved")
      state_->on_removed(signal);
  } catch (const dbus::MessageMalformed&) {
    ++state_->malformed;
  }
}

void ObjectTree::set_objects(dbus::Reader reply) {
  const auto keep = state_;
  State& state = *state_;
  state.adapters.clear();
  state.renamed.clear();
  boost::unordered_flat_set<uint64_t> before;
  for (auto& [key, device] : state.devices) {
    before.insert(key);
    clear(*device);
    device->exists = false;
  }
  try {
    reply.enter_array("{oa{sa{sv}}}");
    while (reply.enter_dict_entry("oa{sa{sv}}")) {
      const std::string_view text = reply.read_path();
      const ObjectPath path = ObjectPath::parse(text);
      if (path.kind > ObjectPath::Kind::device) (void)state.get(path);  // its device may come after it
      State::Added added;
      reply.enter_array("{sa{sv}}");
      while (reply.enter_dict_entry("sa{sv}")) {
        const std::string_view interface = reply.read_string();
        state.read_interface(path, text, interface, reply, added);
        reply.leave();
      }
      reply.leave();
      reply.leave();
      if (added.device) state.get(path).exists = true;
    }
    reply.leave();
  } catch (const dbus::MessageMalformed&) {
    ++state.malformed;
  }
  auto gone = state.take_devices([&](uint64_t key) { return !state.find(key)->exists; });
  for (const auto& [key, device] : gone)
    if (before.contains(key)) device->exists = true;  // so that it is told
  std::vector<uint64_t> there;
  for (const auto& [key, device] : state.devices) there.push_back(key);
  state.tell_gone(std::move(gone), DeviceEvent::Kind::removed);
  for (const uint64_t key : there)
    if (const DeviceRecord* const device = state.find(key))
      state.tell(*device, key, {.kind = before.contains(key) ? DeviceEvent::Kind::changed : DeviceEvent::Kind::added});
  state.adapter_listeners->tell_all();
}

void ObjectTree::set_connected(unsigned adapter, const Address& address) {
  const auto keep = state_;
  uint64_t key = key_of(adapter, address.bits());
  if (const auto renamed = keep->renamed.find(key); keep->find(key) == nullptr && renamed != keep->renamed.end())
    key = renamed->second;
  DeviceRecord* const device = keep->find(key);
  if (device == nullptr || std::exchange(device->connected, true)) return;
  keep->tell(*device, key, {.kind = DeviceEvent::Kind::changed});
}

void ObjectTree::reset() {
  const auto keep = state_;
  state_->adapters.clear();
  state_->renamed.clear();
  state_->devices.clear();
  state_->device_listeners->tell_all({.kind = DeviceEvent::Kind::reset});
  state_->adapter_listeners->tell_all();
}

const std::map<unsigned, AdapterObject>& ObjectTree::adapters() const noexcept {
  return state_->adapters;
}

const AdapterObject* ObjectTree::find_adapter(unsigned index) const noexcept {
  const auto at = state_->adapters.find(index);
  return at == state_->adapters.end() ? nullptr : &at->second;
}

const DeviceObject* ObjectTree::find_device(unsigned adapter, const Address& address) const noexcept {
  const uint64_t key = key_of(adapter, address.bits());
  if (const DeviceRecord* const device = state_->find(key)) return device;
  const auto renamed = state_->renamed.find(key);
  return renamed == state_->renamed.end() ? nullptr : state_->find(renamed->second);
}

std::vector<const DeviceObject*> ObjectTree::devices(unsigned adapter) const {
  std::vector<const DeviceObject*> all;
  for (const auto& [key, device] : state_->devices)
    if (device->adapter == adapter) all.push_back(device.get());
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->path < b->path; });
  return all;
}

uint64_t ObjectTree::malformed() const noexcept {
  return state_->malformed;
}

std::unique_ptr<ObjectTree::Watch> ObjectTree::watch_device(unsigned adapter, const Address& address, OnDevice on_event) {
  return std::make_unique<TreeWatch<DeviceListeners>>(state_->device_listeners, key_of(adapter, address.bits()),
                                                      std::move(on_event));
}

std::unique_ptr<ObjectTree::Watch> ObjectTree::watch_heard(unsigned adapter, OnHeard on_heard) {
  return std::make_unique<TreeWatch<HeardListeners>>(state_->heard_listeners, adapter, std::move(on_heard));
}

std::unique_ptr<ObjectTree::Watch> ObjectTree::watch_adapters(OnAdapters on_change) {
  return std::make_unique<TreeWatch<AdapterListeners>>(state_->adapter_listeners, 0, std::move(on_change));
}

std::string adapter_path(unsigned adapter) {
  return fmt::format("/org/bluez/hci{}", adapter);
}

std::string device_path(unsigned adapter, const Address& address) {
  const uint64_t bits = address.bits();
  return fmt::format("/org/bluez/hci{}/dev_{:02X}_{:02X}_{:02X}_{:02X}_{:02X}_{:02X}", adapter, bits >> 40, bits >> 32 & 0xFF,
                     bits >> 24 & 0xFF, bits >> 16 & 0xFF, bits >> 8 & 0xFF, bits & 0xFF);
}

}  // namespace moor::bluez
