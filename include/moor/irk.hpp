#pragma once
// Identity resolving keys: who is behind a resolvable private address.

#include "moor/address.hpp"

#include <array>

namespace moor {

/// 128 bits, most significant byte first as the Core specification writes them and as bonding stores print them.
using Irk = std::array<uint8_t, 16>;

/// Whether `address` was made with `irk`: hash = ah(IRK, prand) (Core 5.4, Vol 3, Part H, 2.2.2).
/// @returns false for an address that is not resolvable. @throws std::runtime_error if libcrypto has no AES.
[[nodiscard]] bool resolves(const Address& address, const Irk& irk);

/// Makes a resolvable private address from the key and 22 random bits, for a simulated device. Higher bits of `prand` are ignored.
[[nodiscard]] Address make_resolvable(const Irk& irk, uint32_t prand);

}  // namespace moor
