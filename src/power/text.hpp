#pragma once
// Numbers as the steps of a calculation show them.

#include "moor/time.hpp"

#include <string>

namespace moor {

/// With a comma between thousands: 1736.1 is "1,736".
[[nodiscard]] std::string whole(double value);
/// A time in the unit that people use for it: "3 ms", "1.25 s".
[[nodiscard]] std::string duration_text(Duration d);

}  // namespace moor
