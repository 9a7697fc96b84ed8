#pragma once
// Whether an encrypted message has been heard before, for formats that count their messages.

#include "moor/keys.hpp"

namespace moor {

/// A device that begins anew, as after a change of battery, counts from 0 or from a random number; one whose messages arrive out of order is a
/// few behind.
inline constexpr uint32_t restart_drop = 100;

/// @param state    of the key that opens the message. @param counter  of the message.
[[nodiscard]] inline bool is_replay(const KeyState& state, uint32_t counter) noexcept {
  return state.counter && counter <= *state.counter && *state.counter - counter < restart_drop;
}

}  // namespace moor
