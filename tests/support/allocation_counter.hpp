#pragma once
// Counts what the program allocates, to test that a path allocates nothing. Add allocation_counter.cpp to the test's sources.

#include <cstddef>

namespace moor {

/// Calls of operator new since the program began.
[[nodiscard]] size_t allocations() noexcept;

}  // namespace moor
