#pragma once
// Readings as people write them, such as "temperature=21.5", for what encodes the formats of sensors.

#include "moor/reading.hpp"
#include "moor/ruuvi.hpp"

#include <span>
#include <string>
#include <vector>

namespace moor {

/// Numbers in their quantity's unit, "true" or "false" for a binary one, the name of an event. Repeats of a quantity are numbered.
/// @throws UsageError for a text that is none.
[[nodiscard]] std::vector<Reading> parse_readings(std::span<const std::string> texts);

/// A tag that measures this; acceleration along x, y and z in turn. @throws UsageError for what it has no sensor for.
[[nodiscard]] RuuviTag ruuvi_tag_of(std::span<const Reading> readings);

}  // namespace moor
