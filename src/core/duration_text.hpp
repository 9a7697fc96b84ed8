#pragma once
// Lengths of time as people write them: "250 ms", "60s", "15 min", "1.5 h", "30 d".

#include "moor/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace moor {

/// A number and a unit: us, ms, s, min, h or d, with or without a space between. @returns nothing for another text, for a negative length and for one above 250 years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text) noexcept;
inline constexpr std::string_view duration_forms = "a length of time looks like 250 ms, 60 s, 15 min, 1.5 h or 30 d";

/// For people, in the two largest units that say something: "2 h 5 min", "41 s", "1.5 s", "250 ms"; "0 s" for nothing.
[[nodiscard]] std::string elapsed_text(Duration duration);

}  // namespace moor
