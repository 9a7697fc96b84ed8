#pragma once
// Characteristics that are a text, or a number that stands for a word.

#include "gatt/value_builder.hpp"

namespace moor {

/// Which of the words a number is; empty for one that has none.
[[nodiscard]] constexpr std::string_view word(std::span<const std::string_view> words, size_t number) noexcept {
  return number < words.size() ? words[number] : std::string_view();
}

[[nodiscard]] std::string_view temperature_type(uint8_t number) noexcept;  ///< "armpit" (GSS 3, Temperature Type)
[[nodiscard]] std::string_view day_of_week(uint8_t number) noexcept;       ///< "Monday" for 1

/// A characteristic that is a word or a text, if it is one of those.
/// @returns nothing as well for a number that stands for no word.
[[nodiscard]] std::optional<DecodedValue> decode_words(uint16_t characteristic, Bytes value);

}  // namespace moor
