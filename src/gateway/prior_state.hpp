#pragma once
// Where a gateway's prior state comes from: a store that was closed or killed, or a gateway whose place is taken.

#include "gateway/returning.hpp"
#include "moor/store.hpp"

namespace moor {

/// What the store has kept, in the times of this clock.
[[nodiscard]] PriorState prior_state(const SavedState& saved, Clock& clock);

/// Adds everybody that the pipeline knows now.
void add_present(const Pipeline& pipeline, Identities& identities, const Places& places, PriorState& state);

}  // namespace moor
