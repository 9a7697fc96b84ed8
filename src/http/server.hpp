#pragma once
// The HTTP server of the gateway: HTTP/1.1 with keep-alive, server-sent events and WebSocket, plain or over TLS, on the radios' executor, which it never blocks.
// What a request is allowed is decided by machines (guard.hpp, rate_limit.hpp, router.hpp); here is what listens and serves.

#include "http/router.hpp"
#include "moor/clock.hpp"

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <filesystem>

namespace moor::http {

using Socket = boost::asio::generic::stream_protocol::socket;

/// A request or a client that was refused, for the log.
struct AccessProblem {
  std::string remote;
  uint64_t request = 0;  ///< its id; 0 where none was read
  unsigned status = 0;   ///< 0 where nothing was answered
  std::string what;      ///< "GET /x: no such thing", never with a token
};

/// Durations above zero. The defaults of limits are those of docs/api.md.
struct ServerOptions {
  std::string address = "127.0.0.1";  ///< numeric; beyond loopback only with TLS and a token or `client_ca_file`
  uint16_t port = 8766;               ///< 0: any that is free
  std::filesystem::path cert_file;    ///< with `key_file`: TLS
  std::filesystem::path key_file;
  std::filesystem::path client_ca_file;  ///< who has a certificate of it needs no token
  std::string token;
  std::vector<std::string> hosts;  ///< names by which it is reached beyond its address, such as that of a reverse proxy
  size_t max_connections = 256;
  int requests_per_s = 50;               ///< of one address, twice as many at once; beyond: 429
  size_t max_header = size_t{8} * 1024;  ///< beyond: 431
  size_t max_body = size_t{64} * 1024;   ///< beyond: 413
  Duration header_timeout = std::chrono::seconds(
      10);  ///< for a TLS handshake, and from the first byte of a request to the last of its fields; beyond: 408
  Duration body_timeout = std::chrono::seconds(30);
  Duration idle_timeout = std::chrono::seconds(75);     ///< between requests
  Duration write_timeout = std::chrono::seconds(30);    ///< for each 64 KiB
  Duration handler_timeout = std::chrono::seconds(30);  ///< beyond: 503
  Duration heartbeat = std::chrono::seconds(15);        ///< a comment in a stream of events, a ping in a WebSocket
  EventStreamLimits stream_limits;
  std::function<void(const AccessProblem&)> on_problem;  ///< at most ten a second are told; more are counted
};

struct ServerStatistics {
  uint64_t connections = 0;  ///< accepted
  uint64_t refused = 0;      ///< connections beyond `max_connections`
  uint64_t requests = 0;
  std::array<uint64_t, 6> by_class{};  ///< answers by the first digit of their status
  uint64_t rate_limited = 0;
  uint64_t timed_out = 0;
  uint64_t malformed = 0;
  uint64_t handshakes_failed = 0;
  uint64_t unauthenticated = 0;
  uint64_t bytes_sent = 0;
  uint64_t events_dropped = 0;
  uint64_t problems_untold = 0;
  size_t open = 0;         ///< connections now
  size_t streams = 0;      ///< of them streams of events
  size_t web_sockets = 0;  ///< of them
};

class Server {
public:
  /// Listens from now on; clients are served by `run`. Adds "POST /api/v1/login" {"token": T} and "GET /logout" to the router.
  /// @param router  outlives it.
  /// @throws Error that says who has the port or what else is in the way, ConfigError that names a certificate file and the remedy, UsageError for options that are
  /// unsafe: beyond loopback without TLS, or without a token or an authority for clients.
  Server(boost::asio::any_io_executor executor, Clock& clock, ServerOptions options, Router& router);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  [[nodiscard]] uint16_t port() const;
  /// "http://127.0.0.1:8766"
  [[nodiscard]] std::string url() const;
  /// Serves until it is cancelled; then it completes when the last connection has ended.
  [[nodiscard]] awaitable<void> run();
  /// One connection that somebody else has accepted, until it is gone.
  [[nodiscard]] awaitable<void> serve(Socket socket, std::string remote);
  /// Reads the certificate files anew; connections that are there keep theirs. Also done by itself, at most each minute, when the files have changed.
  /// @throws ConfigError; the old ones stay then.
  void reload_certificates();
  [[nodiscard]] ServerStatistics statistics() const;

  struct State;

private:
  std::shared_ptr<State> state_;
};

}  // namespace moor::http
