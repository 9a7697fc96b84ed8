#pragma once
// Frames in Noise. What is sealed is u16be(type) u16be(size) payload; before that come a hello of each side and the two messages
// of the handshake:
//
//   client hello   01 size flags*                                 no flags are known; what is there goes into the prologue
//   message 1      01 size 00 e tag                               a first byte other than 0 is a failure, and text that says which
//   server hello   01 size 01 name* 00 mac* 00                    sent before a refusal too: it tells a client with the wrong key whom it met
//   message 2      01 size 00 e tag

#include "esphome/stream.hpp"

namespace moor::esphome {

[[nodiscard]] std::unique_ptr<Stream> make_noise_client(const crypto::SecretKey& key, EphemeralKey ephemeral);
/// @throws UsageError if the name and the MAC do not fit the hello (128 bytes with both), or hold a zero.
[[nodiscard]] std::unique_ptr<Stream> make_noise_server(const crypto::SecretKey& key, ServerIdentity identity,
                                                        EphemeralKey ephemeral);

}  // namespace moor::esphome
