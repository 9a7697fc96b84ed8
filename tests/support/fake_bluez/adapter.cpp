// Adapters: discovery and advertisement monitors.

#include "support/fake_bluez/state.hpp"

#include <algorithm>
#include <cstdio>

namespace moor::testing {

namespace {

Reaction not_ready() {
  return fails("NotReady", "Resource Not Ready");
}

}  // namespace

void FakeBluez::add_adapter(unsigned index) {
  char address[18];
  std::snprintf(address, sizeof address, "00:00:5E:00:53:%02X", index & 0xFF);
  const std::string path = "/org/bluez/hci" + std::to_string(index);
  BluezAdapter adapter{.index = index, .path = path};
  adapter.initial[adapter_interface] = {{"Address", std::string(address)},
                                        {"AddressType", std::string("public")},
                                        {"Name", std::string("BlueZ 5.66")},
                                        {"Alias", std::string("BlueZ 5.66")},
                                        {"Class", uint32_t{0}},
                                        {"Powered", true},
                                        {"PowerState", std::string("on")},
                                        {"Discoverable", false},
                                        {"DiscoverableTimeout", uint32_t{180}},
                                        {"Pairable", false},
                                        {"PairableTimeout", uint32_t{0}},
                                        {"Discovering", false},
                                        {"UUIDs", std::vector<std::string>{"00001800-0000-1000-8000-00805f9b34fb"}},
                                        {"Modalias", std::string("usb:v1D6Bp0246d0542")},
                                        {"Roles", std::vector<std::string>{"central", "peripheral"}}};
  adapter.initial[monitor_manager_interface] = {{"SupportedMonitorTypes", std::vector<std::string>{"or_patterns"}},
                                                {"SupportedFeatures", std::vector<std::string>{}}};
  adapter.initial["org.bluez.GattManager1"] = {};
  adapter.initial["org.bluez.LEAdvertisingManager1"] = {};
  if (state_->running) state_->objects.add(path, adapter.initial);
  state_->adapters.insert_or_assign(index, std::move(adapter));
}

void FakeBluez::remove_adapter(unsigned index) {
  const auto adapter = state_->adapters.find(index);
  if (adapter == state_->adapters.end()) return;
  const std::string path = adapter->second.path;
  for (const auto& device : state_->devices)
    if (device->path().starts_with(path + "/")) {
      device->state_->lose_link();
      device->state_->remove();
    }
  state_->adapters.erase(adapter);
  state_->objects.remove(path);
}

void FakeBluez::set_adapter(unsigned index, const std::string& property, BluezValue value) {
  BluezAdapter& adapter = state_->adapters.at(index);
  adapter.initial[adapter_interface][property] = value;
  if (property == "Powered" && state_->running) return state_->power(adapter, std::get<bool>(value));
  if (state_->running) state_->objects.change(adapter.path, adapter_interface, {{property, std::move(value)}});
}

void FakeBluez::without_monitors(unsigned index) {
  BluezAdapter& adapter = state_->adapters.at(index);
  adapter.initial.erase(monitor_manager_interface);
  state_->objects.remove_interface(adapter.path, monitor_manager_interface);
}

bool FakeBluez::is_discovering(unsigned adapter) const {
  const auto found = state_->adapters.find(adapter);
  return found != state_->adapters.end() && state_->is_discovering(found->second);
}

size_t FakeBluez::monitors(unsigned adapter) const {
  size_t count = 0;
  const auto found = state_->adapters.find(adapter);
  if (found == state_->adapters.end()) return 0;
  for (const BluezMonitors& application : found->second.applications)
    for (const BluezMonitor& each : application.monitors) count += each.active ? 1 : 0;
  return count;
}

std::string FakeBluez::discovery_filter(unsigned adapter) const {
  std::string text;
  for (const auto& [sender, filter] : state_->adapters.at(adapter).filters) {
    for (const auto& [key, value] : filter) {
      if (!text.empty()) text += ' ';
      text += key + "=";
      if (const bool* flag = std::get_if<bool>(&value)) text += *flag ? "true" : "false";
      if (const std::string* word = std::get_if<std::string>(&value)) text += *word;
      if (const int16_t* number = std::get_if<int16_t>(&value)) text += std::to_string(*number);
      if (const uint16_t* number = std::get_if<uint16_t>(&value)) text += std::to_string(*number);
      if (const auto* words = std::get_if<std::vector<std::string>>(&value))
        for (const std::string& each : *words) text += (&each == words->data() ? "" : ",") + each;
    }
  }
  return text;
}

bool FakeBluez::State::is_listening(const BluezAdapter& adapter) const {
  return is_discovering(adapter) || !adapter.applications.empty();
}

bool FakeBluez::State::is_powered(const BluezAdapter& adapter) const {
  const BluezProperties* properties = objects.find(adapter.path, adapter_interface);
  return properties != nullptr && std::get<bool>(properties->at("Powered"));
}

void FakeBluez::State::perform_adapter(const CallPointer& call, BluezAdapter& adapter) {
  if (call->member == "SetDiscoveryFilter") return set_filter(call, adapter);
  if (call->member == "StartDiscovery") return start_discovery(call, adapter);
  if (call->member == "StopDiscovery") return stop_discovery(call, adapter);
  if (call->member == "RemoveDevice") return remove_device(call, adapter);
  if (call->member == "GetDiscoveryFilters")
    return call->reply.done([](dbus::Writer& writer) {
      writer.open_array("s");
      for (const char* each : {"UUIDs", "RSSI", "Pathloss", "Transport", "DuplicateData", "Discoverable", "Pattern"})
        writer.string(each);
      writer.close();
    });
  if (call->member == "ConnectDevice") {
    const std::optional<BluezValue> wanted = read_option(call->message.read(), "Address");
    for (const auto& device : devices)
      if (wanted && std::get<std::string>(*wanted) == device->address().to_string() && device->state_->adapter == adapter.index) {
        device->appear();
        return device->state_->begin_connect(call);
      }
    return call->refuse(fails("Failed", "le-connection-abort-by-local"));
  }
  call->reply.refuse("org.freedesktop.DBus.Error.UnknownMethod", "No such method");
}

void FakeBluez::State::set_filter(const CallPointer& call, BluezAdapter& adapter) {
  if (!is_powered(adapter)) return call->refuse(not_ready());
  dbus::Reader reader = call->message.read();
  BluezProperties filter;
  reader.enter_array("{sv}");
  while (reader.enter_dict_entry("sv")) {
    const std::string key(reader.read_string());
    std::optional<BluezValue> value = BluezObjects::read_variant(reader);
    if (!value) return call->refuse(fails("InvalidArguments", "Invalid arguments in method call"));
    filter[key] = std::move(*value);
    reader.leave();
  }
  reader.leave();
  if (filter.empty())
    adapter.filters.erase(call->sender);
  else
    adapter.filters[call->sender] = std::move(filter);
  call->reply.done();
}

void FakeBluez::State::start_discovery(const CallPointer& call, BluezAdapter& adapter) {
  if (!is_powered(adapter)) return call->refuse(not_ready());
  if (!adapter.discoverers.insert(call->sender).second) return call->refuse(in_progress());
  call->reply.done();
  if (adapter.discoverers.size() > 1) return;
  objects.change(adapter.path, adapter_interface, {{"Discovering", true}});
  look_for_devices(adapter);
}

// In the order of bluetoothd: the answer, then RSSI and TxPower of every device are taken back, then Discovering.
void FakeBluez::State::stop_discovery(const CallPointer& call, BluezAdapter& adapter) {
  if (!is_powered(adapter)) return call->refuse(not_ready());
  if (adapter.discoverers.erase(call->sender) == 0) return call->refuse(fails("Failed", "No discovery started"));
  call->reply.done();
  if (adapter.discoverers.empty()) end_discovery(adapter);
}

void FakeBluez::State::end_discovery(BluezAdapter& adapter) {
  for (const auto& device : devices) {
    if (device->state_->adapter != adapter.index || !device->exists()) continue;
    std::vector<std::string> gone;
    for (const char* each : {"RSSI", "TxPower"})
      if (objects.find(device->path(), device_interface)->contains(each)) gone.emplace_back(each);
    if (!gone.empty()) objects.change(device->path(), device_interface, {}, gone);
    device->state_->expire_later();
  }
  objects.change(adapter.path, adapter_interface, {{"Discovering", false}});
}

void FakeBluez::State::remove_device(const CallPointer& call, BluezAdapter& adapter) {
  dbus::Reader reader = call->message.read();
  const std::string path(reader.read_path());
  BluezDevice* device = find_device(path);
  if (device == nullptr || device->state_->adapter != adapter.index || !device->exists() || device->path() != path)
    return call->refuse(fails("DoesNotExist", "Does Not Exist"));
  device->state_->bonded = device->state_->trusted = device->state_->known = false;
  const auto end = [](std::shared_ptr<BluezDevice::State> state, CallPointer pending) -> awaitable<void> {
    if (state->connected && state->disconnection > Duration{}) co_await state->bluez.clock.wait_for(state->disconnection);
    if (state->connected) state->resolve(false);
    pending->reply.done();
    state->lose_link();
    state->remove();
  };
  spawn(end(device->state_, call));
}

void FakeBluez::State::power(BluezAdapter& adapter, bool on) {
  if (is_powered(adapter) == on) return;
  if (!on) {
    const bool discovering = is_discovering(adapter);
    adapter.discoverers.clear();
    if (discovering) end_discovery(adapter);
    for (const auto& device : devices)
      if (device->state_->adapter == adapter.index) device->state_->lose_link();
  }
  objects.change(adapter.path, adapter_interface, {{"PowerState", std::string(on ? "on" : "off")}, {"Powered", on}});
}

void FakeBluez::State::look_for_devices(BluezAdapter& adapter) {
  const auto advertise = [](std::shared_ptr<State> self, std::shared_ptr<BluezDevice::State> device) -> awaitable<void> {
    const uint64_t life = self->life;
    Duration pause = device->found_after;
    while (true) {
      co_await self->clock.wait_for(pause);
      const auto found = self->adapters.find(device->adapter);
      if (!self->alive || life != self->life || found == self->adapters.end() || !self->is_listening(found->second)) co_return;
      if (!device->hidden && !device->connected) device->heard(std::nullopt);
      if (!device->interval) co_return;
      pause = *device->interval;
    }
  };
  for (const auto& device : devices)
    if (device->state_->adapter == adapter.index && !device->state_->hidden) spawn(advertise(shared_from_this(), device->state_));
}

}  // namespace moor::testing
