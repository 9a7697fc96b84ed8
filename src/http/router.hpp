#pragma once
// Which handler a request is for. A pattern is a path whose parts may be parameters: "/api/v1/devices/{id}". A part matches one part of the request's
// path after decoding, so an encoded slash stays in its part.

#include "http/event_stream.hpp"
#include "http/message.hpp"
#include "http/web_socket.hpp"

#include <functional>
#include <memory>
#include <variant>

namespace moor::http {

/// Called on the server's executor; must not block. What it throws is answered: Refusal as it says, UsageError with 400, all else with 500. It is cancelled
/// after the server's `handler_timeout` (answered with 503). The request lives until it completes.
using Handler = std::function<awaitable<Response>(const Request&)>;
/// The stream of events ends when it completes; it is cancelled when the client is gone.
using StreamHandler = std::function<awaitable<void>(const Request&, std::shared_ptr<EventStream>)>;
/// The socket is closed when it completes; it is cancelled when the client is gone. A Refusal that it throws closes the socket with code 1008 and its text.
using SocketHandler = std::function<awaitable<void>(const Request&, WebSocket&)>;

/// Who may use a route.
enum class Access : uint8_t {
  token,  ///< who is authenticated
  open,   ///< everybody
};

/// A path and a query as they came, taken apart.
struct Target {
  std::vector<std::string> parts;  ///< of the path, decoded; none for "/"
  std::string path;                ///< "/" and the parts
  Parameters query;
};
/// @param text  the request's target in origin form (RFC 9112, 3.2.1).
/// @returns the target, or the status and reason with which it is refused: 414 over 4096 characters, 400 for "." and ".." (however encoded), empty parts, control
/// characters (NUL too), broken percent signs, text that is not UTF-8, and anything that does not begin with "/".
[[nodiscard]] std::variant<Target, Refusal> parse_target(std::string_view text);

/// Routes are added before a server runs with them; one that is there already is replaced.
class Router {
public:
  void get(std::string pattern, Handler handler, Access access = Access::token);  ///< HEAD too
  void post(std::string pattern, Handler handler, Access access = Access::token);
  void put(std::string pattern, Handler handler, Access access = Access::token);
  void del(std::string pattern, Handler handler, Access access = Access::token);
  void events(std::string pattern, StreamHandler handler, Access access = Access::token);
  void websocket(std::string pattern, SocketHandler handler, Access access = Access::token);
  /// Files for everybody. A path that no route and no file has is answered with `fallback` (the page that finds its way itself), unless it is under one
  /// of `not_below` or has a dot in its last part. The assets must outlive the router.
  void assets(std::span<const Asset> assets, std::string fallback = "/index.html", std::vector<std::string> not_below = {"/api"});

  struct Route {
    std::string method;  ///< "GET" for streams and sockets too
    std::string pattern;
    std::vector<std::string> parts;
    Access access = Access::token;
    std::variant<Handler, StreamHandler, SocketHandler> handler;
  };
  struct Found {
    const Route* route = nullptr;
    Parameters parameters;
  };
  struct FoundAsset {
    const Asset* asset = nullptr;
  };
  struct NotFound {};
  struct WrongMethod {
    std::string allow;  ///< "GET, HEAD, OPTIONS"
  };
  using Match = std::variant<NotFound, WrongMethod, FoundAsset, Found>;

  /// A pattern without parameters goes before one with. OPTIONS is always a WrongMethod that says what is allowed, where there is something.
  [[nodiscard]] Match find(std::string_view method, const Target& target) const;
  /// In the order in which they were added.
  [[nodiscard]] const std::vector<Route>& routes() const noexcept { return routes_; }

private:
  void add(std::string method, std::string pattern, Access access, std::variant<Handler, StreamHandler, SocketHandler> handler);
  [[nodiscard]] const Asset* find_asset(std::string_view path) const noexcept;
  [[nodiscard]] bool falls_back(const Target& target) const noexcept;

  std::vector<Route> routes_;
  std::span<const Asset> assets_;
  std::string fallback_;
  std::vector<std::string> not_below_;
};

}  // namespace moor::http
