#pragma once
// The services of a device as they are now, from a cache or from the device.

#include "moor/service_cache.hpp"

namespace moor {

/// `services_of` for a cache that may go away meanwhile: the pointer is null from then on.
[[nodiscard]] awaitable<GattServices> current_services(Link& link, ServiceCache* const& cache, TimePoint deadline);

/// The radio's system forgets the device's services; nothing happens where it has no cache that could be cleared, or the link would end with it: such a
/// system sees to its own cache (Service Changed, Database Hash).
[[nodiscard]] awaitable<void> forget_below(Link& link, TimePoint deadline);

}  // namespace moor
