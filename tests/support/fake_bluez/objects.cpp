#include "support/fake_bluez/objects.hpp"

#include <algorithm>

namespace moor::testing {

namespace {

// What sd-bus and GDBus objects have beside their own; bluetoothd lists them with no properties.
constexpr const char* introspectable = "org.freedesktop.DBus.Introspectable";
constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";

void write_interfaces(dbus::Writer& writer, const BluezInterfaces& interfaces) {
  writer.open_array("{sa{sv}}");
  for (const auto& [name, properties] : interfaces) {
    writer.open_dict_entry("sa{sv}").string(name);
    BluezObjects::write(writer, properties);
    writer.close();
  }
  writer.close();
}

// One overload for each type of a property.
void put(dbus::Writer& writer, bool value) {
  writer.open_variant("b").boolean(value).close();
}
void put(dbus::Writer& writer, uint8_t value) {
  writer.open_variant("y").u8(value).close();
}
void put(dbus::Writer& writer, int16_t value) {
  writer.open_variant("n").i16(value).close();
}
void put(dbus::Writer& writer, uint16_t value) {
  writer.open_variant("q").u16(value).close();
}
void put(dbus::Writer& writer, uint32_t value) {
  writer.open_variant("u").u32(value).close();
}
void put(dbus::Writer& writer, const std::string& value) {
  writer.open_variant("s").string(value).close();
}
void put(dbus::Writer& writer, const ObjectPath& value) {
  writer.open_variant("o").path(value.text).close();
}
void put(dbus::Writer& writer, const std::vector<std::string>& value) {
  writer.open_variant("as").open_array("s");
  for (const std::string& each : value) writer.string(each);
  writer.close().close();
}
void put(dbus::Writer& writer, const std::vector<ObjectPath>& value) {
  writer.open_variant("ao").open_array("o");
  for (const ObjectPath& each : value) writer.path(each.text);
  writer.close().close();
}
void put(dbus::Writer& writer, const BluezBytes& value) {
  writer.open_variant("ay").bytes(value).close();
}

void put_key(dbus::Writer& writer, uint16_t key) {
  writer.u16(key);
}
void put_key(dbus::Writer& writer, uint8_t key) {
  writer.u8(key);
}
void put_key(dbus::Writer& writer, const std::string& key) {
  writer.string(key);
}
template <typename Key>
void put_map(dbus::Writer& writer, const char key_type, const std::map<Key, BluezBytes>& value) {
  const std::string entry = std::string(1, key_type) + "v";
  writer.open_variant(("a{" + entry + "}").c_str()).open_array(("{" + entry + "}").c_str());
  for (const auto& [key, bytes] : value) {
    writer.open_dict_entry(entry.c_str());
    put_key(writer, key);
    put(writer, bytes);
    writer.close();
  }
  writer.close().close();
}
void put(dbus::Writer& writer, const std::map<uint16_t, BluezBytes>& value) {
  put_map(writer, 'q', value);
}
void put(dbus::Writer& writer, const std::map<std::string, BluezBytes>& value) {
  put_map(writer, 's', value);
}
void put(dbus::Writer& writer, const std::map<uint8_t, BluezBytes>& value) {
  put_map(writer, 'y', value);
}

}  // namespace

void BluezObjects::write_variant(dbus::Writer& writer, const BluezValue& value) {
  std::visit([&](const auto& each) { put(writer, each); }, value);
}

void BluezObjects::write(dbus::Writer& writer, const BluezProperties& properties) {
  writer.open_array("{sv}");
  for (const auto& [name, value] : properties) {
    writer.open_dict_entry("sv").string(name);
    write_variant(writer, value);
    writer.close();
  }
  writer.close();
}

std::optional<BluezValue> BluezObjects::read_variant(dbus::Reader& reader) {
  std::string_view contents;
  if (reader.peek(&contents) != 'v') return std::nullopt;
  const std::string type(contents);
  std::optional<BluezValue> value;
  if (type != "b" && type != "n" && type != "q" && type != "u" && type != "s" && type != "o" && type != "as") {
    reader.skip("v");
    return std::nullopt;
  }
  reader.enter_variant(type.c_str());
  if (type == "b") value = reader.read_bool();
  if (type == "n") value = reader.read_i16();
  if (type == "q") value = reader.read_u16();
  if (type == "u") value = reader.read_u32();
  if (type == "s") value = std::string(reader.read_string());
  if (type == "o") value = ObjectPath{std::string(reader.read_path())};
  if (type == "as") {
    std::vector<std::string> words;
    reader.enter_array("s");
    while (!reader.at_end()) words.emplace_back(reader.read_string());
    reader.leave();
    value = std::move(words);
  }
  reader.leave();
  return value;
}

const BluezInterfaces* BluezObjects::find(const std::string& path) const {
  const auto object = objects_.find(path);
  return object == objects_.end() ? nullptr : &object->second;
}

const BluezProperties* BluezObjects::find(const std::string& path, const std::string& interface) const {
  const BluezInterfaces* object = find(path);
  if (object == nullptr) return nullptr;
  const auto found = object->find(interface);
  return found == object->end() ? nullptr : &found->second;
}

std::vector<std::string> BluezObjects::below(const std::string& path) const {
  std::vector<std::string> result;
  const std::string prefix = path + "/";
  for (auto each = objects_.lower_bound(prefix); each != objects_.end() && each->first.starts_with(prefix); ++each)
    result.push_back(each->first);
  return result;
}

void BluezObjects::add(const std::string& path, BluezInterfaces interfaces) {
  interfaces.try_emplace(introspectable);
  interfaces.try_emplace(properties_interface);
  BluezInterfaces& object = objects_[path] = std::move(interfaces);
  if (!heard_) return;
  dbus::Message signal = bus_.new_signal("/", "org.freedesktop.DBus.ObjectManager", "InterfacesAdded");
  dbus::Writer writer = signal.write();
  writer.path(path);
  write_interfaces(writer, object);
  bus_.send(std::move(signal));
}

void BluezObjects::say_removed(const std::string& path, const std::vector<std::string>& interfaces) {
  if (!heard_) return;
  dbus::Message signal = bus_.new_signal("/", "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved");
  dbus::Writer writer = signal.write();
  writer.path(path).open_array("s");
  for (const std::string& each : interfaces) writer.string(each);
  writer.close();
  bus_.send(std::move(signal));
}

void BluezObjects::remove_interface(const std::string& path, const std::string& interface) {
  const auto object = objects_.find(path);
  if (object == objects_.end() || object->second.erase(interface) == 0) return;
  say_removed(path, {interface});
}

void BluezObjects::remove(const std::string& path) {
  std::vector<std::string> paths = below(path);
  paths.insert(paths.begin(), path);
  std::ranges::reverse(paths);
  for (const std::string& each : paths) {
    const auto object = objects_.find(each);
    if (object == objects_.end()) continue;
    std::vector<std::string> interfaces;
    for (const auto& [name, properties] : object->second) interfaces.push_back(name);
    objects_.erase(object);
    say_removed(each, interfaces);
  }
}

void BluezObjects::change(const std::string& path, const std::string& interface, const BluezProperties& changed,
                          const std::vector<std::string>& invalidated) {
  if (const auto object = objects_.find(path); object != objects_.end()) {
    BluezProperties& properties = object->second[interface];
    for (const auto& [name, value] : changed) properties[name] = value;
    for (const std::string& each : invalidated) properties.erase(each);
  }
  if (!heard_) return;
  dbus::Message signal = bus_.new_signal(path, properties_interface, "PropertiesChanged");
  dbus::Writer writer = signal.write();
  writer.string(interface);
  write(writer, changed);
  writer.open_array("s");
  for (const std::string& each : invalidated) writer.string(each);
  writer.close();
  bus_.send(std::move(signal));
}

void BluezObjects::change_unsaid(const std::string& path, const std::string& interface, const std::string& property,
                                 BluezValue value) {
  if (const auto object = objects_.find(path); object != objects_.end()) object->second[interface][property] = std::move(value);
}

void BluezObjects::write_all(dbus::Writer& writer) const {
  writer.open_array("{oa{sa{sv}}}");
  for (const auto& [path, interfaces] : objects_) {
    writer.open_dict_entry("oa{sa{sv}}").path(path);
    write_interfaces(writer, interfaces);
    writer.close();
  }
  writer.close();
}

}  // namespace moor::testing
