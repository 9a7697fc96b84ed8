#pragma once
// Which of several radios that know a device is the best, by what each knows of it.

#include "moor/path_source.hpp"

#include <span>

namespace moor {

struct PathCandidate {
  std::optional<int> rssi_dbm{};
  bool connected = false;
};

/// The first that is connected; else the one with the best RSSI, where each must be `rssi_switch_threshold_db` better than the best before it. A
/// candidate without RSSI counts as `no_rssi_value`, and is followed by any other.
/// @param to_beat  the RSSI that the first must beat; `no_rssi_value` where it need not.
/// @returns the index; nothing where none is better.
[[nodiscard]] constexpr std::optional<size_t> choose_path(std::span<const PathCandidate> candidates,
                                                          int to_beat = no_rssi_value) noexcept {
  std::optional<size_t> best;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].connected) return i;
    const int rssi = candidates[i].rssi_dbm.value_or(no_rssi_value);
    if (to_beat != no_rssi_value && rssi - rssi_switch_threshold_db < to_beat) continue;
    best = i;
    to_beat = rssi;
  }
  return best;
}

}  // namespace moor
