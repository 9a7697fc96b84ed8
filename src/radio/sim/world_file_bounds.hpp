#pragma once
// What the tables of keys share: where a value lies, and how large it may be.

#include "radio/sim/world_file_keys.hpp"

namespace moor::sim {

/// The field that the path of members leads to.
template <auto... Path, typename Owner>
Field field(Owner& owner) {
  return &(owner.*....*Path);
}

inline constexpr double day = 86400;
inline constexpr Bounds any_time = {"", 0, 3650 * day};
inline constexpr Bounds period = {"", 0.001, 3650 * day};
inline constexpr Bounds none = {};
inline constexpr Bounds att_code = {"", 1, 255};

}  // namespace moor::sim
