#pragma once
// Waiting for one device on several radios at once.

#include "core/event.hpp"
#include "moor/radio.hpp"

#include <vector>

namespace moor {

/// Completes when `changed` is set, which what becomes of the device on any of the radios does too (`Radio::device_changed`). A radio that
/// cannot be watched changes nothing.
/// @param changed  the caller's, to be set for what the radios do not know of; must outlive the wait.
/// Cancellation: total, after nothing is watched any more.
[[nodiscard]] awaitable<void> wait_changed(std::vector<Radio*> radios, Address device, Event& changed);

}  // namespace moor
