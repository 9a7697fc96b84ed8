// Devices: what they are, how they are heard, and their objects.

#include "support/fake_bluez/state.hpp"

#include <algorithm>

namespace moor::testing {

namespace {

std::string object_name(const Address& address) {
  std::string text = address.to_string();
  std::ranges::replace(text, ':', '_');
  return "dev_" + text;
}

}  // namespace

BluezDevice::BluezDevice(FakeBluez& bluez, unsigned adapter, Address address) : state_(std::make_shared<State>(*bluez.state_)) {
  state_->adapter = adapter;
  state_->address = address;
  state_->path = "/org/bluez/hci" + std::to_string(adapter) + "/" + object_name(address);
}

BluezDevice::~BluezDevice() = default;

BluezDevice& BluezDevice::name(std::string name) {
  state_->name = std::move(name);
  return *this;
}
BluezDevice& BluezDevice::rssi(int8_t dbm) {
  state_->rssi_dbm = dbm;
  return *this;
}
BluezDevice& BluezDevice::manufacturer(uint16_t company, BluezBytes data) {
  state_->manufacturer[company] = std::move(data);
  return *this;
}
BluezDevice& BluezDevice::service_data(const Uuid& uuid, BluezBytes data) {
  state_->service_data[uuid.to_string()] = std::move(data);
  return *this;
}
BluezDevice& BluezDevice::uuids(const std::vector<Uuid>& uuids) {
  state_->uuids.clear();
  for (const Uuid& each : uuids) state_->uuids.push_back(each.to_string());
  return *this;
}
BluezDevice& BluezDevice::tx_power(int8_t dbm) {
  state_->tx_power = dbm;
  return *this;
}
BluezDevice& BluezDevice::flags(uint8_t bits) {
  state_->flags = bits;
  return *this;
}
BluezDevice& BluezDevice::found_after(Duration how_long) {
  state_->found_after = how_long;
  return *this;
}
BluezDevice& BluezDevice::advertises_every(Duration interval) {
  state_->interval = interval;
  return *this;
}
BluezDevice& BluezDevice::hidden(bool is) {
  state_->hidden = is;
  return *this;
}
BluezDevice& BluezDevice::services(std::vector<BluezService> services) {
  state_->services = std::move(services);
  return *this;
}
BluezDevice& BluezDevice::mtu(uint16_t mtu) {
  state_->mtu = mtu;
  return *this;
}
BluezDevice& BluezDevice::paired() {
  state_->bonded = true;
  return known();
}
BluezDevice& BluezDevice::pairs(BluezPairing how) {
  state_->pairing = std::move(how);
  return *this;
}
BluezDevice& BluezDevice::known() {
  state_->known = true;
  if (state_->bluez.running) state_->appear();
  return *this;
}
BluezDevice& BluezDevice::connected_by_another() {
  known();
  connect();
  return *this;
}
BluezDevice& BluezDevice::on_connect(std::vector<ConnectStep> steps) {
  state_->steps = std::move(steps);
  return *this;
}
BluezDevice& BluezDevice::disconnects_in(Duration how_long) {
  state_->disconnection = how_long;
  return *this;
}
BluezDevice& BluezDevice::on(const std::string& method, const Reaction& reaction) {
  state_->bluez.reactions[state_->path + " " + method].push_back(reaction);
  return *this;
}
BluezDevice& BluezDevice::echoes_reads(bool does) {
  state_->echoes_reads = does;
  return *this;
}

void BluezDevice::appear() {
  state_->appear();
}
void BluezDevice::heard(std::optional<int8_t> rssi_dbm) {
  state_->heard(rssi_dbm);
}
void BluezDevice::connect(bool resolved) {
  state_->appear();
  state_->set_connected(true);
  if (!resolved) return;
  state_->add_services();
  state_->resolve(true);
}
void BluezDevice::drop() {
  state_->lose_link();
}
void BluezDevice::remove() {
  state_->remove();
}
void BluezDevice::add_services() {
  state_->add_services();
}
void BluezDevice::remove_services() {
  state_->remove_services();
}
void BluezDevice::resolve(bool resolved) {
  state_->resolve(resolved);
}
void BluezDevice::notify(const Uuid& characteristic, BluezBytes value) {
  if (BluezAttribute* attribute = state_->find(characteristic)) state_->notify(*attribute, value);
}
void BluezDevice::set(const std::string& property, BluezValue value) {
  state_->extra[property] = value;
  if (exists()) state_->bluez.objects.change(state_->path, device_interface, {{property, std::move(value)}});
}
void BluezDevice::invalidate(const std::vector<std::string>& properties) {
  state_->bluez.objects.change(state_->path, device_interface, {}, properties);
}

const std::string& BluezDevice::path() const noexcept {
  return state_->path;
}
const Address& BluezDevice::address() const noexcept {
  return state_->address;
}
bool BluezDevice::exists() const {
  return state_->exists();
}
bool BluezDevice::is_connected() const {
  return state_->connected;
}
bool BluezDevice::is_paired() const {
  return state_->bonded;
}
bool BluezDevice::is_notifying(const Uuid& characteristic) const {
  const BluezAttribute* attribute = state_->find(characteristic);
  return attribute != nullptr && (!attribute->subscribers.empty() || attribute->notify_socket != nullptr);
}
BluezBytes BluezDevice::value(const Uuid& characteristic) const {
  const BluezAttribute* attribute = state_->find(characteristic);
  return attribute == nullptr ? BluezBytes{} : attribute->value;
}
std::string BluezDevice::path_of(const Uuid& characteristic) const {
  const BluezAttribute* attribute = state_->find(characteristic);
  return attribute == nullptr ? std::string() : attribute->path;
}

BluezProperties BluezDevice::State::properties() const {
  std::string alias = name;
  if (alias.empty()) {
    alias = address.to_string();
    std::ranges::replace(alias, ':', '-');
  }
  BluezProperties result{{"Address", address.to_string()},
                         {"AddressType", std::string(address.is_random() ? "random" : "public")},
                         {"Alias", alias},
                         {"Paired", bonded},
                         {"Bonded", bonded},
                         {"Trusted", trusted},
                         {"Blocked", false},
                         {"LegacyPairing", false},
                         {"Connected", connected},
                         {"UUIDs", uuids},
                         {"Adapter", ObjectPath{"/org/bluez/hci" + std::to_string(adapter)}},
                         {"ServicesResolved", false}};
  if (!name.empty()) result["Name"] = name;
  if (!manufacturer.empty()) result["ManufacturerData"] = manufacturer;
  if (!service_data.empty()) result["ServiceData"] = service_data;
  if (flags) result["AdvertisingFlags"] = BluezBytes{*flags};
  for (const auto& [property, value] : extra) result[property] = value;
  return result;
}

void BluezDevice::State::appear() {
  if (!exists() && bluez.running && bluez.adapters.contains(adapter)) bluez.objects.add(path, {{device_interface, properties()}});
}

void BluezDevice::State::remove() {
  ++attempt;
  connected = false;
  attributes.clear();
  bluez.objects.remove(path);
  for (auto& [index, each] : bluez.adapters)
    for (BluezMonitors& application : each.applications)
      for (BluezMonitor& monitor : application.monitors) monitor.found.erase(path);
}

// bluetoothd signals manufacturer and service data with every report that has them, whether they changed or not (src/device.c,
// add_manufacturer_data), RSSI where it changed by more than a few dB or is new; here all of it changes.
void BluezDevice::State::heard(std::optional<int8_t> rssi) {
  const auto found = bluez.adapters.find(adapter);
  if (!bluez.running || found == bluez.adapters.end()) return;
  if (rssi) rssi_dbm = *rssi;
  const bool is_monitored = bluez.tell_monitors(found->second, *this);
  if (!bluez.is_discovering(found->second) && !is_monitored && !found->second.applications.empty()) return;
  if (!exists()) {
    BluezProperties all = properties();
    all["RSSI"] = int16_t{rssi_dbm};
    if (tx_power) all["TxPower"] = *tx_power;
    bluez.objects.add(path, {{device_interface, std::move(all)}});
    return;
  }
  BluezProperties changed{{"RSSI", int16_t{rssi_dbm}}};
  if (tx_power && !bluez.objects.find(path, device_interface)->contains("TxPower")) changed["TxPower"] = *tx_power;
  if (!manufacturer.empty()) changed["ManufacturerData"] = manufacturer;
  if (!service_data.empty()) changed["ServiceData"] = service_data;
  bluez.objects.change(path, device_interface, changed);
}

std::vector<std::pair<uint8_t, BluezBytes>> BluezDevice::State::advertised() const {
  std::vector<std::pair<uint8_t, BluezBytes>> result;
  if (flags) result.push_back({0x01, {*flags}});
  if (!name.empty()) result.push_back({0x09, BluezBytes(name.begin(), name.end())});
  for (const std::string& each : uuids)
    if (const std::optional<Uuid> uuid = Uuid::parse(each)) {
      BluezBytes bytes = uuid->to_le();
      result.push_back({static_cast<uint8_t>(bytes.size() == 2 ? 0x03 : bytes.size() == 4 ? 0x05 : 0x07), std::move(bytes)});
    }
  for (const auto& [company, data] : manufacturer) {
    BluezBytes bytes{static_cast<uint8_t>(company & 0xFF), static_cast<uint8_t>(company >> 8)};
    bytes.insert(bytes.end(), data.begin(), data.end());
    result.push_back({0xFF, std::move(bytes)});
  }
  for (const auto& [text, data] : service_data)
    if (const std::optional<Uuid> uuid = Uuid::parse(text)) {
      BluezBytes bytes = uuid->to_le();
      const auto type = static_cast<uint8_t>(bytes.size() == 2 ? 0x16 : bytes.size() == 4 ? 0x20 : 0x21);
      bytes.insert(bytes.end(), data.begin(), data.end());
      result.push_back({type, std::move(bytes)});
    }
  return result;
}

void BluezDevice::State::expire_later() {
  const auto expire = [](std::shared_ptr<State> self) -> awaitable<void> {
    const uint64_t life = self->bluez.life, attempt = self->attempt;
    if (self->bluez.temporary_timeout > Duration{}) co_await self->bluez.clock.wait_for(self->bluez.temporary_timeout);
    if (!self->bluez.alive || life != self->bluez.life || attempt != self->attempt) co_return;
    const auto adapter = self->bluez.adapters.find(self->adapter);
    const bool is_heard = adapter != self->bluez.adapters.end() && self->bluez.is_listening(adapter->second);
    if (!is_heard && !self->connected && !self->connecting && !self->bonded && !self->known) self->remove();
  };
  if (!bonded && !known && exists()) bluez.spawn(expire(shared_from_this()));
}

}  // namespace moor::testing
