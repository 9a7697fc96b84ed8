// Advertisement monitors: what an application registers is asked for its objects, activated, and told which devices match.

#include "support/fake_bluez/state.hpp"

#include <algorithm>

namespace moor::testing {

namespace {

constexpr const char* monitor_interface = "org.bluez.AdvertisementMonitor1";

std::vector<BluezPattern> read_patterns(dbus::Reader& reader) {
  std::vector<BluezPattern> patterns;
  reader.enter_variant("a(yyay)");
  reader.enter_array("(yyay)");
  while (!reader.at_end()) {
    reader.enter_struct("yyay");
    BluezPattern pattern;
    pattern.start = reader.read_u8();
    pattern.type = reader.read_u8();
    const Bytes content = reader.read_bytes();
    pattern.content.assign(content.begin(), content.end());
    reader.leave();
    patterns.push_back(std::move(pattern));
  }
  reader.leave();
  reader.leave();
  return patterns;
}

/// Nothing where its interface is not there, or its type is unknown, or it has no pattern: bluetoothd releases such a one.
std::optional<BluezMonitor> read_interfaces(dbus::Reader& reader, std::string path) {
  BluezMonitor monitor{.path = std::move(path)};
  bool is_monitor = false, is_known = false;
  reader.enter_array("{sa{sv}}");
  while (reader.enter_dict_entry("sa{sv}")) {
    if (reader.read_string() != monitor_interface) {
      reader.skip("a{sv}");
      reader.leave();
      continue;
    }
    is_monitor = true;
    reader.enter_array("{sv}");
    while (reader.enter_dict_entry("sv")) {
      const std::string name(reader.read_string());
      if (name == "Patterns") {
        monitor.patterns = read_patterns(reader);
      } else {
        const std::optional<BluezValue> value = BluezObjects::read_variant(reader);
        if (name == "Type") is_known = value == BluezValue(std::string("or_patterns"));
      }
      reader.leave();
    }
    reader.leave();
    reader.leave();
  }
  reader.leave();
  if (!is_monitor) return std::nullopt;
  monitor.active = is_known && !monitor.patterns.empty();
  return monitor;
}

std::vector<BluezMonitor> read_monitors(dbus::Reader reader) {
  std::vector<BluezMonitor> monitors;
  reader.enter_array("{oa{sa{sv}}}");
  while (reader.enter_dict_entry("oa{sa{sv}}")) {
    std::string path(reader.read_path());
    if (std::optional<BluezMonitor> monitor = read_interfaces(reader, std::move(path))) monitors.push_back(std::move(*monitor));
    reader.leave();
  }
  reader.leave();
  return monitors;
}

bool matches(const BluezPattern& pattern, const std::vector<std::pair<uint8_t, BluezBytes>>& advertised) {
  return std::ranges::any_of(advertised, [&](const auto& structure) {
    const auto& [type, content] = structure;
    return type == pattern.type && content.size() >= pattern.start + pattern.content.size() &&
           std::equal(pattern.content.begin(), pattern.content.end(), content.begin() + pattern.start);
  });
}

}  // namespace

void FakeBluez::State::call_client(const std::string& sender, const std::string& path, const char* method,
                                   const std::string& object) {
  dbus::Message message = bus.new_call({.destination = sender, .path = path, .interface = monitor_interface}, method);
  if (!object.empty()) message.write().path(object);
  bus.send(std::move(message));
}

void FakeBluez::State::perform_monitors(const CallPointer& call, BluezAdapter& adapter) {
  const std::string root(call->message.read().read_path());
  const auto mine = std::ranges::find_if(
      adapter.applications, [&](const BluezMonitors& each) { return each.sender == call->sender && each.root == root; });
  if (call->member == "UnregisterMonitor") {
    if (mine == adapter.applications.end()) return call->refuse(fails("DoesNotExist", "Does Not Exist"));
    adapter.applications.erase(mine);
    return call->reply.done();
  }
  if (mine != adapter.applications.end()) return call->refuse(fails("AlreadyExists", "Already Exists"));
  const auto answer = [](std::shared_ptr<State> self, unsigned index, CallPointer pending,
                         BluezMonitors application) -> awaitable<void> {
    const uint64_t life = self->life;
    try {
      co_await register_monitors(self, index, std::move(application));
      if (life == self->life) pending->reply.done();
    } catch (const std::exception& error) {
      if (self->alive && life == self->life) pending->refuse(fails("Failed", error.what()));
    }
  };
  spawn(answer(shared_from_this(), adapter.index, call, BluezMonitors{.sender = call->sender, .root = root}));
}

awaitable<void> FakeBluez::State::register_monitors(std::shared_ptr<State> self, unsigned index, BluezMonitors application) {
  const dbus::Target target{
      .destination = application.sender, .path = application.root, .interface = "org.freedesktop.DBus.ObjectManager"};
  const uint64_t life = self->life;
  const dbus::Message objects =
      co_await self->bus.call(self->bus.new_call(target, "GetManagedObjects"), self->clock.now() + std::chrono::seconds(25));
  const auto adapter = self->adapters.find(index);
  if (!self->alive || life != self->life || adapter == self->adapters.end()) co_return;
  application.monitors = read_monitors(objects.read());
  for (const BluezMonitor& each : application.monitors)
    self->call_client(application.sender, each.path, each.active ? "Activate" : "Release");
  adapter->second.applications.push_back(std::move(application));
  if (!self->is_discovering(adapter->second)) self->look_for_devices(adapter->second);
}

bool FakeBluez::State::tell_monitors(BluezAdapter& adapter, const BluezDevice::State& device) {
  const auto advertised = device.advertised();
  bool any = false;
  for (BluezMonitors& application : adapter.applications)
    for (BluezMonitor& monitor : application.monitors) {
      if (!monitor.active || !std::ranges::any_of(monitor.patterns, [&](const auto& each) { return matches(each, advertised); }))
        continue;
      any = true;
      if (monitor.found.insert(device.path).second) call_client(application.sender, monitor.path, "DeviceFound", device.path);
    }
  return any;
}

}  // namespace moor::testing
