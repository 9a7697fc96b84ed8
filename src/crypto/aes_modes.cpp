#include "crypto/aes_modes.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <algorithm>
#include <memory>

namespace moor::crypto {
namespace {

struct FreeOpenSsl {
  void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER, FreeOpenSsl>;
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeOpenSsl>;

// Fetching an algorithm and making a context cost more than a short message: each thread does it once for each algorithm.
Context make_context(const char* algorithm) noexcept {
  const Cipher cipher(EVP_CIPHER_fetch(nullptr, algorithm, nullptr));
  Context context(EVP_CIPHER_CTX_new());
  if (!cipher || !context || EVP_CipherInit_ex(context.get(), cipher.get(), nullptr, nullptr, nullptr, 1) != 1) return nullptr;
  return context;
}

// libcrypto has a place for bytes even where there are none.
template <typename Byte>
Byte* place_of(std::span<Byte> bytes) noexcept {
  static uint8_t nowhere = 0;
  return bytes.empty() ? &nowhere : bytes.data();
}

void xor_into(Block& target, Bytes other) noexcept {
  for (size_t i = 0; i < std::min(other.size(), target.size()); ++i) target[i] ^= other[i];
}

// Block encryption with one key, of which the other modes are built.
class Aes {
public:
  explicit Aes(Bytes key) noexcept {
    thread_local const Context context = make_context("AES-128-ECB");
    if (!context || key.size() != Block().size()) return;
    if (EVP_EncryptInit_ex(context.get(), nullptr, nullptr, key.data(), nullptr) != 1) return;
    if (EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1) context_ = context.get();
  }

  [[nodiscard]] bool encrypt(std::span<uint8_t> whole_blocks) const noexcept {
    int size = 0;
    return context_ != nullptr && EVP_EncryptUpdate(context_, whole_blocks.data(), &size, whole_blocks.data(),
                                                    static_cast<int>(whole_blocks.size())) == 1;
  }

private:
  EVP_CIPHER_CTX* context_ = nullptr;  // the thread's, with this key until the next one's
};

void increment(Block& counter, CounterOrder order) noexcept {
  for (size_t i = 0; i < counter.size(); ++i)
    if (++counter[order == CounterOrder::little_endian ? i : counter.size() - 1 - i] != 0) return;
}

bool ctr(const Aes& aes, Block counter, Bytes input, std::span<uint8_t> output, CounterOrder order) noexcept {
  if (output.size() != input.size()) return false;
  std::array<uint8_t, 16 * std::tuple_size_v<Block>> stream;
  for (size_t done = 0; done < input.size(); done += stream.size()) {
    const Bytes part = input.subspan(done, std::min(stream.size(), input.size() - done));
    size_t filled = 0;
    for (; filled < part.size(); filled += counter.size(), increment(counter, order))
      std::ranges::copy(counter, stream.begin() + static_cast<std::ptrdiff_t>(filled));
    if (!aes.encrypt(std::span(stream).first(filled))) return false;
    for (size_t i = 0; i < part.size(); ++i) output[done + i] = static_cast<uint8_t>(part[i] ^ stream[i]);
  }
  return true;
}

// Twice a block as an element of GF(2^128) with the polynomial x^128 + x^7 + x^2 + x + 1 (RFC 4493, 2.3).
Block doubled(const Block& block) noexcept {
  Block result{};
  for (size_t i = 0; i < block.size(); ++i) {
    const int next = i + 1 < block.size() ? block[i + 1] : 0;
    result[i] = static_cast<uint8_t>(block[i] << 1 | next >> 7);
  }
  result.back() ^= static_cast<uint8_t>((block.front() >> 7) * 0x87);
  return result;
}

// CMAC with one key. EAX puts a block before the message that says what it is for.
class Cmac {
public:
  explicit Cmac(const Aes& aes) noexcept : aes_(aes), ok_(aes.encrypt(zero_encrypted_)) {}

  [[nodiscard]] bool operator()(Bytes message, Block& mac) const noexcept {
    mac = {};
    return finish(message, mac);
  }
  [[nodiscard]] bool operator()(uint8_t purpose, Bytes message, Block& mac) const noexcept {
    mac = {};
    mac.back() = purpose;
    if (!message.empty()) return aes_.encrypt(mac) && finish(message, mac);
    xor_into(mac, doubled(zero_encrypted_));
    return ok_ && aes_.encrypt(mac);
  }

private:
  bool finish(Bytes message, Block& mac) const noexcept {
    for (; message.size() > mac.size(); message = message.subspan(mac.size())) {
      xor_into(mac, message.first(mac.size()));
      if (!aes_.encrypt(mac)) return false;
    }
    Block last_key = doubled(zero_encrypted_);
    xor_into(mac, message);
    if (message.size() < mac.size()) {
      mac[message.size()] ^= 0x80;
      last_key = doubled(last_key);
    }
    xor_into(mac, last_key);
    return ok_ && aes_.encrypt(mac);
  }

  const Aes& aes_;
  Block zero_encrypted_{};
  bool ok_;
};

// The two halves of EAX: the counter's start, and the whole tag of a cipher text.
struct Eax {
  explicit Eax(const Seal& seal) noexcept : aes(seal.key), cmac(aes), ok(cmac(0, seal.nonce, start)) {
    Block associated;
    ok = ok && cmac(1, seal.associated, associated);
    tag_base = start;
    xor_into(tag_base, associated);
  }
  bool tag_of(Bytes cipher, Block& tag) const noexcept {
    if (!ok || !cmac(2, cipher, tag)) return false;
    xor_into(tag, tag_base);
    return true;
  }

  Aes aes;
  Cmac cmac;
  Block start{};
  Block tag_base{};
  bool ok;
};

constexpr size_t shortest_ccm_nonce = 7, longest_ccm_nonce = 13, longest_ccm_message = 0xFFFF;

// @param tag  the one to expect, or nullptr for one that is to be made.
EVP_CIPHER_CTX* begin_ccm(const Seal& seal, size_t message_size, size_t tag_size, const uint8_t* tag) noexcept {
  thread_local const Context context = make_context("AES-128-CCM");
  const bool fits = seal.key.size() == Block().size() && seal.nonce.size() >= shortest_ccm_nonce &&
                    seal.nonce.size() <= longest_ccm_nonce && tag_size >= 4 && tag_size <= 16 && tag_size % 2 == 0 &&
                    message_size <= longest_ccm_message && seal.associated.size() <= longest_ccm_message;
  if (!context || !fits) return nullptr;
  const int encrypts = tag == nullptr ? 1 : 0;
  const int size = static_cast<int>(message_size);
  int done = 0;
  const bool begun =
      EVP_CipherInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, encrypts) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(seal.nonce.size()), nullptr) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_size), const_cast<uint8_t*>(tag)) == 1 &&
      EVP_CipherInit_ex(context.get(), nullptr, nullptr, seal.key.data(), seal.nonce.data(), encrypts) == 1 &&
      EVP_CipherUpdate(context.get(), nullptr, &done, nullptr, size) == 1 &&
      (seal.associated.empty() ||
       EVP_CipherUpdate(context.get(), nullptr, &done, seal.associated.data(), static_cast<int>(seal.associated.size())) == 1);
  return begun ? context.get() : nullptr;
}

bool finish_ccm(EVP_CIPHER_CTX* context, Bytes input, std::span<uint8_t> output) noexcept {
  int done = 0;
  return context != nullptr &&
         EVP_CipherUpdate(context, place_of(output), &done, place_of(input), static_cast<int>(input.size())) == 1;
}

}  // namespace

bool ccm_encrypt(const Seal& seal, Bytes plain, std::span<uint8_t> cipher, std::span<uint8_t> tag) noexcept {
  if (cipher.size() != plain.size()) return false;
  EVP_CIPHER_CTX* context = begin_ccm(seal, plain.size(), tag.size(), nullptr);
  return finish_ccm(context, plain, cipher) &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()), tag.data()) == 1;
}

bool ccm_decrypt(const Seal& seal, Bytes cipher, Bytes tag, std::span<uint8_t> plain) noexcept {
  if (cipher.size() != plain.size() || tag.empty()) return false;
  return finish_ccm(begin_ccm(seal, cipher.size(), tag.size(), tag.data()), cipher, plain);
}

bool eax_encrypt(const Seal& seal, Bytes plain, std::span<uint8_t> cipher, std::span<uint8_t> tag) noexcept {
  const Eax eax(seal);
  Block whole;
  if (tag.empty() || tag.size() > whole.size() || !eax.ok || !ctr(eax.aes, eax.start, plain, cipher, CounterOrder::big_endian) ||
      !eax.tag_of(cipher, whole))
    return false;
  std::ranges::copy_n(whole.begin(), static_cast<std::ptrdiff_t>(tag.size()), tag.begin());
  return true;
}

bool eax_decrypt(const Seal& seal, Bytes cipher, Bytes tag, std::span<uint8_t> plain) noexcept {
  const Eax eax(seal);
  Block whole;
  return !tag.empty() && tag.size() <= whole.size() && eax.tag_of(cipher, whole) &&
         same_tag(Bytes(whole).first(tag.size()), tag) && ctr(eax.aes, eax.start, cipher, plain, CounterOrder::big_endian);
}

bool ctr_crypt(Bytes key, Block counter, Bytes input, std::span<uint8_t> output, CounterOrder order) noexcept {
  return ctr(Aes(key), counter, input, output, order);
}

std::optional<Block> cmac(Bytes key, Bytes message) noexcept {
  const Aes aes(key);
  Block mac;
  if (!Cmac(aes)(message, mac)) return std::nullopt;
  return mac;
}

bool same_tag(Bytes a, Bytes b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace moor::crypto
