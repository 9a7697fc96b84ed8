#include "esphome/frames.hpp"
#include "esphome/noise_stream.hpp"

namespace moor::esphome {

std::string_view to_string(StreamProblem problem) noexcept {
  switch (problem) {
    case StreamProblem::peer_is_plaintext: return "the other side does not encrypt";
    case StreamProblem::peer_is_encrypted: return "the other side wants encryption";
    case StreamProblem::wrong_key: return "the keys differ";
    case StreamProblem::handshake_refused: return "the handshake was refused";
    case StreamProblem::unknown_protocol: return "the other side wants a protocol that is not known";
    case StreamProblem::bad_frame: return "malformed frame";
    case StreamProblem::bad_tag: return "a frame that was changed on its way";
  }
  return "unknown";
}

std::unique_ptr<Stream> make_client_stream(const crypto::SecretKey* key, EphemeralKey ephemeral) {
  if (key == nullptr) return make_plain_stream(StreamRole::client);
  return make_noise_client(*key, ephemeral);
}

std::unique_ptr<Stream> make_server_stream(const crypto::SecretKey* key, ServerIdentity identity, EphemeralKey ephemeral) {
  if (key == nullptr) return make_plain_stream(StreamRole::server);
  return make_noise_server(*key, std::move(identity), ephemeral);
}

}  // namespace moor::esphome
