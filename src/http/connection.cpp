#include "http/connection.hpp"

#include "core/within.hpp"
#include "http/socket_session.hpp"

#include <openssl/ssl.h>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace moor::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

using Parser = beast::http::request_parser<beast::http::string_body>;

constexpr size_t piece = size_t{64} * 1024;
constexpr size_t small = size_t{16} * 1024;  // bodies that go with their head
constexpr Duration close_limit = std::chrono::seconds(2);

auto redirect(boost::system::error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

bool has_client_certificate(Stream& stream) {
  return stream.tls() != nullptr && SSL_get0_peer_certificate(stream.tls()->native_handle()) != nullptr &&
         SSL_get_verify_result(stream.tls()->native_handle()) == X509_V_OK;
}

// What is answered where a request cannot be read; nothing where nobody is there to read it.
std::optional<Response> answer_to(const boost::system::error_code& error, const Deadline& deadline) {
  namespace fault = beast::http;
  if (deadline.passed()) return error_response(408, "the request took too long", "Send it in one piece.");
  if (error == fault::error::header_limit || error == fault::error::buffer_overflow)
    return error_response(431, "the fields of the request are too large", "Send fewer or smaller ones.");
  if (error == fault::error::body_limit) return error_response(413, "the body of the request is too large", "Send it in parts.");
  if (error == fault::error::bad_version)
    return error_response(505, "only HTTP/1.0 and HTTP/1.1 are spoken here", "Use HTTP/1.1.");
  if (error == fault::error::end_of_stream) return std::nullopt;
  if (error.category() == fault::make_error_code(fault::error::bad_method).category())
    return error_response(400, "that is no HTTP request: " + error.message(), "See RFC 9112.");
  return std::nullopt;
}

Headers headers_of(const Parser::value_type& message) {
  Headers headers;
  for (const auto& field : message) headers.add(std::string(field.name_string()), std::string(field.value()));
  return headers;
}

class Connection {
public:
  Connection(Server::State& server, Socket socket, std::string remote, TlsContext context)
      : line_(server, std::move(socket), std::move(remote), std::move(context)), server_(server) {}

  awaitable<void> run() {
    const bool secure = co_await shake_hands();
    if (!secure) co_return;
    bool again = true;
    while (again) {
      const bool there = co_await wait_for_request();
      if (!there) break;
      again = co_await serve_one();
      first_ = false;
    }
    co_await end();
  }

private:
  awaitable<bool> shake_hands();
  awaitable<bool> wait_for_request();
  awaitable<bool> serve_one();
  awaitable<bool> serve_admitted(Parser& parser, Admitted admitted);
  awaitable<bool> read_body(Parser& parser, Request& request);
  awaitable<bool> refuse(Response response, const Parser* parser);
  awaitable<bool> reply(Response response, ReplyFacts facts);
  awaitable<Response> handle(const Handler& handler, const Request& request);
  awaitable<void> linger();
  awaitable<void> end();

  Line line_;
  Server::State& server_;
  beast::flat_buffer buffer_{server_.options.max_header + 8192};  // what a client sends ahead stays in the kernel
  uint64_t request_ = 0;
  bool first_ = true;
};

awaitable<bool> Connection::shake_hands() {
  if (line_.stream.tls() == nullptr) co_return true;
  boost::system::error_code error;
  line_.deadline.set(server_.options.header_timeout);
  co_await line_.stream.tls()->async_handshake(asio::ssl::stream_base::server, redirect(error));
  line_.deadline.clear();
  if (!error) co_return true;
  ++server_.statistics.handshakes_failed;
  line_.report(0, 0, "TLS: " + (line_.deadline.passed() ? std::string("took too long") : error.message()));
  co_return false;
}

// Between requests a connection rests; a new one has to say something soon.
awaitable<bool> Connection::wait_for_request() {
  if (buffer_.size() > 0) co_return true;
  boost::system::error_code error;
  line_.deadline.set(first_ ? server_.options.header_timeout : server_.options.idle_timeout);
  const size_t count = co_await line_.stream.async_read_some(buffer_.prepare(4096), redirect(error));
  buffer_.commit(count);
  line_.deadline.clear();
  if (first_ && line_.deadline.passed()) ++server_.statistics.timed_out;
  co_return !error;
}

awaitable<bool> Connection::serve_one() {
  request_ = ++server_.last_request;
  ++server_.statistics.requests;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(server_.options.max_header));
  parser.body_limit(server_.options.max_body);
  boost::system::error_code error;
  line_.deadline.set(server_.options.header_timeout);
  co_await beast::http::async_read_header(line_.stream, buffer_, parser, redirect(error));
  line_.deadline.clear();
  if (error) {
    auto response = answer_to(error, line_.deadline);
    line_.deadline.passed() ? ++server_.statistics.timed_out : ++server_.statistics.malformed;
    if (!response) co_return false;
    const bool again = co_await refuse(std::move(*response), nullptr);
    co_return again;
  }
  const auto& message = parser.get();
  RequestHead head{.method = std::string(message.method_string()),
                   .target = std::string(message.target()),
                   .version = static_cast<int>(message.version()),
                   .headers = headers_of(message),
                   .remote = line_.remote,
                   .tls = line_.stream.tls() != nullptr,
                   .certificate = has_client_certificate(line_.stream)};
  Admission admission = server_.desk.admit(std::move(head), server_.clock.now());
  bool again = false;
  if (auto* response = std::get_if<Response>(&admission.outcome)) {
    if (admission.verdict == Verdict::rate_limited) ++server_.statistics.rate_limited;
    if (admission.verdict == Verdict::malformed) ++server_.statistics.malformed;
    if (admission.verdict == Verdict::unauthenticated) ++server_.statistics.unauthenticated;
    again = co_await refuse(std::move(*response), &parser);
  } else {
    again = co_await serve_admitted(parser, std::move(std::get<Admitted>(admission.outcome)));
  }
  co_return again;
}

// The body of what is refused is not read: then the connection ends with the answer.
awaitable<bool> Connection::refuse(Response response, const Parser* parser) {
  const bool whole = parser != nullptr && (!parser->chunked() && parser->content_length().value_or(0) == 0);
  const bool keep = whole && parser->get().keep_alive() && response.status != 400;
  const std::string what =
      parser == nullptr ? "" : std::string(parser->get().method_string()) + " " + std::string(parser->get().target());
  if (response.status >= 400) line_.report(request_, response.status, what.empty() ? response.body : what);
  ReplyFacts facts{.request = request_, .keep_alive = keep, .tls = line_.stream.tls() != nullptr};
  facts.head_only = parser != nullptr && parser->get().method() == beast::http::verb::head;
  const bool written = co_await reply(std::move(response), facts);
  if (written && !keep) co_await linger();
  co_return written&& keep;
}

awaitable<bool> Connection::read_body(Parser& parser, Request& request) {
  if (parser.is_done()) co_return true;
  const bool expects = same_word(request.headers.get("Expect"), "100-continue");
  if (expects && parser.content_length().value_or(0) <= server_.options.max_body) {
    const bool told = co_await line_.write(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
    if (!told) co_return false;
  }
  boost::system::error_code error;
  line_.deadline.set(server_.options.body_timeout);
  co_await beast::http::async_read(line_.stream, buffer_, parser, redirect(error));
  line_.deadline.clear();
  if (!error) {
    request.body = std::move(parser.get().body());
    co_return true;
  }
  auto response = answer_to(error, line_.deadline);
  line_.deadline.passed() ? ++server_.statistics.timed_out : ++server_.statistics.malformed;
  if (response) (void)co_await refuse(std::move(*response), nullptr);
  co_return false;
}

awaitable<bool> Connection::serve_admitted(Parser& parser, Admitted admitted) {
  Request& request = admitted.request;
  request.id = request_;
  const bool whole = co_await read_body(parser, request);
  if (!whole) co_return false;
  const auto* const* asset = std::get_if<const Asset*>(&admitted.what);
  const Router::Route* route = asset == nullptr ? std::get<const Router::Route*>(admitted.what) : nullptr;
  const auto* stream_handler = route == nullptr ? nullptr : std::get_if<StreamHandler>(&route->handler);
  const auto* socket_handler = route == nullptr ? nullptr : std::get_if<SocketHandler>(&route->handler);
  if (stream_handler != nullptr && parser.get().version() >= 11) {
    server_.count(200);
    co_await serve_events(line_, std::move(request), *stream_handler);
    co_return false;
  }
  if (socket_handler != nullptr && beast::websocket::is_upgrade(parser.get())) {
    server_.count(101);
    co_await serve_socket(line_, std::move(request), parser.get(), *socket_handler);
    co_return false;
  }
  Response response;
  if (asset != nullptr) {
    response.asset = *asset;
  } else if (route == nullptr || stream_handler != nullptr || socket_handler != nullptr) {
    response = error_response(426, "this is no plain request", "Events need HTTP/1.1; the other needs a WebSocket.");
    response.headers.add("Upgrade", "websocket");
  } else {
    response = co_await handle(std::get<Handler>(route->handler), request);
  }
  ReplyFacts facts{.request = request_, .keep_alive = parser.get().keep_alive(), .tls = request.tls};
  facts.head_only = request.method == "HEAD";
  facts.gzip = accepts_gzip(request.headers.get("Accept-Encoding"));
  facts.if_none_match = request.headers.get("If-None-Match");
  const bool written = co_await reply(std::move(response), facts);
  co_return written&& facts.keep_alive;
}

awaitable<Response> Connection::handle(const Handler& handler, const Request& request) {
  Response response;
  std::string problem;
  try {
    std::optional<Response> result =
        co_await within(server_.clock, server_.clock.now() + server_.options.handler_timeout, handler(request));
    if (result)
      response = std::move(*result);
    else
      response = error_response(503, "it took too long", "Ask again later, or for less.");
  } catch (const Refusal& refusal) {
    response = error_response(refusal.status(), refusal.what(), refusal.advice());
  } catch (const UsageError& error) {
    response = error_response(400, error.what(), error.advice());
  } catch (const Error& error) {
    response = error_response(500, error.what(), error.advice());
    problem = error.what();
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;  // the server ends
    problem = error.what();
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (!problem.empty() && response.status == 200) response = error_response(500, "the gateway failed", "Its log says at what.");
  if (response.status >= 400) {
    const std::string what = problem.empty() ? response.body : problem;
    line_.report(request.id, response.status, request.method + " " + request.path + ": " + what);
  }
  co_return response;
}

awaitable<bool> Connection::reply(Response response, ReplyFacts facts) {
  server_.count(response.status);
  Reply made = make_reply(std::move(response), facts);
  if (made.asset.empty() && made.text.size() < small) {
    made.head += made.text;
    made.text.clear();
  }
  const bool begun = co_await line_.write(made.head);
  if (!begun) co_return false;
  bool done = true;
  if (!made.asset.empty())
    done = co_await line_.write(made.asset);
  else if (!made.text.empty())
    done = co_await line_.write(made.text);
  co_return done;
}

// Closing while the client still sends would take the answer from it (RFC 9112, 9.6).
awaitable<void> Connection::linger() {
  boost::system::error_code error;
  if (line_.stream.tls() == nullptr) line_.stream.socket().shutdown(Socket::shutdown_send, error);
  std::array<char, 4096> ignored{};
  line_.deadline.set(close_limit);
  for (size_t i = 0; i < 64 && !error; ++i) (void)co_await line_.stream.async_read_some(asio::buffer(ignored), redirect(error));
  line_.deadline.clear();
}

awaitable<void> Connection::end() {
  if (line_.stream.tls() == nullptr) co_return;
  boost::system::error_code ignored;
  line_.deadline.set(close_limit);
  co_await line_.stream.tls()->async_shutdown(redirect(ignored));
  line_.deadline.clear();
}

// One too many: it is told so, if that takes no waiting.
void turn_away(Socket& socket, bool tls) {
  if (tls) return;
  Response response =
      error_response(503, "too many connections", "Try again soon; serve.max_connections says how many there may be.");
  response.headers.add("Retry-After", "5");
  ReplyFacts facts{.keep_alive = false};
  const Reply reply = make_reply(std::move(response), facts);
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  (void)socket.write_some(asio::buffer(reply.head + reply.text), ignored);
  socket.shutdown(Socket::shutdown_both, ignored);
}

}  // namespace

Deadline::Deadline(Clock& clock, Stream& stream)
    : clock_(clock), stream_(stream), alarm_(clock, stream.get_executor(), [this] { on_ring(); }) {}

void Deadline::set(Duration from_now) {
  passed_ = false;
  at_ = clock_.now() + from_now;
  alarm_.set(at_);
}

void Deadline::on_ring() {
  if (at_ == TimePoint::max()) return;
  if (clock_.now() < at_) {
    alarm_.set(at_);
    return;
  }
  passed_ = true;
  at_ = TimePoint::max();
  stream_.cancel();
}

awaitable<bool> Line::write(std::span<const uint8_t> bytes) {
  boost::system::error_code error;
  while (!bytes.empty() && !error) {
    const auto now = bytes.first(std::min(bytes.size(), piece));
    deadline.set(server.options.write_timeout);
    const size_t count = co_await asio::async_write(stream, asio::buffer(now.data(), now.size()), redirect(error));
    deadline.clear();
    server.statistics.bytes_sent += count;
    bytes = bytes.subspan(now.size());
  }
  co_return !error;
}

awaitable<void> serve_connection(Server::State& server, Socket socket, std::string remote) {
  if (server.statistics.open >= server.options.max_connections) {
    ++server.statistics.refused;
    server.report({.remote = remote, .status = 503, .what = "too many connections"});
    turn_away(socket, !server.options.cert_file.empty());
    co_return;
  }
  ++server.statistics.connections;
  ++server.statistics.open;
  struct Leave {
    Server::State& server;
    ~Leave() { --server.statistics.open; }
  } leave{server};
  Connection connection(server, std::move(socket), std::move(remote), server.current_tls());
  try {
    co_await connection.run();
  } catch (const boost::system::system_error&) {
    // Cancelled: the server ends.
  }
}

}  // namespace moor::http
