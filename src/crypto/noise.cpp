#include "crypto/noise.hpp"

#include "crypto/aes_modes.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace moor::crypto {

namespace {

constexpr std::string_view protocol_name = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";

template <auto Free>
struct Freed {
  template <typename Object>
  void operator()(Object* object) const noexcept {
    Free(object);
  }
};
using Algorithm = std::unique_ptr<EVP_CIPHER, Freed<EVP_CIPHER_free>>;
using Context = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;
using CurveKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using CurveContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;

[[noreturn]] void refuse() {
  throw std::runtime_error("libcrypto cannot do ChaCha20-Poly1305 or X25519");
}

// ChaCha20-Poly1305 (RFC 8439) with one key. Fetching it and setting the key cost as much as a message: it is done once.
class Aead {
public:
  explicit Aead(Bytes key) : context_(EVP_CIPHER_CTX_new()) {
    const Algorithm algorithm(EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr));
    if (!context_ || !algorithm || EVP_CipherInit_ex(context_.get(), algorithm.get(), nullptr, key.data(), nullptr, 1) != 1)
      refuse();
  }

  /// In place; the tag goes after `message`, into the same memory.
  void seal(uint64_t nonce, Bytes associated, std::span<uint8_t> message, uint8_t* tag) {
    if (!begin(nonce, associated, true) || !crypt(message) ||
        EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, noise_tag_size, tag) != 1)
      refuse();
  }
  /// libcrypto compares the tag, in constant time.
  [[nodiscard]] bool open(uint64_t nonce, Bytes associated, std::span<uint8_t> message, uint8_t* tag) {
    return begin(nonce, associated, false) &&
           EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, noise_tag_size, tag) == 1 && crypt(message);
  }

private:
  // Noise, 12.3: 32 bits of zeros and the counter, little-endian.
  bool begin(uint64_t nonce, Bytes associated, bool encrypt) {
    std::array<uint8_t, 12> bytes{};
    for (size_t i = 0; i < 8; ++i) bytes[4 + i] = static_cast<uint8_t>(nonce >> (8 * i));
    int size = 0;
    return EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, bytes.data(), encrypt ? 1 : 0) == 1 &&
           (associated.empty() ||
            EVP_CipherUpdate(context_.get(), nullptr, &size, associated.data(), static_cast<int>(associated.size())) == 1);
  }
  bool crypt(std::span<uint8_t> message) {
    int size = 0;
    std::array<uint8_t, noise_tag_size> nothing{};
    return (message.empty() ||
            EVP_CipherUpdate(context_.get(), message.data(), &size, message.data(), static_cast<int>(message.size())) == 1) &&
           EVP_CipherFinal_ex(context_.get(), nothing.data(), &size) == 1;
  }

  Context context_;
};

// Our half of X25519 (RFC 7748).
class CurvePair {
public:
  explicit CurvePair(const SecretKey& secret)
      : key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, secret.bytes().data(), SecretKey::size)) {
    size_t size = public_.size();
    if (!key_ || EVP_PKEY_get_raw_public_key(key_.get(), public_.data(), &size) != 1) refuse();
  }
  [[nodiscard]] Bytes public_key() const noexcept { return public_; }

  /// @returns nothing for a point of small order, with which the secret is zeros whatever our key is (RFC 7748, 6.1).
  [[nodiscard]] std::optional<SecretKey> agree(Bytes theirs) const {
    // A refusal is an answer here, and not to be found later by whoever asks libssl what went wrong.
    ERR_set_mark();
    std::array<uint8_t, SecretKey::size> secret{};
    const bool agreed = derive(theirs, secret);
    ERR_pop_to_mark();
    constexpr std::array<uint8_t, SecretKey::size> zeros{};
    if (!agreed || same_tag(secret, zeros)) return std::nullopt;
    SecretKey key(secret);
    wipe(secret);
    return key;
  }

private:
  [[nodiscard]] bool derive(Bytes theirs, std::span<uint8_t> secret) const {
    const CurveKey peer(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, theirs.data(), theirs.size()));
    const CurveContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
    size_t size = secret.size();
    return peer && context && EVP_PKEY_derive_init(context.get()) == 1 &&
           EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
           EVP_PKEY_derive(context.get(), secret.data(), &size) == 1 && size == secret.size();
  }

  CurveKey key_;
  std::array<uint8_t, SecretKey::size> public_{};
};

// Hash and keys as they grow with all that is said (Noise, 5.2).
class SymmetricState {
public:
  SymmetricState() {
    hash_ = sha256({Bytes(reinterpret_cast<const uint8_t*>(protocol_name.data()), protocol_name.size())});
    chaining_ = hash_;
  }
  SymmetricState(const SymmetricState&) = delete;
  SymmetricState& operator=(const SymmetricState&) = delete;
  ~SymmetricState() {
    wipe(chaining_);
    wipe(key_);
  }

  void mix_hash(Bytes data) {
    std::vector<uint8_t> both(hash_.begin(), hash_.end());
    both.insert(both.end(), data.begin(), data.end());
    hash_ = sha256(both);
  }
  void mix_key(Bytes material) {
    Digest unused{};
    expand(material, chaining_, key_, unused);
    wipe(unused);
  }
  void mix_key_and_hash(Bytes material) {
    Digest hashed{};
    expand(material, chaining_, hashed, key_);
    mix_hash(hashed);
    wipe(hashed);
  }

  // Each message is sealed with a key of its own, as in this pattern every message mixes one before: the counter is always 0.

  [[nodiscard]] std::array<uint8_t, noise_tag_size> seal_nothing() {
    std::array<uint8_t, noise_tag_size> tag{};
    Aead(key_).seal(0, hash_, {}, tag.data());
    mix_hash(tag);
    return tag;
  }
  [[nodiscard]] bool open_nothing(Bytes tag) {
    std::array<uint8_t, noise_tag_size> theirs{};
    std::ranges::copy(tag, theirs.begin());
    if (!Aead(key_).open(0, hash_, {}, theirs.data())) return false;
    mix_hash(theirs);
    return true;
  }

  [[nodiscard]] std::pair<SecretKey, SecretKey> split() {
    Digest first{}, second{}, unused{};
    expand({}, first, second, unused);
    std::pair<SecretKey, SecretKey> keys(first, second);
    wipe(first);
    wipe(second);
    wipe(unused);
    return keys;
  }

private:
  static Digest sha256(Bytes data) {
    Digest digest{};
    if (SHA256(data.data(), data.size(), digest.data()) == nullptr) refuse();
    return digest;
  }
  // Noise's HKDF (4.3): HMAC(temporary, previous || number).
  void expand(Bytes material, Digest& first, Digest& second, Digest& third) const {
    Digest temporary = hmac_sha256(chaining_, material);
    std::array<uint8_t, 33> input{};
    input[0] = 1;
    first = hmac_sha256(temporary, Bytes(input).first(1));
    std::ranges::copy(first, input.begin());
    input.back() = 2;
    second = hmac_sha256(temporary, input);
    std::ranges::copy(second, input.begin());
    input.back() = 3;
    third = hmac_sha256(temporary, input);
    wipe(temporary);
    wipe(input);
  }

  Digest hash_{};
  Digest chaining_{};
  Digest key_{};
};

}  // namespace

struct NoiseCipher::State {
  Aead aead;
  uint64_t counter = 0;
};

NoiseCipher::NoiseCipher(const SecretKey& key) : state_(new State{Aead(key.bytes())}) {}
NoiseCipher::NoiseCipher(NoiseCipher&&) noexcept = default;
NoiseCipher& NoiseCipher::operator=(NoiseCipher&&) noexcept = default;
NoiseCipher::~NoiseCipher() = default;

void NoiseCipher::seal(std::span<uint8_t> bytes) {
  const std::span<uint8_t> message = bytes.first(bytes.size() - noise_tag_size);
  state_->aead.seal(state_->counter++, {}, message, bytes.data() + message.size());
}

bool NoiseCipher::open(std::span<uint8_t> bytes) {
  if (bytes.size() < noise_tag_size) return false;
  const std::span<uint8_t> message = bytes.first(bytes.size() - noise_tag_size);
  if (!state_->aead.open(state_->counter, {}, message, bytes.data() + message.size())) return false;
  ++state_->counter;
  return true;
}

struct NoiseHandshake::State {
  Role role;
  std::optional<SecretKey> ephemeral_secret{};
  SymmetricState symmetric{};
  std::optional<CurvePair> ephemeral{};
  std::optional<SecretKey> shared{};  // the responder's, from the first message to its answer

  void make_ephemeral() {
    if (!ephemeral_secret) ephemeral_secret.emplace(SecretKey::random());
    ephemeral.emplace(*ephemeral_secret);
    ephemeral_secret.reset();
  }
  // In patterns with a psk, a public key is mixed into the key too (Noise, 9.2).
  void mix_public_key(Bytes key) {
    symmetric.mix_hash(key);
    symmetric.mix_key(key);
  }
};

NoiseHandshake::NoiseHandshake(Role role, const SecretKey& psk, Bytes prologue, const SecretKey* ephemeral)
    : state_(new State{.role = role}) {
  if (ephemeral != nullptr) state_->ephemeral_secret.emplace(ephemeral->bytes().first<SecretKey::size>());
  state_->symmetric.mix_hash(prologue);
  state_->symmetric.mix_key_and_hash(psk.bytes());
}

NoiseHandshake::NoiseHandshake(NoiseHandshake&&) noexcept = default;
NoiseHandshake::~NoiseHandshake() = default;

std::array<uint8_t, noise_handshake_size> NoiseHandshake::write() {
  State& state = *state_;
  if (state.role == Role::initiator) state.make_ephemeral();
  state.mix_public_key(state.ephemeral->public_key());
  if (state.shared) state.symmetric.mix_key(state.shared->bytes());
  state.shared.reset();
  std::array<uint8_t, noise_handshake_size> message{};
  const auto tag = state.symmetric.seal_nothing();
  std::ranges::copy(tag, std::ranges::copy(state.ephemeral->public_key(), message.begin()).out);
  return message;
}

bool NoiseHandshake::read(Bytes message) {
  State& state = *state_;
  if (message.size() != noise_handshake_size) return false;
  const Bytes theirs = message.first(SecretKey::size);
  const Bytes tag = message.subspan(SecretKey::size);
  state.mix_public_key(theirs);
  if (state.role == Role::initiator) {
    const auto shared = state.ephemeral->agree(theirs);
    if (!shared) return false;
    state.symmetric.mix_key(shared->bytes());
    return state.symmetric.open_nothing(tag);
  }
  // Who does not know the key costs us no multiplication on the curve.
  if (!state.symmetric.open_nothing(tag)) return false;
  state.make_ephemeral();
  state.shared = state.ephemeral->agree(theirs);
  return state.shared.has_value();
}

NoiseHandshake::Ciphers NoiseHandshake::split() {
  const auto [initiators, responders] = state_->symmetric.split();
  const bool initiator = state_->role == Role::initiator;
  return {NoiseCipher(initiator ? initiators : responders), NoiseCipher(initiator ? responders : initiators)};
}

}  // namespace moor::crypto
