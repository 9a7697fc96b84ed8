#pragma once
// A radio of a simulated world behind the `Radio` interface: the air gives it what it hears, its unit connects.

#include "radio/sim/state.hpp"

namespace moor::sim {

/// @param name  as its RadioInfo has it. The radio keeps the world's state alive.
[[nodiscard]] std::unique_ptr<Radio> make_sim_radio(std::shared_ptr<State> state, size_t index, RadioId id, std::string name);

}  // namespace moor::sim
