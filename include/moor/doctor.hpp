#pragma once
// What is wrong with the Bluetooth of this machine, and how to mend it.

#include "moor/clock.hpp"

#include <string>
#include <vector>

namespace moor {

struct Check {
  std::string name;      ///< "adapter", "bluetoothd", "rfkill", ...
  bool ok = false;       ///< false only for what keeps moor from working, or from working as well as it could
  bool needed = true;    ///< without it there is no Bluetooth at all; otherwise something is slower or missing
  std::string what;      ///< what was found, one sentence
  std::string remedy{};  ///< the command that mends it, or what to do; empty where all is well
};

/// Looks at kernel, adapters, rfkill, the bus, bluetoothd and its version, permissions and containers. Changes nothing. Throws nothing: what cannot
/// be found out is a check that says so. Cancellation: total.
[[nodiscard]] awaitable<std::vector<Check>> examine_bluetooth(Clock& clock);

}  // namespace moor
