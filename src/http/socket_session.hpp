#pragma once
// A connection that has become a WebSocket.

#include "http/connection.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace moor::http {

/// Answers the client's wish for a WebSocket, and serves it until its handler or the client ends it. The connection is of no more use then.
[[nodiscard]] awaitable<void> serve_socket(Line& line, Request request,
                                           const boost::beast::http::request<boost::beast::http::string_body>& upgrade,
                                           const SocketHandler& handler);

}  // namespace moor::http
