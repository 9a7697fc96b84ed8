#pragma once
// Characteristics that are one number.

#include "gatt/value_builder.hpp"

namespace moor {

enum class RawType : uint8_t { u8, u16, u24, u32, s8, s16, s24, s32, medfloat16 };
[[nodiscard]] constexpr size_t size_of(RawType type) noexcept {
  switch (type) {
    case RawType::u8:
    case RawType::s8: return 1;
    case RawType::u16:
    case RawType::s16:
    case RawType::medfloat16: return 2;
    case RawType::u24:
    case RawType::s24: return 3;
    case RawType::u32:
    case RawType::s32: return 4;
  }
  return 0;
}

/// How an integer is a number: times `factor`, told with so many digits behind the point.
struct Scale {
  double factor = 1;
  int digits = 0;
};

/// The integer as it was sent. @param bytes  `size_of(type)` of them; a medfloat16 comes as its bits.
[[nodiscard]] int64_t load_raw(RawType type, Bytes bytes) noexcept;
[[nodiscard]] double scaled(int64_t raw, Scale scale) noexcept;

/// A characteristic that is one number, if it is one of those.
/// @returns nothing as well where the value does not have its length or is above its range.
[[nodiscard]] std::optional<DecodedValue> decode_number(uint16_t characteristic, Bytes value);

}  // namespace moor
