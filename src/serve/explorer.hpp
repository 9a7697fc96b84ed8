#pragma once
// The explorer: one connected device a WebSocket, for looking around in its services. The link ends with the socket.
//
//   {"n": 1, "op": "connect", "id" or "address"}      {"n": 1, "op": "read", "handle" or "uuid", "format"}
//   {"n": 1, "op": "write", "handle" or "uuid", "hex" or "text" and "format", "response"}
//   {"n": 1, "op": "subscribe" or "unsubscribe", "handle" or "uuid"}      {"n": 1, "op": "disconnect"}
//
// Each is answered in its turn by {"n", "ok": true, ...} or {"n", "ok": false, "error", "advice"}. Unasked come {"event": "value"}, {"event":
// "progress"} and {"event": "disconnected"}.

#include "http/router.hpp"
#include "serve/device_view.hpp"

namespace moor::serve {

/// Explorers at a time; each may hold a link.
inline constexpr size_t most_explorers = 8;

/// All outlive the router. With `serve.connect` off there is nothing but a refusal (403).
void add_explorer_route(http::Router& router, Gateway& gateway, const DeviceView& devices);

}  // namespace moor::serve
