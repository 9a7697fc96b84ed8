#pragma once
// The tables of data/, as they are in the program.
//
//   # lines of comment
//   004c <tab> Apple, Inc.     a number in hexadecimal, then its name; sorted by number, so that a row is found by bisection

#include "moor/names.hpp"

#include <string_view>

namespace moor {

/// A table's rows, without the comment.
[[nodiscard]] std::string_view table_of(NumberKind kind) noexcept;
/// Rows of number, characteristics with commas ("-" for none), use.
[[nodiscard]] std::string_view services_use() noexcept;

/// Takes a row off the beginning of the rest. @returns it without its newline.
[[nodiscard]] std::string_view take_row(std::string_view& rows) noexcept;
/// Takes a field off the beginning of the rest, up to the separator or the end.
[[nodiscard]] std::string_view take_field(std::string_view& row, char separator = '\t') noexcept;
/// A field of hexadecimal digits.
[[nodiscard]] uint16_t number_in(std::string_view field) noexcept;
/// What follows the number in its row; empty if there is no such row.
[[nodiscard]] std::string_view find_row(std::string_view rows, uint16_t number) noexcept;

}  // namespace moor
