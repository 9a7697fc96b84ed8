#pragma once
// What a gateway goes on from after a restart, read from the file.

#include "moor/store.hpp"
#include "store/sqlite.hpp"

namespace moor::store {

/// @throws sqlite::Failure.
[[nodiscard]] SavedState load_saved_state(sqlite::Database& database, const StoreOptions& options, WallTime now);

}  // namespace moor::store
