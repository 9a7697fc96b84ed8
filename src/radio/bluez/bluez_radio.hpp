#pragma once
// An adapter of this machine as a radio.

#include "moor/radio.hpp"
#include "radio/bluez/system.hpp"

namespace moor::bluez {

/// @param target  "hci1", or empty for the default adapter, which is decided when it is used first.
[[nodiscard]] std::unique_ptr<Radio> make_radio(std::shared_ptr<System> system, const std::string& target, RadioId id);

}  // namespace moor::bluez
