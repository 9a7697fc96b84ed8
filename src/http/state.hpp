#pragma once
// What all connections of a server share.

#include "core/listener.hpp"
#include "http/admission.hpp"
#include "http/server.hpp"
#include "http/tls.hpp"

namespace moor::http {

struct Server::State {
  State(boost::asio::any_io_executor executor, Clock& clock, ServerOptions options, Router& router);

  void add_login(Router& router);
  [[nodiscard]] Response log_in(const Request& request);
  /// The TLS of new connections: read anew where the files have changed. Null without TLS.
  [[nodiscard]] TlsContext current_tls();
  void reload();
  void report(AccessProblem problem);
  void count(unsigned status) { ++statistics.by_class[std::min<size_t>(status / 100, statistics.by_class.size() - 1)]; }

  boost::asio::any_io_executor executor;
  Clock& clock;
  ServerOptions options;
  Router& router;
  Guard guard;
  AdmissionDesk desk;
  ServerStatistics statistics;
  uint64_t last_request = 0;
  std::optional<Listener> listener;
  boost::asio::ip::tcp::endpoint endpoint;  // where it listens

private:
  [[nodiscard]] CertificateFiles files() const { return {options.cert_file, options.key_file, options.client_ca_file}; }

  TlsContext tls_;
  std::optional<std::filesystem::file_time_type> tls_written_;
  TimePoint next_tls_check_;
  RateLimit reports_{10, 10, 1};
};

/// Serves one connection until it is gone (connection.cpp). It throws nothing.
[[nodiscard]] awaitable<void> serve_connection(Server::State& server, Socket socket, std::string remote);

}  // namespace moor::http
