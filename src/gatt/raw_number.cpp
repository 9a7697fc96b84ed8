#include "gatt/raw_number.hpp"

#include <cmath>

namespace moor {

namespace {

// The special values lie around the lowest mantissa: +INF, NaN, NRes, reserved, -INF (ISO/IEEE 11073-20601, F.1 and F.2).
constexpr bool is_special(int64_t mantissa, unsigned bits) noexcept {
  const int64_t span = int64_t{1} << (bits - 1);
  return mantissa >= span - 2 || mantissa <= -span + 2;
}

}  // namespace

double Decimal::number() const noexcept {
  const auto value = static_cast<double>(mantissa);
  return exponent < 0 ? value / std::pow(10.0, -exponent) : value * std::pow(10.0, exponent);
}

std::optional<Decimal> decode_medfloat16(uint16_t bits) noexcept {
  const Decimal decimal{sign_extend(bits & 0x0FFFU, 12), static_cast<int>(sign_extend(bits >> 12U, 4))};
  if (is_special(decimal.mantissa, 12) && decimal.exponent == 0) return std::nullopt;
  return decimal;
}

std::optional<Decimal> decode_medfloat32(uint32_t bits) noexcept {
  const Decimal decimal{sign_extend(bits & 0x00FF'FFFFU, 24), static_cast<int>(sign_extend(bits >> 24U, 8))};
  if (is_special(decimal.mantissa, 24) && decimal.exponent == 0) return std::nullopt;
  return decimal;
}

}  // namespace moor
