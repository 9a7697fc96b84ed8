#include "crypto/aes.hpp"

#include <openssl/evp.h>
#include <memory>
#include <stdexcept>

namespace moor::crypto {

Block aes128_encrypt_block(const Block& key, const Block& plain) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Block cipher{};
  int size = 0;
  if (!context || EVP_EncryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_EncryptUpdate(context.get(), cipher.data(), &size, plain.data(), static_cast<int>(plain.size())) != 1)
    throw std::runtime_error("libcrypto cannot encrypt with AES-128");
  return cipher;
}

}  // namespace moor::crypto
