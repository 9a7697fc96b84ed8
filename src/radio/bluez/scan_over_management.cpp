#include "radio/bluez/adapter_state.hpp"
#include "radio/bluez/management_scan.hpp"
#include "radio/bluez/scans.hpp"

#include <fmt/format.h>

namespace moor::bluez {

awaitable<void> scan_over_management(ScanContext context, ScanOptions options, SightingSink& sink) {
  const Management* const management = context.system.management();
  if (management == nullptr) throw no_management(fmt::format("hci{}", context.adapter));
  constexpr Duration power_time = std::chrono::seconds(5);
  if (context.system.is_open() && context.system.tree().find_adapter(context.adapter) != nullptr)
    co_await power_on(context.system, context.adapter, context.system.clock().now() + power_time);
  const HeardBy by{.id = context.id, .statistics = context.statistics, .last_heard = context.last_heard};
  co_await scan_controller(*management, context.system.clock(), static_cast<uint16_t>(context.adapter), options, by, sink,
                           context.system.ports().sysfs);
}

}  // namespace moor::bluez
