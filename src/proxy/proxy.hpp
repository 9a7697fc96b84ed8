#pragma once
// A radio of this machine served as an ESPHome Bluetooth proxy: native API 1.15, server side.

#include "crypto/hmac.hpp"
#include "moor/radio.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>

namespace moor::proxy {

using Socket = boost::asio::generic::stream_protocol::socket;

/// What a proxy says of itself.
struct Identity {
  std::string name;  ///< host name: lower-case letters, digits, '-'
  std::string friendly_name;
  std::string mac;            ///< "AA:BB:CC:DD:EE:FF"; the unique id in Home Assistant
  std::string bluetooth_mac;  ///< of the radio; the same where it has none
  std::string area{};
};

struct Options {
  Identity identity;
  std::shared_ptr<const crypto::SecretKey> key{};  ///< null: plain text, for anybody on the network
  bool active_connections = true;                  ///< where the radio can
  int slots = 3;                                   ///< at most this many links; fewer where the radio has fewer
  Duration batch_interval = std::chrono::milliseconds(100);
  size_t batch_size = 16;
  int max_clients = 8;  ///< logged in or not
  Duration handshake_timeout = std::chrono::seconds(30);
  size_t max_queued_advertisements = 64 * 1024;  ///< bytes for a slow client; then the oldest are dropped, and counted
  size_t max_queued_control = 1024 * 1024;       ///< bytes; then the client is dropped
};

struct ClientStatus {
  std::string peer;  ///< address and port
  std::string info;  ///< what it calls itself
  TimePoint since{};
  bool subscriber = false;
  bool encrypted = false;
  uint64_t advertisements = 0;
  uint64_t advertisements_dropped = 0;
  size_t queued = 0;  ///< bytes
};
struct Status {
  std::vector<ClientStatus> clients;
  Slots slots;
  RadioHealth radio;
  uint64_t refused = 0;  ///< clients: wrong key, too many, no handshake in time
};

/// Serves clients that somebody else has accepted. All on one executor; the radio outlives it.
class Server {
public:
  Server(Clock& clock, boost::asio::any_io_executor executor, Radio& radio, Options options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// One client, until it leaves, is refused or dropped. Never throws for what a client does. Cancellation: total; says goodbye.
  [[nodiscard]] awaitable<void> serve(Socket socket, std::string peer);
  /// Opens the radio and scans while somebody subscribes, until it is cancelled; links that clients made are closed before it completes. A radio that fails is
  /// told to clients by the scanner's state, and tried again.
  [[nodiscard]] awaitable<void> run();
  [[nodiscard]] Status status() const;

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moor::proxy
