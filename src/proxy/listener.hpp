#pragma once
// A port that clients come to. It accepts; what is done with a client is somebody else's. All on one executor.

#include "moor/clock.hpp"
#include "proxy/config.hpp"
#include "proxy/proxy.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <functional>

namespace moor::proxy {

class Listener {
public:
  /// Serves one client until it is gone.
  using Serve = std::function<awaitable<void>(Socket socket, std::string peer)>;

  /// Listens from now on. @throws Error that says who has the port or what else is in the way.
  Listener(Clock& clock, const boost::asio::any_io_executor& executor, const ListenAddress& address);

  /// Where it listens, with the port that the system chose where the configuration left that open.
  [[nodiscard]] ListenAddress address() const;
  /// Accepts until it is cancelled; then nobody can come any more, and it completes when the last client has been served. `serve` throws nothing.
  [[nodiscard]] awaitable<void> run(Serve serve);

private:
  Clock& clock_;
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace moor::proxy
