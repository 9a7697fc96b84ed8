#pragma once
// What is text, and what only claims to be.

#include "moor/bytes.hpp"

namespace moor {

/// The length of the well-formed UTF-8 sequence at the front, 0 if there is none (Unicode 15, table 3-7). @param text  not empty.
[[nodiscard]] size_t utf8_sequence_size(Bytes text) noexcept;
/// How many bytes at the front are one mistake: those that could have begun a character, else one (Unicode 15, 3.9, U+FFFD substitution of
/// maximal subparts). @pre utf8_sequence_size(text) == 0
[[nodiscard]] size_t broken_utf8_size(Bytes text) noexcept;
/// Whether all of it is well-formed UTF-8.
[[nodiscard]] bool is_utf8(Bytes text) noexcept;

}  // namespace moor
