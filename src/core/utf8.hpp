#pragma once
// What is text, and what only claims to be.

#include "moor/bytes.hpp"

namespace moor {

/// The length of the well-formed UTF-8 sequence at the front, 0 if there is none (Unicode 15, table 3-7). @param text  not empty.
[[nodiscard]] size_t utf8_sequence_size(Bytes text) noexcept;
/// Whether all of it is well-formed UTF-8.
[[nodiscard]] bool is_utf8(Bytes text) noexcept;

}  // namespace moor
