#pragma once
// UUIDs as people write them.

#include "moor/uuid.hpp"

namespace moor {

/// The shortest text that `Uuid::parse` reads as this UUID: "180f", "0001180f", or all of it.
[[nodiscard]] std::string short_text(const Uuid& uuid);

}  // namespace moor
