#pragma once
// What the system of a radio says when something fails: BlueZ and the kernel for adapters, an ESP32's stack for proxies.

#include "moor/world.hpp"

namespace moor::sim {

/// @param text  instead of the system's words, where it is not empty.
[[nodiscard]] ConnectCause cause_of(RadioKind kind, ConnectReason reason, const std::string& text = {});
[[nodiscard]] std::string_view words_of(RadioKind kind, CloseReason reason) noexcept;

}  // namespace moor::sim
