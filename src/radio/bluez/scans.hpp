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
  PayloadRing& payloads;  ///< of the radio, so that long payloads outlive the scan
  std::optional<TimePoint>& last_heard;
};

/// Over the bus: StartDiscovery with a filter, or advertisement monitors where the scan is passive. Goes on by itself when bluetoothd has been
/// restarted; meanwhile it waits.
/// @throws RadioNotAvailable: powered off, blocked, unplugged, no advertisement monitors, bluetoothd does not start to discover.
[[nodiscard]] awaitable<void> scan_over_bus(ScanContext context, ScanOptions options, SightingSink& sink);

/// Over the management socket: raw advertisements from the kernel. @throws RadioNotAvailable.
[[nodiscard]] awaitable<void> scan_over_management(ScanContext context, ScanOptions options, SightingSink& sink);

}  // namespace moor::bluez
