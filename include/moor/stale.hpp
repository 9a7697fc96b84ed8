#pragma once
// What an earlier run has left behind: links that nobody uses any more, tables that no longer hold, and devices that the radios' systems know
// already. The names are those of bleak-retry-connector.

#include "moor/device_lookup.hpp"
#include "moor/scanner.hpp"
#include "moor/service_cache.hpp"

namespace moor {

inline constexpr Duration stale_disconnect_timeout = std::chrono::seconds(5);  ///< for each radio (bleak-retry-connector's)

enum class StaleScope : uint8_t {
  all_radios,
  only_other_radios,  ///< the link through the given radio is in use, and kept
};

/// Ends the device's links, whoever holds them: of a program that has died, or through a radio that is no longer used. One radio after the
/// other, each 5 s at most. What goes wrong is not told: the next attempt to connect finds out.
/// @returns how many links were ended. Cancellation: total.
[[nodiscard]] awaitable<size_t> close_stale_connections(PathSource& paths, FoundDevice device,
                                                        StaleScope scope = StaleScope::all_radios);
/// The same for the device as `find_device` finds it; does nothing where no radio knows it.
[[nodiscard]] awaitable<size_t> close_stale_connections(PathSource& paths, Target target,
                                                        StaleScope scope = StaleScope::all_radios);
[[nodiscard]] awaitable<size_t> close_stale_connections_by_address(PathSource& paths, Address address,
                                                                   StaleScope scope = StaleScope::all_radios);

/// The radios' systems forget the device, with its services and what they believe of its links; and the cache, if one is given, its table. A bond
/// is kept: `Radio::forget` ends it where that is wanted. What goes wrong is not told.
/// @returns whether anything was forgotten. Cancellation: total.
[[nodiscard]] awaitable<bool> clear_cache(PathSource& paths, Address address, ServiceCache* cache = nullptr);

/// A scanner that has just been made knows at once what the radio's system knows, before anything is heard.
/// @returns how many devices were new to it.
size_t restore_discoveries(Scanner& scanner, const Radio& radio);

}  // namespace moor
