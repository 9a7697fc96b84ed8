#pragma once
// Objects with interfaces with properties, as org.freedesktop.DBus.ObjectManager and .Properties tell of them. What changes is signalled at once.

#include "dbus/bus.hpp"
#include "support/fake_bluez_script.hpp"

#include <map>

namespace moor::testing {

using BluezInterfaces = std::map<std::string, BluezProperties>;

class BluezObjects {
public:
  explicit BluezObjects(dbus::Bus& bus) : bus_(bus) {}

  /// Says InterfacesAdded. An object that is there is replaced.
  void add(const std::string& path, BluezInterfaces interfaces);
  void remove_interface(const std::string& path, const std::string& interface);
  /// The object and all below it, those first that are deepest, as bluetoothd does.
  void remove(const std::string& path);
  void change(const std::string& path, const std::string& interface, const BluezProperties& changed,
              const std::vector<std::string>& invalidated = {});
  void change_unsaid(const std::string& path, const std::string& interface, const std::string& property, BluezValue value);
  /// Without a signal.
  void clear() { objects_.clear(); }
  /// Nothing is signalled while bluetoothd does not run.
  void set_heard(bool heard) noexcept { heard_ = heard; }

  [[nodiscard]] bool has(const std::string& path) const { return objects_.contains(path); }
  [[nodiscard]] const BluezProperties* find(const std::string& path, const std::string& interface) const;
  [[nodiscard]] const BluezInterfaces* find(const std::string& path) const;
  [[nodiscard]] std::vector<std::string> below(const std::string& path) const;

  void write_all(dbus::Writer& writer) const;  ///< "a{oa{sa{sv}}}"
  static void write(dbus::Writer& writer, const BluezProperties& properties);
  static void write_variant(dbus::Writer& writer, const BluezValue& value);
  /// Of a variant; nothing of a type that no property has that can be set.
  static std::optional<BluezValue> read_variant(dbus::Reader& reader);

private:
  void say_removed(const std::string& path, const std::vector<std::string>& interfaces);

  dbus::Bus& bus_;
  std::map<std::string, BluezInterfaces> objects_;
  bool heard_ = false;
};

}  // namespace moor::testing
