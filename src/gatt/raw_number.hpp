#pragma once
// Numbers as characteristics have them: little-endian integers of any size, and the decimal floating-point types of ISO/IEEE 11073-20601
// (GSS 2.2, 2.3: medfloat16 and medfloat32).

#include "moor/bytes.hpp"

namespace moor {

/// @param bytes  at most 8, least significant first.
[[nodiscard]] constexpr uint64_t load_unsigned(Bytes bytes) noexcept {
  uint64_t bits = 0;
  for (size_t i = bytes.size(); i-- > 0;) bits = bits << 8 | bytes[i];
  return bits;
}

/// The lowest `size` bits (1 to 64) as a number in two's complement.
[[nodiscard]] constexpr int64_t sign_extend(uint64_t bits, unsigned size) noexcept {
  return static_cast<int64_t>(bits << (64 - size)) >> (64 - size);
}

/// mantissa * 10^exponent.
struct Decimal {
  int64_t mantissa = 0;
  int exponent = 0;
  [[nodiscard]] double number() const noexcept;
  /// Digits behind the decimal point.
  [[nodiscard]] int digits() const noexcept { return exponent < 0 ? -exponent : 0; }
};

/// @returns nothing for NaN, NRes, the infinities and the reserved value: the device has no number.
[[nodiscard]] std::optional<Decimal> decode_medfloat16(uint16_t bits) noexcept;
[[nodiscard]] std::optional<Decimal> decode_medfloat32(uint32_t bits) noexcept;

}  // namespace moor
