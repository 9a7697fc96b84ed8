#pragma once
// Counts what the program takes from the heap: `operator new` and `operator delete` are replaced by counting ones.

#include <cstddef>
#include <cstdint>

namespace moor::bench {

struct Allocations {
  uint64_t count = 0;     ///< calls of `operator new` so far
  size_t live_bytes = 0;  ///< allocated and not given back, as malloc rounds them
};

[[nodiscard]] Allocations allocations() noexcept;

}  // namespace moor::bench
