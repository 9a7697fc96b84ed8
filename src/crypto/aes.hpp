#pragma once
// AES-128 of one block, as Bluetooth's key functions use it.

#include <array>
#include <cstdint>
#include <optional>

namespace moor::crypto {

using Block = std::array<uint8_t, 16>;

/// @throws std::runtime_error if libcrypto refuses.
[[nodiscard]] Block aes128_encrypt_block(const Block& key, const Block& plain);
/// Allocates nothing after a thread's first call. @returns nothing if libcrypto refuses.
[[nodiscard]] std::optional<Block> aes128_decrypt_block(const Block& key, const Block& cipher) noexcept;

}  // namespace moor::crypto
