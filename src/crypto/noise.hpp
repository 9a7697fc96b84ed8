#pragma once
// Noise_NNpsk0_25519_ChaChaPoly_SHA256 (The Noise Protocol Framework, revision 34): the handshake of two messages and the ciphers that come of it. Nothing here knows
// frames. Keys are wiped when they end.

#include "crypto/hmac.hpp"
#include "moor/bytes.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace moor::crypto {

inline constexpr size_t noise_tag_size = 16;
inline constexpr size_t noise_handshake_size = 48;  ///< of each message with an empty payload: key and tag

/// ChaCha20-Poly1305 with a counter for a nonce, in one direction. It allocates nothing once made.
class NoiseCipher {
public:
  explicit NoiseCipher(const SecretKey& key);
  NoiseCipher(NoiseCipher&&) noexcept;
  NoiseCipher& operator=(NoiseCipher&&) noexcept;
  ~NoiseCipher();

  /// In place: `bytes` is the plain text and room for the tag.
  void seal(std::span<uint8_t> bytes);
  /// In place. @returns false where the tag is wrong; the bytes are then unspecified.
  [[nodiscard]] bool open(std::span<uint8_t> bytes);

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One side of the handshake.
class NoiseHandshake {
public:
  enum class Role : uint8_t { initiator, responder };
  /// @param ephemeral  null for a random one
  NoiseHandshake(Role role, const SecretKey& psk, Bytes prologue, const SecretKey* ephemeral = nullptr);
  NoiseHandshake(NoiseHandshake&&) noexcept;
  ~NoiseHandshake();

  /// Our message. The initiator writes first; the responder after `read`.
  [[nodiscard]] std::array<uint8_t, noise_handshake_size> write();
  /// The peer's. @returns false where it has another size, a key without order, or a tag that does not fit: the keys differ, or somebody changed something.
  [[nodiscard]] bool read(Bytes message);

  struct Ciphers {
    NoiseCipher send;
    NoiseCipher receive;
  };
  /// @pre both messages are done
  [[nodiscard]] Ciphers split();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moor::crypto
