#pragma once
// One end of an API connection as bytes: frames, plain or in Noise, without any I/O. It takes what was received and gives
// messages; it takes messages and gives what is to be sent. After a failure it gives and takes nothing more.

#include "crypto/hmac.hpp"
#include "esphome/messages.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace moor::esphome {

inline constexpr size_t max_frame = 65'535;         ///< bytes of a payload, plain, and of a frame, in Noise
inline constexpr size_t max_handshake_frame = 128;  ///< firmware's bound
inline constexpr std::string_view noise_protocol = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";

/// 32 bytes from the base64 that people write: white space around it, no = at the end, and the URL-safe alphabet are fine.
/// @throws UsageError that says what is wrong with it (a character's position, the size), never the text itself.
[[nodiscard]] crypto::SecretKey parse_key(std::string_view base64);
[[nodiscard]] std::string to_base64(const crypto::SecretKey& key);

enum class StreamProblem : uint8_t {
  peer_is_plaintext,  ///< we speak Noise, it does not (first byte 0x00)
  peer_is_encrypted,  ///< we are plain, it wants Noise (first byte 0x01)
  wrong_key,          ///< its "Handshake MAC failure", or a tag that does not fit ours
  handshake_refused,  ///< for another reason, which is in the text
  unknown_protocol,   ///< the server chose none that we have
  bad_frame,          ///< an indicator, a length or a number that cannot be
  bad_tag,            ///< after the handshake
};
[[nodiscard]] std::string_view to_string(StreamProblem problem) noexcept;
struct StreamFailure {
  StreamProblem problem{};
  std::string text;  ///< for people and logs
};

class Stream {
public:
  virtual ~Stream() = default;

  /// The next whole message. @param input  what was received; what has been used is cut off its front, an unfinished frame is
  /// kept inside. Written to: frames are decrypted where they lie. @returns nothing when the input is used up, or after a
  /// failure.
  [[nodiscard]] virtual std::optional<Message> next(std::span<uint8_t>& input) = 0;
  /// Whether messages can be sent: the handshake is done (at once where there is none).
  [[nodiscard]] virtual bool is_open() const noexcept = 0;
  [[nodiscard]] virtual const std::optional<StreamFailure>& failure() const noexcept = 0;

  /// Frames a message (and encrypts it now: frames must leave in this order, none left out) at the end of `output`. After a
  /// failure it does nothing.
  /// @throws UsageError before it is open, and where the payload has more than max_frame less 20 bytes.
  virtual void send(MessageType type, Bytes payload) = 0;
  /// Bytes for the peer; whoever has sent some takes them off with `sent`. A handshake's bytes, and a refusal after a failure,
  /// appear here too. Valid until `next`, `send` or `sent` is called.
  [[nodiscard]] virtual Bytes output() const noexcept = 0;
  virtual void sent(size_t count) noexcept = 0;

  /// What the server's hello said, empty before it came, in plain, and from old firmware, and always in a server. MAC: twelve
  /// lower-case digits.
  [[nodiscard]] virtual const std::string& server_name() const noexcept = 0;
  [[nodiscard]] virtual const std::string& server_mac() const noexcept = 0;
};

/// Ephemeral keys, so that sessions can be repeated in tests: null takes the system's random numbers.
using EphemeralKey = const crypto::SecretKey*;

/// @param key  for Noise; null for plain. Copied and wiped. Its hello and first message are in `output` at once.
[[nodiscard]] std::unique_ptr<Stream> make_client_stream(const crypto::SecretKey* key, EphemeralKey ephemeral = nullptr);

struct ServerIdentity {
  std::string name;
  std::string mac;  ///< twelve lower-case digits
};
/// @throws UsageError if name and MAC do not fit a hello: 113 bytes of name with a MAC.
[[nodiscard]] std::unique_ptr<Stream> make_server_stream(const crypto::SecretKey* key, ServerIdentity identity,
                                                         EphemeralKey ephemeral = nullptr);

}  // namespace moor::esphome
