#include "radio/bluez/adapters.hpp"

#include "radio/bluez/adapter_state.hpp"

namespace moor {

namespace {

constexpr Duration opening_time = std::chrono::seconds(15);

}  // namespace

namespace bluez {

awaitable<std::vector<AdapterInfo>> list_adapters(std::shared_ptr<System> system) {
  std::exception_ptr error;
  try {
    co_await system->open(system->clock().now() + opening_time);
  } catch (const RadioNotAvailable&) {
    error = std::current_exception();
  }
  std::vector<AdapterInfo> all;
  if (error) {
    if (system->management() == nullptr) std::rethrow_exception(error);
    for (const auto& controller : co_await system->management()->controllers())
      all.push_back({.name = adapter_name(controller.index),
                     .address = controller.address,
                     .alias = controller.name,
                     .powered = (controller.current_settings & 1U) != 0});
  }
  for (const auto& [index, adapter] : system->tree().adapters())
    all.push_back({.name = adapter_name(index),
                   .address = adapter.address,
                   .alias = adapter.alias,
                   .powered = adapter.powered,
                   .discovering = adapter.discovering,
                   .central = adapter.central,
                   .peripheral = adapter.peripheral});
  const std::string& sysfs = system->ports().sysfs;
  for (AdapterInfo& each : all) {
    const auto index = static_cast<unsigned>(std::stoul(each.name.substr(3)));
    each.bus = adapter_bus(sysfs, index);
    each.blocked = is_blocked(sysfs, index);
  }
  if (!all.empty()) {
    const auto usable = std::ranges::find_if(all, [](const AdapterInfo& each) { return each.powered && each.central; });
    (usable == all.end() ? all.front() : *usable).is_default = true;
  }
  co_return all;
}

}  // namespace bluez

awaitable<std::vector<AdapterInfo>> list_adapters(Clock& clock) {
  co_return co_await bluez::list_adapters(std::make_shared<bluez::System>(clock, bluez::system_ports()));
}

}  // namespace moor
