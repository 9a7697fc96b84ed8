#pragma once
// Scanning over the management socket, without the rest of the system: for `scan_over_management`, tests and benchmarks.

#include "moor/radio.hpp"
#include "radio/bluez/management.hpp"

namespace moor::bluez {

/// Where what is heard is put down. All must live as long as the scan.
struct HeardBy {
  RadioId id = 0;
  ScanStatistics& statistics;
  std::optional<TimePoint>& last_heard;
};

/// The kernel does not let this user scan over the socket. @param name  "hci0"
[[nodiscard]] RadioNotAvailable no_management(const std::string& name);

/// Makes sightings of the devices found of one controller.
class FoundSightings {
public:
  FoundSightings(HeardBy by, SightingSink& sink) : by_(by), sink_(sink) {}
  /// @param now            when they were read: the kernel does not say when they were heard.
  /// @param with_monitors  whether those that matched a monitor count; while discovery runs they repeat others.
  void deliver(std::span<const hci::DeviceFound> batch, TimePoint now, bool with_monitors);

private:
  HeardBy by_;
  SightingSink& sink_;
  PayloadRing ring_;
  std::vector<Sighting> sightings_;
};

/// Scans until it is cancelled; by then discovery and monitor have been ended, within 5 s.
/// @param sysfs  where rfkill's state is found. @throws RadioNotAvailable.
[[nodiscard]] awaitable<void> scan_controller(Management management, Clock& clock, uint16_t controller, ScanOptions options,
                                              HeardBy by, SightingSink& sink, std::string sysfs);

}  // namespace moor::bluez
