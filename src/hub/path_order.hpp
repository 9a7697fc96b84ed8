#pragma once
// Which radio connects to a device: those that can, best first.

#include "hub/rules.hpp"

#include <vector>

namespace moor::hub {

struct Candidate {
  SourceIndex source = 0;
  std::optional<double> rssi_dbm{};  ///< 0 is none too
  int connecting = 0;                ///< devices that the radio is connecting to
  double failures = 0;               ///< of this device on the radio, see Failures
  double radio_failures = 0;         ///< of all devices on it
  int slots = 0;                     ///< 0 where the radio does not say
  int free = 0;
  bool connected = false;  ///< the radio's system has a link to the device
  double score = no_rssi_value;

  [[nodiscard]] bool is_full() const noexcept { return slots > 0 && free <= 0; }
};

/// @param difference_db  between the two radios that hear the device best, 0 if there is one; used by the compat profile only.
[[nodiscard]] double score(const Rules& rules, const Candidate& candidate, double difference_db) noexcept;

/// Scores all and puts the best first; equal ones stay in their order. Radios whose slots are all in use come last, but stay: asked, they say
/// who holds the slots.
void order_paths(const Rules& rules, std::vector<Candidate>& candidates);

}  // namespace moor::hub
