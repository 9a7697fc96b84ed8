#include "crypto/hmac.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <algorithm>
#include <stdexcept>

namespace moor::crypto {

Digest hmac_sha256(Bytes key, Bytes data) {
  Digest digest{};
  unsigned size = 0;
  // A null key means "the key of before" to HMAC(), so an empty one needs an address.
  static constexpr uint8_t no_byte = 0;
  const uint8_t* key_bytes = key.empty() ? &no_byte : key.data();
  if (HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()), data.data(), data.size(), digest.data(), &size) == nullptr ||
      size != digest.size())
    throw std::runtime_error("libcrypto cannot make HMAC-SHA-256");
  return digest;
}

void wipe(std::span<uint8_t> bytes) noexcept {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

void fill_random(std::span<uint8_t> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::runtime_error("libcrypto has no random numbers");
}

SecretKey SecretKey::random() {
  SecretKey key;
  fill_random(key.bytes_);
  return key;
}

SecretKey::SecretKey(std::span<const uint8_t, size> bytes) noexcept {
  std::ranges::copy(bytes, bytes_.begin());
}

SecretKey::SecretKey(SecretKey&& other) noexcept : bytes_(other.bytes_) {
  wipe(other.bytes_);
}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  if (this == &other) return *this;
  bytes_ = other.bytes_;
  wipe(other.bytes_);
  return *this;
}

SecretKey::~SecretKey() {
  wipe(bytes_);
}

}  // namespace moor::crypto
