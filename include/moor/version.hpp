#pragma once

namespace moor {

inline constexpr const char* version = "0.1.0";

}  // namespace moor
