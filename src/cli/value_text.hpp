#pragma once
// A characteristic's or descriptor's value as a line for people.

#include "moor/characteristic_value.hpp"

namespace moor::cli {

/// "23.45 °C  (29 09)", or the bytes alone.
[[nodiscard]] std::string value_text(Bytes value, const std::optional<DecodedValue>& meaning);

}  // namespace moor::cli
