#pragma once
// From the state of a link to the link.

#include "radio/bluez/link_requests.hpp"

namespace moor::bluez {

[[nodiscard]] std::unique_ptr<Link> make_link(LinkPtr state);

}  // namespace moor::bluez
