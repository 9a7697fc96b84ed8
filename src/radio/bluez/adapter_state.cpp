#include "radio/bluez/adapter_state.hpp"

#include "core/event.hpp"
#include "core/within.hpp"
#include "radio/bluez/unavailable.hpp"

#include <fmt/format.h>
#include <filesystem>
#include <fstream>
#include <functional>

namespace moor::bluez {

namespace {

namespace fs = std::filesystem;

fs::path sysfs_folder(const std::string& sysfs, unsigned adapter) {
  return fs::path(sysfs) / "class" / "bluetooth" / adapter_name(adapter);
}

bool holds_one(const fs::path& file) {
  char first = '0';
  std::ifstream(file) >> first;
  return first == '1';
}

// Completes when `is` is true of the adapters.
awaitable<void> until(System& system, std::function<bool()> is) {
  Event changed(co_await boost::asio::this_coro::executor);
  const auto watch = system.tree().watch_adapters([&changed] { changed.set(); });
  while (!is()) {
    changed.reset();
    co_await changed.wait();
  }
}

}  // namespace

std::string adapter_name(unsigned adapter) {
  return fmt::format("hci{}", adapter);
}

bool is_blocked(const std::string& sysfs, unsigned adapter) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(sysfs_folder(sysfs, adapter), ignored))
    if (entry.path().filename().string().starts_with("rfkill") &&
        (holds_one(entry.path() / "soft") || holds_one(entry.path() / "hard")))
      return true;
  return false;
}

std::string adapter_bus(const std::string& sysfs, unsigned adapter) {
  std::error_code error;
  const fs::path folder = sysfs_folder(sysfs, adapter);
  const std::string bus = fs::read_symlink(folder / "device" / "subsystem", error).filename().string();
  if (!error) return bus == "serial" || bus == "tty" ? "uart" : bus;
  const fs::path target = fs::read_symlink(folder, error);
  return !error && target.string().find("/virtual/") != std::string::npos ? "virtual" : "";
}

awaitable<void> wait_for_adapter(System& system, unsigned adapter, TimePoint deadline) {
  const auto is_there = [&system, adapter] { return system.tree().find_adapter(adapter) != nullptr; };
  const bool came = co_await within(system.clock(), deadline, until(system, is_there));
  if (!came) throw TimedOut("bluetoothd has no adapter " + adapter_name(adapter));
}

awaitable<void> power_on(System& system, unsigned adapter, TimePoint deadline) {
  const AdapterObject* const object = system.tree().find_adapter(adapter);
  const std::string name = adapter_name(adapter);
  if (object == nullptr) throw no_adapter(name);
  if (object->powered) co_return;
  if (is_blocked(system.ports().sysfs, adapter)) throw adapter_blocked(name);
  try {
    dbus::Message set = system.new_call(object->path, "org.freedesktop.DBus.Properties", "Set");
    set.write().string("org.bluez.Adapter1").string("Powered").open_variant("b").boolean(true).close();
    (void)co_await system.call(std::move(set), deadline);
  } catch (const dbus::CallFailed& failed) {
    if (failed.name() == "org.bluez.Error.Blocked") throw adapter_blocked(name);
    throw adapter_powered_off(name, failed.name() + ": " + failed.what());
  } catch (const TimedOut&) {
    throw adapter_powered_off(name, "bluetoothd does not answer");
  }
  const auto is_done = [&system, adapter] {
    const AdapterObject* const now = system.tree().find_adapter(adapter);
    return now == nullptr || now->powered;
  };
  const bool done = co_await within(system.clock(), deadline, until(system, is_done));
  if (system.tree().find_adapter(adapter) == nullptr) throw adapter_unplugged(name);
  if (!done) throw adapter_powered_off(name, "bluetoothd was told to power it on, and nothing happened");
}

}  // namespace moor::bluez
