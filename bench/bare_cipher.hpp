#pragma once
// Bare libcrypto doing the ChaCha20-Poly1305 of Noise with a context made once: nonce, text, tag, and nothing around them. The floor of what is encrypted.

#include <openssl/evp.h>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>

namespace moor::bench {

inline void check(bool worked) {
  if (!worked) throw std::runtime_error("the benchmark does not do what it measures");
}

/// One direction, with a key of zeros.
class BareCipher {
public:
  static constexpr size_t tag_size = 16;

  BareCipher() : context_(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free) {
    const std::array<uint8_t, 32> key{};
    check(EVP_CipherInit_ex(context_.get(), EVP_chacha20_poly1305(), nullptr, key.data(), nullptr, 1) == 1);
  }
  void seal(std::span<uint8_t> bytes) {
    const std::span<uint8_t> text = bytes.first(bytes.size() - tag_size);
    begin(1);
    finish(text);
    check(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, bytes.data() + text.size()) == 1);
  }
  void open(std::span<uint8_t> bytes) {
    const std::span<uint8_t> text = bytes.first(bytes.size() - tag_size);
    begin(0);
    check(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, bytes.data() + text.size()) == 1);
    finish(text);
  }

private:
  void begin(int encrypt) {
    std::array<uint8_t, 12> nonce{};
    for (size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<uint8_t>(counter_ >> (8 * i));
    ++counter_;
    check(EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data(), encrypt) == 1);
  }
  void finish(std::span<uint8_t> text) {
    int size = 0;
    check(EVP_CipherUpdate(context_.get(), text.data(), &size, text.data(), static_cast<int>(text.size())) == 1 &&
          EVP_CipherFinal_ex(context_.get(), text.data() + text.size(), &size) == 1);
  }
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_;
  uint64_t counter_ = 0;
};

}  // namespace moor::bench
