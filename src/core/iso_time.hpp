#pragma once
// Moments as text between programs: RFC 3339, the profile of ISO 8601 for the Internet.

#include "moor/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace moor {

/// "2026-03-02T09:00:17.722Z": UTC, milliseconds, rounded down. For years 0 to 9999.
[[nodiscard]] std::string to_iso(WallTime t);
/// A date and time with its offset ("2026-03-02T10:00:17.722+01:00", "2026-03-02 09:00Z"), or a day, which begins at midnight UTC. Without an
/// offset it is UTC; seconds and their fraction may be left out.
/// @returns nothing for anything else, and for days that no calendar has. A leap second is the second after it.
[[nodiscard]] std::optional<WallTime> parse_iso(std::string_view text) noexcept;

}  // namespace moor
