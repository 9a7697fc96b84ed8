#pragma once
// The ways to hear advertisements. Each scans until it is cancelled, and has stopped before it completes.

#include "moor/radio.hpp"
#include "radio/bluez/system.hpp"

namespace moor::bluez {

/// What a scan shares with its radio.
struct ScanContext {
  System& system;
  unsigned adapter = 0;
  RadioId id = 0;
  std::string radio_name;
  ScanStatistics& statistics;
  std::optional<TimePoint>& last_heard;
};

/// Over the bus: StartDiscovery with a filter, or advertisement monitors where the scan is passive.
/// @throws RadioNotAvailable (also where bluetoothd goes away).
[[nodiscard]] awaitable<void> scan_over_bus(ScanContext context, ScanOptions options, SightingSink& sink);

/// Over the management socket: raw advertisements from the kernel. @throws RadioNotAvailable.
[[nodiscard]] awaitable<void> scan_over_management(ScanContext context, ScanOptions options, SightingSink& sink);

}  // namespace moor::bluez
