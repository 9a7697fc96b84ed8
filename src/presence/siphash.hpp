#pragma once

#include "moor/bytes.hpp"

#include <array>

namespace moor {

/// SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein: SipHash, a fast short-input PRF, 2012), the output as a number.
[[nodiscard]] uint64_t siphash(const std::array<uint8_t, 16>& key, Bytes input) noexcept;

}  // namespace moor
