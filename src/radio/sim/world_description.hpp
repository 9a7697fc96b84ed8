#pragma once
// What is in a world, for people and programs that have not read its file.

#include "moor/world.hpp"

namespace moor::sim {

/// Devices that follow each other and differ only in their number.
struct DeviceGroup {
  size_t first = 0;  ///< index of the first in the world
  size_t count = 0;
  std::string name;           ///< of the first
  std::string format;         ///< of what it advertises, "iBeacon"; empty where moor knows none
  std::string_view movement;  ///< "stands", "moves along a path" or "walks about"
  size_t services = 0;
  size_t characteristics = 0;
  std::vector<std::string_view> faults;  ///< their kinds, each once
};

struct WorldDescription {
  std::vector<DeviceGroup> groups;
  size_t advertisers = 0;
  double events_per_second = 0;         ///< advertising events of all that advertise, were they awake all the time
  double notifications_per_second = 0;  ///< were everything subscribed to
};

[[nodiscard]] WorldDescription describe(const WorldSpec& world);

/// "proxy".
[[nodiscard]] std::string_view to_string(RadioKind kind) noexcept;
/// "stuck".
[[nodiscard]] std::string_view to_string(RadioFault::Kind kind) noexcept;

}  // namespace moor::sim
