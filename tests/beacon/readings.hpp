#pragma once
// What a test asks of a decoded advertisement.

#include "moor/decoder.hpp"

#include <cmath>

namespace moor {

/// The value of a reading that is available; NaN if there is none.
inline double value_of(const Decoded& decoded, Quantity quantity, size_t index = 0) {
  for (const Reading& reading : decoded.readings())
    if (reading.quantity == quantity && reading.index == index && reading.valid) return reading.value;
  return NAN;
}

}  // namespace moor
