#pragma once
// AES-128 of one block, as Bluetooth's key functions use it.

#include <array>
#include <cstdint>

namespace moor::crypto {

using Block = std::array<uint8_t, 16>;

/// @throws std::runtime_error if libcrypto refuses.
[[nodiscard]] Block aes128_encrypt_block(const Block& key, const Block& plain);

}  // namespace moor::crypto
