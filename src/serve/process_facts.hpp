#pragma once
// What the system says of this process.

#include <cstdint>

namespace moor::serve {

struct ProcessFacts {
  double cpu_s = 0;  ///< of all threads
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t open_files = 0;
  uint64_t max_files = 0;
};

/// 0 for what the system does not tell.
[[nodiscard]] ProcessFacts read_process_facts();

}  // namespace moor::serve
