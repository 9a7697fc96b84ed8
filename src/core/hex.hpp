#pragma once
// One hexadecimal digit, for the parsers of bytes, addresses and UUIDs.

namespace moor {

/// @returns 0 to 15, or -1 if the character is no hexadecimal digit.
[[nodiscard]] constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace moor
