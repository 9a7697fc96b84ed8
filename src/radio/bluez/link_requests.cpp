#include "radio/bluez/link_requests.hpp"

#include "core/within.hpp"
#include "radio/bluez/device_changes.hpp"

#include <fmt/format.h>

namespace moor::bluez {

namespace {

constexpr const char* characteristic_interface = "org.bluez.GattCharacteristic1";
constexpr const char* descriptor_interface = "org.bluez.GattDescriptor1";
// bluetoothd may say ServicesResolved before it has exported them (bleak.md B.3, quirk 3).
constexpr Duration export_time = std::chrono::seconds(2);
constexpr Duration loss_signal_time = std::chrono::seconds(1);  // between "Not connected" and Connected=false
constexpr uint8_t invalid_handle = 0x01;
constexpr uint8_t unlikely_error = 0x0E;
constexpr uint8_t invalid_length = 0x0D;
// What fits the smallest MTU (Core 5.4, Vol 3, Part G, 5.2.1), with its opcode and handle.
constexpr size_t always_fits = 23 - 3;

std::vector<uint8_t> bytes_of(const dbus::Message& reply) {
  const Bytes bytes = reply.read().read_bytes();
  return {bytes.begin(), bytes.end()};
}

[[noreturn]] void throw_gatt_error(const LinkState& link, uint8_t code, std::string cause) {
  ErrorContext context = link.error_context();
  context.cause = std::move(cause);
  const std::string what = fmt::format("{} refused: {}", context.device->to_string(), att_error_name(code));
  throw GattError(code, what, std::move(context));
}

dbus::Message new_write(System& system, const std::string& path, const char* interface, const std::vector<uint8_t>& value,
                        const char* type) {
  dbus::Message message = system.new_call(path, interface, "WriteValue");
  dbus::Writer writer = message.write();
  writer.bytes(value).open_array("{sv}");
  if (type != nullptr) writer.entry("type", type);
  writer.close();
  return message;
}

// With a remembered table there are writes before the MTU is agreed. A long one that bluetoothd begins then ends after its first part, and with success, as
// that part is shorter than the MTU has become meanwhile (5.66, src/shared/gatt-client.c, prepare_write_cb); and nobody knows yet what fits a command.
awaitable<void> wait_for_mtu(LinkPtr link, size_t size, TimePoint deadline) {
  if (size <= always_fits) co_return;
  DeviceChanges changes(link->system(), link->context().adapter, link->info().device, link->executor());
  for (;;) {
    link->check_open();
    if (link->object() != nullptr && link->object()->services_resolved) co_return;
    const bool changed = co_await changes.next(deadline);
    if (changed) continue;
    link->check_open();
    link->throw_timed_out();
  }
}

dbus::Message new_read(System& system, const std::string& path, const char* interface) {
  dbus::Message message = system.new_call(path, interface, "ReadValue");
  message.write().no_entries();
  return message;
}

}  // namespace

awaitable<void> throw_refusal(LinkPtr link, GattStep step, dbus::CallFailed refusal) {
  if (const auto code = att_code(step, refusal.name(), refusal.what())) throw_gatt_error(*link, *code, full_text(refusal));
  if (is_missing_object(refusal.name())) throw_gatt_error(*link, invalid_handle, full_text(refusal));
  if (is_not_connected(refusal.name(), refusal.what())) {
    (void)co_await within(link->clock(), link->clock().now() + loss_signal_time, link->wait_closed());
    link->check_open();
  }
  throw_gatt_error(*link, unlikely_error, full_text(refusal));
}

awaitable<dbus::Message> call_attribute(LinkPtr link, GattStep step, std::function<dbus::Message()> make_call,
                                        TimePoint deadline) {
  link->check_open();
  std::optional<dbus::CallFailed> refusal;
  try {
    co_return co_await link->system().call_when_free(std::move(make_call), deadline, &link->calls());
  } catch (const dbus::CallFailed& failed) {
    refusal.emplace(failed);
  } catch (const TimedOut&) {
    link->throw_timed_out();
  } catch (const Error&) {  // given up, or bluetoothd is gone
    link->check_open();
    throw;
  }
  link->check_open();
  co_await throw_refusal(link, step, std::move(*refusal));
  throw std::logic_error("a refusal throws");
}

awaitable<Closed> wait_closed(LinkPtr link) {
  co_await link->wait_closed();
  co_return *link->closed();
}

awaitable<GattServices> find_services(LinkPtr link, TimePoint deadline) {
  DeviceChanges changes(link->system(), link->context().adapter, link->info().device, link->executor());
  std::optional<TimePoint> exported;  // at the latest
  const std::function<bool()> matters = [link] {
    const DeviceObject* const device = link->object();
    return device == nullptr || !device->connected || device->services_resolved;
  };
  for (;;) {
    link->check_open();
    const DeviceObject* const device = link->object();
    if (device != nullptr && device->services_resolved) {
      auto services = services_of(*device);
      if (services && !services->empty()) {
        link->table_delivered();
        co_return *std::move(services);
      }
      if (!exported) exported = link->clock().now() + export_time;
    } else {
      exported.reset();
    }
    const TimePoint wake = std::min(deadline, exported.value_or(deadline));
    const bool changed = co_await changes.next(wake, matters);
    if (changed) continue;
    link->check_open();
    if (!exported) link->throw_timed_out();
    ConnectCause cause{.reason = ConnectReason::services_incomplete,
                       .origin = CauseOrigin::client,
                       .text = "bluetoothd says that the services are resolved, but has not exported them"};
    throw_connect_error("the services of " + link->info().device.to_string() + " are incomplete", link->error_context(),
                        std::move(cause));
  }
}

awaitable<std::vector<uint8_t>> read(LinkPtr link, uint16_t handle, TimePoint deadline) {
  link->check_open();
  const std::string path = link->characteristic(handle).path;
  const std::function<dbus::Message()> make = [link, path] { return new_read(link->system(), path, characteristic_interface); };
  link->begin_read(handle);
  std::vector<uint8_t> value;
  std::exception_ptr failure;
  try {
    value = bytes_of(co_await call_attribute(link, GattStep::read, make, deadline));
  } catch (...) {
    failure = std::current_exception();
  }
  link->end_read(handle, failure ? nullptr : &value);
  if (failure) std::rethrow_exception(failure);
  co_return value;
}

awaitable<void> write(LinkPtr link, uint16_t handle, std::vector<uint8_t> value, WriteKind kind, TimePoint deadline) {
  link->check_open();
  co_await wait_for_mtu(link, value.size(), deadline);
  const std::string path = link->characteristic(handle).path;
  const bool command = kind == WriteKind::without_response;
  constexpr size_t header = 3;  // of a write command: opcode and handle
  if (command && value.size() + header > link->mtu())
    throw_gatt_error(*link, invalid_length, fmt::format("{} bytes do not fit an MTU of {}", value.size(), link->mtu()));
  const std::function<dbus::Message()> make = [link, path, value = std::move(value), command] {
    return new_write(link->system(), path, characteristic_interface, value, command ? "command" : "request");
  };
  (void)co_await call_attribute(link, GattStep::write, make, deadline);
}

awaitable<std::vector<uint8_t>> read_descriptor(LinkPtr link, uint16_t handle, TimePoint deadline) {
  link->check_open();
  const std::string path = link->descriptor(handle).object->path;
  const std::function<dbus::Message()> make = [link, path] { return new_read(link->system(), path, descriptor_interface); };
  co_return bytes_of(co_await call_attribute(link, GattStep::read, make, deadline));
}

awaitable<void> write_descriptor(LinkPtr link, uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) {
  link->check_open();
  const LinkState::Descriptor descriptor = link->descriptor(handle);
  // bluetoothd keeps this one to itself (NotPermitted), so what it would do is asked for: it decides itself between notifications and indications.
  if (descriptor.object->uuid == client_characteristic_configuration) {
    if (value.size() != 2) throw_gatt_error(*link, invalid_length, "the configuration has two bytes");
    if (load_le16(value.data()) == 0) {
      co_await unsubscribe(link, descriptor.characteristic, deadline);
    } else if (!link->find_subscription(descriptor.characteristic)) {
      Link::ValueCallback nobody;
      co_await subscribe(link, descriptor.characteristic, nobody, deadline);
    }
    co_return;
  }
  const std::string path = descriptor.object->path;
  co_await wait_for_mtu(link, value.size(), deadline);
  const std::function<dbus::Message()> make = [link, path, value = std::move(value)] {
    return new_write(link->system(), path, descriptor_interface, value, nullptr);
  };
  (void)co_await call_attribute(link, GattStep::write, make, deadline);
}

}  // namespace moor::bluez
