#include "crypto/aes.hpp"

#include <openssl/evp.h>
#include <memory>
#include <stdexcept>

namespace moor::crypto {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Context make_context() noexcept {
  return {EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
}

}  // namespace

Block aes128_encrypt_block(const Block& key, const Block& plain) {
  const Context context = make_context();
  Block cipher{};
  int size = 0;
  if (!context || EVP_EncryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_EncryptUpdate(context.get(), cipher.data(), &size, plain.data(), static_cast<int>(plain.size())) != 1)
    throw std::runtime_error("libcrypto cannot encrypt with AES-128");
  return cipher;
}

std::optional<Block> aes128_decrypt_block(const Block& key, const Block& cipher) noexcept {
  thread_local const Context context = make_context();
  Block plain{};
  int size = 0;
  // The algorithm is set only once: that allocates.
  thread_local const bool ready = context && EVP_DecryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, nullptr, nullptr) == 1;
  if (!ready || EVP_DecryptInit_ex(context.get(), nullptr, nullptr, key.data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_DecryptUpdate(context.get(), plain.data(), &size, cipher.data(), static_cast<int>(cipher.size())) != 1)
    return std::nullopt;
  return plain;
}

}  // namespace moor::crypto
