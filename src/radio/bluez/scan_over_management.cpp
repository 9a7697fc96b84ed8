#include "radio/bluez/management_scan.hpp"
#include "radio/bluez/scans.hpp"

#include <fmt/format.h>

namespace moor::bluez {

awaitable<void> scan_over_management(ScanContext context, ScanOptions options, SightingSink& sink) {
  const Management* const management = context.system.management();
  if (management == nullptr) throw no_management(fmt::format("hci{}", context.adapter));
  const HeardBy by{.id = context.id, .statistics = context.statistics, .last_heard = context.last_heard};
  co_await scan_controller(*management, context.system.clock(), static_cast<uint16_t>(context.adapter), options, by, sink,
                           context.system.ports().sysfs);
}

}  // namespace moor::bluez
