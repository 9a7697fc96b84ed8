#pragma once
// The options of presence that commands share: smoothing, path loss, zones.

#include "cli/arguments.hpp"
#include "moor/presence.hpp"

namespace moor::cli {

struct PresenceArguments {
  double alpha = 0.3;
  std::optional<double> tau_s;
  double exponent = 2.5;
  std::optional<int> tx_power_dbm;
  int min_samples = 3;
  double near_dbm = -55;
  double far_dbm = -70;
  double hysteresis_db = 0;
  double reading_interval_s = 0;

  void add(std::vector<Option>& options);
  /// @throws UsageError where values contradict each other.
  [[nodiscard]] PresenceOptions options() const;
};

}  // namespace moor::cli
