#include "radio/bluez/advertisement_monitor.hpp"

#include "radio/bluez/adapter_state.hpp"
#include "radio/bluez/object_path.hpp"
#include "radio/bluez/unavailable.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <span>

namespace moor::bluez {

namespace {

constexpr const char* monitor_interface = "org.bluez.AdvertisementMonitor1";
constexpr const char* manager_interface = "org.bluez.AdvertisementMonitorManager1";

// bluetoothd 5.66 counts the bytes of a monitor's patterns, 34 each, in 8 bits, and with more of them than this it writes past its memory and dies.
constexpr size_t most_patterns = 7;

AdPattern flags(uint8_t value) {
  return {.type = 0x01, .offset = 0, .bytes = {value}};
}
AdPattern service_data(uint16_t uuid) {
  return {.type = 0x16, .offset = 0, .bytes = {static_cast<uint8_t>(uuid), static_cast<uint8_t>(uuid >> 8)}};
}
AdPattern manufacturer(uint16_t company) {
  return {.type = 0xFF, .offset = 0, .bytes = {static_cast<uint8_t>(company), static_cast<uint8_t>(company >> 8)}};
}

}  // namespace

const std::vector<AdPattern>& usual_patterns() {
  static const std::vector<AdPattern> patterns{
      flags(0x06),          flags(0x1A), flags(0x02), flags(0x04), flags(0x05), flags(0x00), flags(0x18),
      manufacturer(0x004C),  // Apple
      manufacturer(0x0006),  // Microsoft, which sends no flags
      manufacturer(0x0075),  // Samsung
      manufacturer(0x0499),  // Ruuvi
      service_data(0xFEAA),  // Eddystone
      service_data(0xFCD2),  // BTHome
      service_data(0xFE95),  // Xiaomi
      service_data(0x181A),  // ATC thermometers
      service_data(0xFD6F),  // Exposure Notification
  };
  return patterns;
}

std::string_view limits_of_usual_patterns() noexcept {
  return "a passive scan hears devices with flags 00, 02, 04, 05, 06, 18 or 1a, with data of Apple, Microsoft, Samsung or Ruuvi, "
         "or of the "
         "services feaa, fcd2, fe95, 181a or fd6f, unless it is given other patterns";
}

AdvertisementMonitor::AdvertisementMonitor(System& system, unsigned adapter, std::vector<AdPattern> patterns, OnFound on_found,
                                           std::function<void()> on_change)
    : system_(system),
      adapter_(adapter),
      patterns_(std::move(patterns)),
      on_found_(std::move(on_found)),
      on_change_(std::move(on_change)),
      root_(fmt::format("/moor/monitors/{}", system.next_number())) {}

dbus::Message AdvertisementMonitor::new_call(const char* method) {
  dbus::Message call = system_.new_call(adapter_path(adapter_), manager_interface, method);
  call.write().path(root_);
  return call;
}

awaitable<void> AdvertisementMonitor::start(TimePoint deadline) {
  // It is there before bluetoothd is told of it, since bluetoothd looks for it at once.
  served_ =
      system_.bus().serve(root_, true, [this](const dbus::Message& call, dbus::Reply reply) { on_call(call, std::move(reply)); });
  registered_ = true;
  try {
    (void)co_await system_.call(new_call("RegisterMonitor"), deadline);
  } catch (const dbus::CallFailed& failed) {
    registered_ = false;
    const std::string& name = failed.name();
    if (name.ends_with(".UnknownMethod") || name.ends_with(".UnknownInterface") || name.ends_with(".UnknownObject") ||
        name == "org.bluez.Error.NotSupported")
      throw no_monitors(adapter_name(adapter_), name + ": " + failed.what());
    throw;
  }
}

awaitable<void> AdvertisementMonitor::stop(TimePoint deadline) {
  on_found_ = nullptr;
  on_change_ = nullptr;
  if (std::exchange(registered_, false)) {
    try {
      (void)co_await system_.call(new_call("UnregisterMonitor"), deadline);
    } catch (const Error&) {  // bluetoothd has forgotten it already, or is gone
    }
  }
  served_ = {};
}

void AdvertisementMonitor::write_properties(dbus::Writer& writer, size_t part) const {
  const auto all = std::span(patterns_).subspan(std::min(patterns_.size(), part * most_patterns));
  writer.open_array("{sv}").entry("Type", "or_patterns");
  writer.open_dict_entry("sv").string("Patterns").open_variant("a(yyay)").open_array("(yyay)");
  for (const AdPattern& pattern : all.first(std::min(all.size(), most_patterns)))
    writer.open_struct("yyay").u8(pattern.offset).u8(pattern.type).bytes(pattern.bytes).close();
  writer.close().close().close().close();
}

void AdvertisementMonitor::write_objects(dbus::Writer& writer) const {
  writer.open_array("{oa{sa{sv}}}");
  for (size_t part = 0; part * most_patterns < patterns_.size(); ++part) {
    writer.open_dict_entry("oa{sa{sv}}").path(fmt::format("{}/{}", root_, part));
    writer.open_array("{sa{sv}}").open_dict_entry("sa{sv}").string(monitor_interface);
    write_properties(writer, part);
    writer.close().close().close();
  }
  writer.close();
}

void AdvertisementMonitor::on_call(const dbus::Message& call, dbus::Reply reply) {
  const std::string_view member = call.member();
  if (member == "GetManagedObjects") {
    reply.done([this](dbus::Writer& writer) { write_objects(writer); });
  } else if (member == "GetAll") {
    const std::string_view path = call.path();
    size_t part = 0;
    std::from_chars(path.data() + path.rfind('/') + 1, path.data() + path.size(), part);
    reply.done([this, part](dbus::Writer& writer) { write_properties(writer, part); });
  } else if (member == "Activate" || member == "DeviceLost") {
    reply.done();
  } else if (member == "Release") {
    reply.done();
    released_ = true;
    if (on_change_) on_change_();
  } else if (member == "DeviceFound") {
    const ObjectPath device = ObjectPath::parse(call.read().read_path());
    reply.done();
    if (on_found_ && device.kind == ObjectPath::Kind::device) on_found_(Address(device.device_bits, false));
  } else {
    reply.refuse("org.freedesktop.DBus.Error.UnknownMethod", fmt::format("an advertisement monitor has no method {}", member));
  }
}

}  // namespace moor::bluez
