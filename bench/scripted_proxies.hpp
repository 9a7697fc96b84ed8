#pragma once
// Proxies of a script, in a process of their own: they log a client in and send it advertisements, in a flood or as many as a busy house has. They know nothing of
// connections.

#include "bench/process.hpp"
#include "crypto/hmac.hpp"
#include "moor/bytes.hpp"

#include <chrono>

namespace moor::bench {

inline constexpr size_t messages_at_hand = 64;  // of a flood, one after the other
inline constexpr size_t batch_size = 16;

/// Each proxy of a house flushes so often what it has heard, as firmware does: a batch of 16 and one of 1.
inline constexpr std::chrono::milliseconds house_interval{100};
inline constexpr size_t house_rate = 170;

/// Nanoseconds of the clock that all processes share.
[[nodiscard]] inline int64_t shared_now() noexcept {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}
/// Each advertisement of the scripted proxies has the moment at which it was sent; 0 in a flood. @returns 0 where it is none of theirs.
[[nodiscard]] int64_t sent_at(Bytes payload) noexcept;

struct ScriptedProxies {
  bool flood = false;
  const crypto::SecretKey* key = nullptr;  ///< null: plain
  bool bare =
      false;  ///< nobody logs in: frames for a floor, which with a key are sealed by a BareCipher of each connection's own
};

/// A process that serves whoever comes to `port`.
class ProxyProcess {
public:
  explicit ProxyProcess(const ScriptedProxies& script);
  [[nodiscard]] uint16_t port() const noexcept { return port_; }

private:
  Process process_;
  uint16_t port_;
};

/// Payloads of messages as a house gives them: public and random addresses, near and far, 20 to 50 bytes of data.
[[nodiscard]] std::vector<std::vector<uint8_t>> make_messages();

}  // namespace moor::bench
