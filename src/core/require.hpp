#pragma once
// Options are checked where they enter; a wrong one is the caller's to mend.

#include "moor/error.hpp"

namespace moor {

inline void require(bool condition, const char* what) {
  if (!condition) throw UsageError(what);
}

}  // namespace moor
