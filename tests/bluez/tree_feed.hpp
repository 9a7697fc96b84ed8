#pragma once
// Messages of bluetoothd made by hand, for an object tree without a bus. It keeps what they say, so that a reply of GetManagedObjects can be made of it.

#include "radio/bluez/object_tree.hpp"
#include "support/bus_pair.hpp"
#include "support/fake_bluez/objects.hpp"
#include "support/play.hpp"

namespace moor::bluez {

using testing::BluezInterfaces;
using testing::BluezProperties;

inline constexpr const char* device1 = "org.bluez.Device1";
inline constexpr const char* adapter1 = "org.bluez.Adapter1";

class TreeFeed {
public:
  TreeFeed() {
    testing::play(clock_, context_, [](TreeFeed& self) -> awaitable<void> {
      self.pair_ = co_await testing::make_bus_pair(self.clock_);
      self.pair_.driver.reset();
      self.context_.stop();  // both ends wait for messages for ever
    }(*this));
  }

  [[nodiscard]] dbus::Message added(const std::string& path, const BluezInterfaces& interfaces) {
    for (const auto& [name, properties] : interfaces) model_[path][name] = properties;
    dbus::Message signal = pair_.server->new_signal("/", "org.freedesktop.DBus.ObjectManager", "InterfacesAdded");
    dbus::Writer writer = signal.write();
    writer.path(path);
    write(writer, interfaces);
    return signal;
  }
  [[nodiscard]] dbus::Message removed(const std::string& path, const std::vector<std::string>& interfaces) {
    for (const std::string& each : interfaces) model_[path].erase(each);
    if (model_[path].empty()) model_.erase(path);
    dbus::Message signal = pair_.server->new_signal("/", "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved");
    dbus::Writer writer = signal.write();
    writer.path(path).open_array("s");
    for (const std::string& each : interfaces) writer.string(each);
    writer.close();
    return signal;
  }
  [[nodiscard]] dbus::Message changed(const std::string& path, const std::string& interface, const BluezProperties& changed,
                                      const std::vector<std::string>& invalidated = {}) {
    if (const auto object = model_.find(path); object != model_.end() && object->second.contains(interface)) {
      for (const auto& [name, value] : changed) object->second[interface][name] = value;
      for (const std::string& each : invalidated) object->second[interface].erase(each);
    }
    dbus::Message signal = pair_.server->new_signal(path, "org.freedesktop.DBus.Properties", "PropertiesChanged");
    dbus::Writer writer = signal.write();
    writer.string(interface);
    testing::BluezObjects::write(writer, changed);
    writer.open_array("s");
    for (const std::string& each : invalidated) writer.string(each);
    writer.close();
    return signal;
  }
  /// What GetManagedObjects would answer now, in an order that is turned by `rotation`.
  [[nodiscard]] dbus::Message objects(size_t rotation = 0) {
    dbus::Message signal = pair_.server->new_signal("/", "org.freedesktop.DBus.ObjectManager", "Reply");
    dbus::Writer writer = signal.write();
    writer.open_array("{oa{sa{sv}}}");
    std::vector<std::string> paths;
    for (const auto& [path, interfaces] : model_) paths.push_back(path);
    if (!paths.empty())
      std::rotate(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(rotation % paths.size()), paths.end());
    for (const std::string& path : paths) {
      writer.open_dict_entry("oa{sa{sv}}").path(path);
      write(writer, model_[path]);
      writer.close();
    }
    writer.close();
    return signal;
  }
  /// Any signal of properties, whatever its arguments.
  [[nodiscard]] dbus::Message signal(const char* member, const std::function<void(dbus::Writer&)>& arguments) {
    dbus::Message signal = pair_.server->new_signal("/org/bluez/hci0", "org.freedesktop.DBus.Properties", member);
    dbus::Writer writer = signal.write();
    arguments(writer);
    return signal;
  }
  [[nodiscard]] std::map<std::string, BluezInterfaces>& model() noexcept { return model_; }

private:
  static void write(dbus::Writer& writer, const BluezInterfaces& interfaces) {
    writer.open_array("{sa{sv}}");
    for (const auto& [name, properties] : interfaces) {
      writer.open_dict_entry("sa{sv}").string(name);
      testing::BluezObjects::write(writer, properties);
      writer.close();
    }
    writer.close();
  }
  boost::asio::io_context context_{};
  VirtualClock clock_{};
  testing::BusPair pair_{};
  std::map<std::string, BluezInterfaces> model_{};
};

}  // namespace moor::bluez
