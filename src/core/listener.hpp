#pragma once
// A port that clients come to. It accepts; what is done with a client is somebody else's. All on one executor.

#include "moor/clock.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>

namespace moor {

class Listener {
public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  /// Serves one client until it is gone. @param peer  its address and port
  using Serve = std::function<awaitable<void>(Socket socket, boost::asio::ip::tcp::endpoint peer)>;

  /// Listens from now on; a port of 0 is any that is free. @throws Error that says who has the port or what else is in the way.
  Listener(Clock& clock, const boost::asio::any_io_executor& executor, const boost::asio::ip::tcp::endpoint& endpoint);

  /// Where it listens, with the port that the system chose.
  [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }
  /// Accepts until it is cancelled; then nobody can come any more, and it completes when the last client has been served. `serve` throws nothing.
  [[nodiscard]] awaitable<void> run(Serve serve);

private:
  Clock& clock_;
  boost::asio::ip::tcp::acceptor acceptor_;
};

/// "127.0.0.1:80", "[::1]:80"
[[nodiscard]] std::string to_string(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace moor
