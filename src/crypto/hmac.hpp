#pragma once
// Keyed hashing, and a key that leaves no trace in memory.

#include "moor/bytes.hpp"

#include <array>

namespace moor::crypto {

using Digest = std::array<uint8_t, 32>;

/// HMAC-SHA-256 (RFC 2104, FIPS 180-4). @throws std::runtime_error if libcrypto refuses.
[[nodiscard]] Digest hmac_sha256(Bytes key, Bytes data);

/// Overwrites bytes in a way that the compiler does not leave out.
void wipe(std::span<uint8_t> bytes) noexcept;

/// From the system's random numbers. @throws std::runtime_error if there are none.
void fill_random(std::span<uint8_t> bytes);

/// 32 secret bytes; wiped when it ends or is moved from.
class SecretKey {
public:
  static constexpr size_t size = 32;

  /// From the system's random numbers. @throws std::runtime_error if there are none.
  [[nodiscard]] static SecretKey random();
  explicit SecretKey(std::span<const uint8_t, size> bytes) noexcept;
  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;
  ~SecretKey();

  [[nodiscard]] Bytes bytes() const noexcept { return bytes_; }

private:
  SecretKey() = default;
  std::array<uint8_t, size> bytes_{};
};

}  // namespace moor::crypto
