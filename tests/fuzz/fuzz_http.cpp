// Bytes of a client into the HTTP server, whole and through its parts: however a request is taken apart, what comes out keeps the promises of router and guard.

#include "http/admission.hpp"
#include "http/server.hpp"

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace moor;
using namespace moor::http;
namespace asio = boost::asio;

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void check_target(std::string_view text) {
  const auto parsed = parse_target(text);
  const auto* target = std::get_if<Target>(&parsed);
  if (target == nullptr) return;
  std::string joined;
  for (const std::string& part : target->parts) {
    check(part != "." && part != ".." && !part.empty(), "no part goes elsewhere");
    for (const char c : part) check(static_cast<unsigned char>(c) >= 0x20 && c != '\\' && c != 0x7f, "parts are text");
    joined += "/" + part;
  }
  check(target->path == (joined.empty() ? "/" : joined), "the path is its parts");
}

struct Things {
  Things() {
    const Handler secret = [](const Request& request) -> awaitable<Response> {
      check(request.authenticated, "a handler that needs a token is called with one");
      co_return text_response(request.body);
    };
    router.get("/api/v1/devices/{id}", secret);
    router.post("/api/v1/things", secret);
    router.events("/api/v1/live", [](const Request&, std::shared_ptr<EventStream>) -> awaitable<void> { co_return; });
    router.websocket("/api/v1/ws", [](const Request&, WebSocket& socket) -> awaitable<void> {
      while (const auto text = co_await socket.receive()) co_await socket.send(*text);
    });
    router.get(
        "/open", [](const Request& request) -> awaitable<Response> { co_return text_response(request.path); }, Access::open);
    options.port = 0;
    options.token = "t";
    options.requests_per_s = 100'000;
  }
  Router router;
  ServerOptions options;
};

// Answers are whole and only answers: what a client sends never becomes a field of one.
void check_answers(std::string_view answers) {
  check(answers.empty() || answers.starts_with("HTTP/1.1 "), "what comes back is HTTP");
  check(answers.find("\r\nInjected:") == std::string_view::npos, "no field comes from the client");
}

void serve(std::span<const uint8_t> bytes) {
  Things things;
  asio::io_context context;
  VirtualClock clock(TimePoint{} + std::chrono::hours(1));
  Server server(context.get_executor(), clock, things.options, things.router);
  asio::local::stream_protocol::socket near(context);
  asio::local::stream_protocol::socket far(context);
  asio::local::connect_pair(near, far);
  bool ended = false;
  asio::co_spawn(context, server.serve(http::Socket(std::move(far)), "127.0.0.1"),
                 [&](const std::exception_ptr&) { ended = true; });
  near.non_blocking(true);
  boost::system::error_code error;
  (void)near.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  near.shutdown(asio::socket_base::shutdown_send, error);
  clock.run(context);
  check(ended, "every connection ends");
  check(server.statistics().open == 0, "and nothing of it is left");
  std::string answers(size_t{64} * 1024, '\0');
  error.clear();
  answers.resize(near.read_some(asio::buffer(answers), error));
  check_answers(answers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes(data, std::min<size_t>(size, 100'000));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  check_target(text.substr(0, text.find(' ')));
  serve(bytes);
  return 0;
}
