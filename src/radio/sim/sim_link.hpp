#pragma once
// A connection of the simulated world behind the `Link` interface.

#include "radio/sim/connection.hpp"

namespace moor::sim {

[[nodiscard]] std::unique_ptr<Link> make_sim_link(std::shared_ptr<Connection> connection, RadioId radio);

}  // namespace moor::sim
