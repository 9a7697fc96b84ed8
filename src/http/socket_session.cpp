#include "http/socket_session.hpp"

#include "core/turns.hpp"
#include "core/within.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace moor::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

// How Beast ends a stream of ours.
template <typename Handler>
void async_teardown(beast::role_type, Stream& stream, Handler&& handler) {
  stream.close();
  asio::post(stream.get_executor(), beast::bind_handler(std::forward<Handler>(handler), boost::system::error_code{}));
}
void beast_close_socket(Stream& stream) {
  stream.close();
}

namespace {

using Messages = beast::websocket::stream<Stream&, false>;  // without permessage-deflate: its memory is the client's to choose

constexpr Duration close_limit = std::chrono::seconds(2);

auto redirect(boost::system::error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

class Session final : public WebSocket {
public:
  Session(Line& line, Messages& messages) : line_(line), messages_(messages), over_(line.server.executor) {}

  [[nodiscard]] bool closed() const noexcept override { return over_.is_set(); }

  awaitable<std::optional<std::string>> receive() override {
    if (closed()) co_return std::nullopt;
    beast::flat_buffer buffer;
    boost::system::error_code error;
    co_await messages_.async_read(buffer, redirect(error));
    heard_ = line_.server.clock.now();
    if (error || !messages_.got_text()) {
      end();
      co_return std::nullopt;
    }
    co_return beast::buffers_to_string(buffer.data());
  }

  awaitable<void> send(std::string text) override {
    const Turns::Turn turn = co_await turns_.take();
    if (closed()) co_return;
    boost::system::error_code error;
    line_.deadline.set(line_.server.options.write_timeout);
    messages_.text(true);
    const size_t count = co_await messages_.async_write(asio::buffer(text), redirect(error));
    line_.deadline.clear();
    line_.server.statistics.bytes_sent += count;
    if (error) end();
  }

  // Until the client is gone: it answers pings, or has been read from.
  awaitable<void> until_gone() {
    messages_.control_callback([this](auto, auto) { heard_ = line_.server.clock.now(); });
    heard_ = line_.server.clock.now();
    while (!closed()) {
      const bool over =
          co_await within(line_.server.clock, line_.server.clock.now() + line_.server.options.heartbeat, over_.wait());
      if (over || line_.server.clock.now() - heard_ > 3 * line_.server.options.heartbeat) break;
      const Turns::Turn turn = co_await turns_.take();
      boost::system::error_code error;
      line_.deadline.set(line_.server.options.write_timeout);
      co_await messages_.async_ping({}, redirect(error));
      line_.deadline.clear();
      if (error) break;
    }
    end();
  }

  awaitable<void> close(beast::websocket::close_reason reason) {
    if (closed()) co_return;
    boost::system::error_code ignored;
    line_.deadline.set(close_limit);
    co_await messages_.async_close(reason, redirect(ignored));
    line_.deadline.clear();
    end();
  }

private:
  void end() {
    if (!over_.is_set()) over_.set();
  }

  Line& line_;
  Messages& messages_;
  Turns turns_;
  Event over_;
  TimePoint heard_;
};

// With the fields that all answers have.
void decorate(beast::websocket::response_type& response, uint64_t request) {
  response.set("X-Request-Id", std::to_string(request));
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Cache-Control", "no-store");
}

}  // namespace

awaitable<void> serve_socket(Line& line, Request request, const beast::http::request<beast::http::string_body>& upgrade,
                             const SocketHandler& handler) {
  Messages messages(line.stream);
  messages.read_message_max(line.server.options.max_body);
  messages.set_option(beast::websocket::stream_base::decorator(
      [id = request.id](beast::websocket::response_type& response) { decorate(response, id); }));
  boost::system::error_code error;
  line.deadline.set(line.server.options.header_timeout);
  co_await messages.async_accept(upgrade, redirect(error));
  line.deadline.clear();
  if (error) co_return;

  struct Count {
    size_t& sockets;
    explicit Count(size_t& its) : sockets(its) { ++sockets; }
    ~Count() { --sockets; }
  } count(line.server.statistics.web_sockets);
  Session session(line, messages);
  beast::websocket::close_reason reason(beast::websocket::close_code::normal);
  try {
    (void)co_await unless(session.until_gone(), handler(request, session));
  } catch (const Refusal& refusal) {
    reason = {beast::websocket::close_code::policy_error, std::string_view(refusal.what()).substr(0, 120)};
    line.report(request.id, 101, request.path + ": " + refusal.what());
  } catch (const Error& failure) {
    reason = {beast::websocket::close_code::internal_error, "the gateway failed"};
    line.report(request.id, 101, request.path + ": " + failure.what());
  }
  co_await session.close(reason);
}

}  // namespace moor::http
