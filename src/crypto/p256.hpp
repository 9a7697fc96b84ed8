#pragma once
// Keys on the curve P-256 (FIPS 186-4, D.1.2.3), with which secure connections agree on a secret (Core 5.4, Vol 3, Part H, 2.3.5.6.1).

#include "crypto/hmac.hpp"
#include "crypto/pairing_functions.hpp"

namespace moor::crypto {

struct P256Point {
  Coordinate x{};  ///< most significant byte first, as y
  Coordinate y{};
  friend bool operator==(const P256Point&, const P256Point&) = default;
};

class P256KeyPair {
public:
  /// @throws std::runtime_error if libcrypto refuses, as all of these.
  [[nodiscard]] static P256KeyPair generate();
  /// @returns nothing for a number that is no private key: 0, or the curve's order and more.
  [[nodiscard]] static std::optional<P256KeyPair> from_private(SecretKey key);

  [[nodiscard]] const P256Point& public_key() const noexcept { return public_; }
  /// The secret that the other's private key and our public one give too. @returns nothing for a point that is not on the curve (with such
  /// ones a private key can be found out: Biham, Neumann, 2018).
  [[nodiscard]] std::optional<SecretKey> agree(const P256Point& other) const;

private:
  P256KeyPair(SecretKey key, const P256Point& point) : private_(std::move(key)), public_(point) {}
  SecretKey private_;
  P256Point public_;
};

}  // namespace moor::crypto
