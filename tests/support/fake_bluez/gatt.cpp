// The objects of a device's services, and their calls.

#include "support/fake_bluez/state.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>

namespace moor::testing {

namespace {

const Uuid client_configuration(0x2902);

std::string child(const std::string& parent, const char* kind, unsigned handle) {
  char name[16];
  std::snprintf(name, sizeof name, "/%s%04x", kind, handle);
  return parent + name;
}

/// Reads an option of a call that has it after an "ay", or alone.
BluezBytes read_value(dbus::Reader& reader) {
  const Bytes value = reader.read_bytes();
  return BluezBytes(value.begin(), value.end());
}

Reaction not_connected() {
  return fails("Failed", "Not connected");
}

bool needs_configuration(const BluezCharacteristic& characteristic) {
  const auto has = [&](std::string_view flag) {
    return std::ranges::find(characteristic.flags, flag) != characteristic.flags.end();
  };
  const bool has_one =
      std::ranges::any_of(characteristic.descriptors, [](const auto& each) { return each.uuid == client_configuration; });
  return (has("notify") || has("indicate")) && !has_one;
}

}  // namespace

void BluezDevice::State::add_services() {
  if (!exists() || !attributes.empty()) return;
  std::vector<std::string> service_paths;
  for (unsigned handle = 1; const BluezService& service : services) {  // includes may name a later one
    service_paths.push_back(child(path, "service", handle++));
    for (const BluezCharacteristic& each : service.characteristics)
      handle += 2 + static_cast<unsigned>(each.descriptors.size()) + (needs_configuration(each) ? 1 : 0);
  }
  uint16_t handle = 1;
  const auto next = [&] { return handle++; };
  const auto add = [&](BluezAttribute attribute, const char* interface, BluezProperties properties) {
    if (const auto kept = written.find(attribute.handle); kept != written.end()) attribute.value = kept->second;
    properties["UUID"] = attribute.uuid.to_string();
    properties["Value"] = BluezBytes{};
    bluez.objects.add(attribute.path, {{interface, std::move(properties)}});
    attributes.push_back(std::move(attribute));
  };
  for (size_t i = 0; const BluezService& service : services) {
    const std::string& service_path = service_paths[i++];
    next();
    std::vector<ObjectPath> includes;
    for (const size_t place : service.includes) includes.push_back({service_paths.at(place)});
    bluez.objects.add(service_path, {{service_interface,
                                      {{"UUID", service.uuid.to_string()},
                                       {"Device", ObjectPath{path}},
                                       {"Primary", service.primary},
                                       {"Includes", std::move(includes)}}}});
    for (const BluezCharacteristic& each : service.characteristics) {
      BluezAttribute characteristic{.uuid = each.uuid, .handle = next(), .flags = each.flags, .value = each.value};
      next();  // of the value
      characteristic.path = child(service_path, "char", characteristic.handle);
      const std::string above = characteristic.path;
      BluezProperties properties{{"Service", ObjectPath{service_path}}, {"Flags", each.flags}};
      if (mtu > 0) properties["MTU"] = mtu;
      if (characteristic.has_flag("notify") || characteristic.has_flag("indicate")) {
        properties["Notifying"] = false;
        properties["NotifyAcquired"] = false;
      }
      if (characteristic.has_flag("write-without-response")) properties["WriteAcquired"] = false;
      add(std::move(characteristic), characteristic_interface, std::move(properties));
      std::vector<BluezDescriptor> descriptors = each.descriptors;
      if (needs_configuration(each)) descriptors.insert(descriptors.begin(), {client_configuration, {0, 0}});
      for (const BluezDescriptor& one : descriptors) {
        BluezAttribute descriptor{.uuid = one.uuid, .handle = next(), .value = one.value, .is_descriptor = true};
        descriptor.path = child(above, "desc", descriptor.handle);
        add(std::move(descriptor), descriptor_interface, {{"Characteristic", ObjectPath{above}}});
      }
    }
  }
}

void BluezDevice::State::remove_services() {
  attributes.clear();
  for (const std::string& each : bluez.objects.below(path))
    if (bluez.objects.has(each) && each.find('/', path.size() + 1) == std::string::npos) bluez.objects.remove(each);
}

void BluezDevice::State::resolve(bool resolved) {
  if (!exists()) return;
  BluezProperties changed{{"ServicesResolved", resolved}};
  if (resolved && !services.empty()) {
    std::set<std::string> all(uuids.begin(), uuids.end());
    for (const BluezService& each : services) all.insert(each.uuid.to_string());
    changed["UUIDs"] = std::vector<std::string>(all.begin(), all.end());
  }
  bluez.objects.change(path, device_interface, changed);
}

BluezAttribute* BluezDevice::State::find(const std::string& object_path) {
  const auto found = std::ranges::find(attributes, object_path, &BluezAttribute::path);
  return found == attributes.end() ? nullptr : &*found;
}

BluezAttribute* BluezDevice::State::find(const Uuid& characteristic) {
  const auto found =
      std::ranges::find_if(attributes, [&](const auto& each) { return each.uuid == characteristic && !each.is_descriptor; });
  return found == attributes.end() ? nullptr : &*found;
}

void BluezDevice::State::notify(BluezAttribute& attribute, const BluezBytes& value) {
  if (!connected) return;
  if (attribute.notify_socket) {
    boost::system::error_code ignored;
    attribute.notify_socket->write_some(boost::asio::buffer(value), ignored);
    return;
  }
  if (!attribute.subscribers.empty()) bluez.objects.change(attribute.path, characteristic_interface, {{"Value", value}});
}

void FakeBluez::State::perform_gatt(const CallPointer& call, BluezDevice& device) {
  BluezDevice::State& state = *device.state_;
  BluezAttribute* attribute = state.find(call->path);
  if (attribute == nullptr) return call->reply.refuse("org.freedesktop.DBus.Error.UnknownMethod", "No such method");
  if (!state.connected) return call->refuse(not_connected());
  if (call->member == "ReadValue") return state.read(call, *attribute);
  if (call->member == "WriteValue") return state.write(call, *attribute);
  if (call->member == "StartNotify") return state.start_notify(call, *attribute);
  if (call->member == "StopNotify") return state.stop_notify(call, *attribute);
  if (call->member == "AcquireNotify") return state.acquire(call, *attribute, false);
  if (call->member == "AcquireWrite") return state.acquire(call, *attribute, true);
  call->reply.refuse("org.freedesktop.DBus.Error.UnknownMethod", "No such method");
}

void BluezDevice::State::read(const CallPointer& call, BluezAttribute& attribute) {
  size_t offset = 0;
  if (const std::optional<BluezValue> option = read_option(call->message.read(), "offset"))
    if (const uint16_t* number = std::get_if<uint16_t>(&*option)) offset = *number;
  if (!attribute.is_descriptor && !attribute.has_flag("read")) return call->refuse(fails_with_att(0x02));
  if (offset > attribute.value.size()) return call->refuse(fails_with_att(0x07));
  const Bytes rest = Bytes(attribute.value).subspan(offset);
  const char* interface = attribute.is_descriptor ? descriptor_interface : characteristic_interface;
  if (echoes_reads) bluez.objects.change(attribute.path, interface, {{"Value", BluezBytes(rest.begin(), rest.end())}});
  call->reply.done([&](dbus::Writer& writer) { writer.bytes(rest); });
}

void BluezDevice::State::write(const CallPointer& call, BluezAttribute& attribute) {
  dbus::Reader reader = call->message.read();
  const BluezBytes value = read_value(reader);
  const std::optional<BluezValue> type = read_option(reader, "type");
  const bool is_command = type == BluezValue(std::string("command"));
  if (attribute.is_descriptor && attribute.uuid == client_configuration)
    return call->refuse(fails("NotPermitted", "Write not permitted"));
  const bool allowed = attribute.is_descriptor || attribute.has_flag(is_command ? "write-without-response" : "write") ||
                       (!type && attribute.has_flag("write-without-response"));
  if (!allowed) return call->refuse(fails("NotSupported", "Operation is not supported"));
  if (value.size() > 512) return call->refuse(fails_with_att(0x0D));
  attribute.value = written[attribute.handle] = value;
  call->reply.done();
}

void BluezDevice::State::start_notify(const CallPointer& call, BluezAttribute& attribute) {
  if (!attribute.has_flag("notify") && !attribute.has_flag("indicate"))
    return call->refuse(fails("NotSupported", "Operation is not supported"));
  if (attribute.notify_socket) return call->refuse(fails("NotPermitted", "Notify acquired"));
  const bool is_first = attribute.subscribers.empty();
  attribute.subscribers.insert(call->sender);
  if (is_first) bluez.objects.change(attribute.path, characteristic_interface, {{"Notifying", true}});
  call->reply.done();
}

void BluezDevice::State::stop_notify(const CallPointer& call, BluezAttribute& attribute) {
  if (attribute.subscribers.erase(call->sender) == 0) return call->refuse(fails("Failed", "No notify session started"));
  if (attribute.subscribers.empty()) bluez.objects.change(attribute.path, characteristic_interface, {{"Notifying", false}});
  call->reply.done();
}

void BluezDevice::State::acquire(const CallPointer& call, BluezAttribute& attribute, bool to_write) {
  auto& kept = to_write ? attribute.write_socket : attribute.notify_socket;
  const bool can =
      to_write ? attribute.has_flag("write-without-response") : attribute.has_flag("notify") || attribute.has_flag("indicate");
  if (!can) return call->refuse(fails("NotSupported", "Operation is not supported"));
  if (kept || (!to_write && !attribute.subscribers.empty())) return call->refuse(fails("NotPermitted", "Notify acquired"));
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
    return call->refuse(fails("Failed", "Not enough file descriptors"));
  kept = std::make_shared<boost::asio::posix::stream_descriptor>(bluez.executor, ends[0]);
  bluez.objects.change(attribute.path, characteristic_interface, {{to_write ? "WriteAcquired" : "NotifyAcquired", true}});
  call->reply.done([&](dbus::Writer& writer) { writer.fd(ends[1]).u16(mtu > 0 ? mtu : uint16_t{23}); });
  ::close(ends[1]);
  if (to_write) bluez.spawn(receive_writes(shared_from_this(), attribute.path, kept));
}

awaitable<void> BluezDevice::State::receive_writes(std::shared_ptr<State> self, std::string object_path,
                                                   std::shared_ptr<boost::asio::posix::stream_descriptor> socket) {
  std::array<uint8_t, 1024> buffer{};
  while (true) {
    boost::system::error_code error;
    const size_t size = co_await socket->async_read_some(boost::asio::buffer(buffer),
                                                         boost::asio::redirect_error(boost::asio::use_awaitable, error));
    BluezAttribute* attribute = self->find(object_path);
    if (!self->bluez.alive || attribute == nullptr || attribute->write_socket != socket) co_return;
    if (error) {
      attribute->write_socket.reset();
      self->bluez.objects.change(object_path, characteristic_interface, {{"WriteAcquired", false}});
      co_return;
    }
    attribute->value.assign(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    self->written[attribute->handle] = attribute->value;
  }
}

}  // namespace moor::testing
