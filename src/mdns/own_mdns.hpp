#pragma once
// Multicast DNS on sockets of our own, beside whoever else uses the port.

#include "mdns/mdns.hpp"

namespace moor::mdns {

[[nodiscard]] std::shared_ptr<Mdns> make_own_mdns(Clock& clock, Settings settings);

}  // namespace moor::mdns
