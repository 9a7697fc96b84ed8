#pragma once
// A simulated world as Bluetooth adapters of this machine.

#include "moor/world.hpp"

namespace moor::cli {

struct ServeOptions {
  bool extended = true;
  bool filter_duplicates = true;
  bool json = false;
};

/// Runs the world in real time, each of its radios a controller on /dev/vhci, until the user interrupts or one of them is gone.
/// @returns the exit status. @throws what opening a radio does.
[[nodiscard]] int serve_world(sim::WorldSpec spec, const ServeOptions& options);

}  // namespace moor::cli
