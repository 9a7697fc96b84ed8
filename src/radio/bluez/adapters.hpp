#pragma once
// The list of adapters, of any system.

#include "moor/adapter.hpp"
#include "radio/bluez/system.hpp"

namespace moor::bluez {

/// As moor::list_adapters.
[[nodiscard]] awaitable<std::vector<AdapterInfo>> list_adapters(std::shared_ptr<System> system);

}  // namespace moor::bluez
