#pragma once
// A WebSocket (RFC 6455) with one client. All on one executor.

#include "moor/clock.hpp"

#include <optional>
#include <string>

namespace moor::http {

class WebSocket {
public:
  virtual ~WebSocket() = default;
  /// The next message of text; nothing when the client has closed the connection, is gone, or sent what is not text or over the server's `max_body`. One at a time.
  /// Cancellation: total; the socket is then closed.
  [[nodiscard]] virtual awaitable<std::optional<std::string>> receive() = 0;
  /// Sends a message of text, in the order of the calls, several of which may wait. A client that is gone is not told of here. Cancellation: none once it has begun.
  [[nodiscard]] virtual awaitable<void> send(std::string text) = 0;
  [[nodiscard]] virtual bool closed() const noexcept = 0;
};

}  // namespace moor::http
