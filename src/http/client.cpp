#include "http/client.hpp"

#include "core/within.hpp"
#include "http/look_up.hpp"
#include "http/stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace moor::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

struct Client::State {
  State(asio::any_io_executor its_executor, Clock& its_clock, ClientOptions its_options)
      : executor(std::move(its_executor)), clock(its_clock), options(std::move(its_options)) {}

  awaitable<ClientResponse> ask(const Url& url, const std::string& request, bool head_only);
  awaitable<Socket> connect(const Url& url);
  awaitable<void> shake_hands(Stream& stream, const Url& url);
  [[nodiscard]] TlsContext tls();

  asio::any_io_executor executor;
  Clock& clock;
  ClientOptions options;
  TlsContext context;
  LookupDesk lookups;
};

namespace {

constexpr size_t max_header = size_t{16} * 1024;

auto redirect(boost::system::error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

HttpError not_reachable(const Url& url, const boost::system::error_code& error) {
  return HttpError(HttpFailure::not_reachable, "cannot reach " + url.to_string() + ": " + error.message(), error.message(),
                   "See that the server runs and that nothing between is in the way.");
}

void check_field(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) throw UsageError("a field of an HTTP request has a control character");
}

std::string host_field(const Url& url) {
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  return url.port == (url.tls ? 443 : 80) ? host : host + ":" + std::to_string(url.port);
}

std::string request_text(std::string_view method, const Url& url, const Headers& headers, const std::string& body) {
  std::string text = std::string(method) + " " + url.target + " HTTP/1.1\r\nHost: " + host_field(url) +
                     "\r\nUser-Agent: moor\r\nConnection: close\r\n";
  for (const auto& [name, value] : headers) {
    check_field(name);
    check_field(value);
    text += name + ": " + value + "\r\n";
  }
  if (method != "GET") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

// Whether the peer has sent what TLS is not, or its certificate is not right.
HttpError handshake_error(const Url& url, Stream& stream, const boost::system::error_code& error) {
  const long verdict = SSL_get_verify_result(stream.tls()->native_handle());
  if (verdict != X509_V_OK) {
    const std::string cause = X509_verify_cert_error_string(verdict);
    return HttpError(HttpFailure::certificate, "the certificate of " + url.to_string() + " is not right: " + cause, cause,
                     "Use the name in the certificate, have it renewed, or name its authority (ca_file).");
  }
  return HttpError(HttpFailure::tls, "no TLS with " + url.to_string() + ": " + error.message(), error.message(),
                   "The server has to speak TLS 1.2 or newer at that port; is it http:// instead?");
}

ClientResponse to_response(const beast::http::response<beast::http::string_body>& message, WallTime now) {
  ClientResponse response;
  response.status = message.result_int();
  for (const auto& field : message) response.headers.add(std::string(field.name_string()), std::string(field.value()));
  response.body = message.body();
  response.retry_after = parse_retry_after(response.headers.get("Retry-After"), now);
  return response;
}

}  // namespace

TlsContext Client::State::tls() {
  if (!context) context = make_client_context(options.ca_file);
  return context;
}

awaitable<Socket> Client::State::connect(const Url& url) {
  const std::vector<std::string> addresses = co_await lookups.find(executor, clock, options.lookup, url.host);
  boost::system::error_code error = asio::error::host_not_found;
  for (const std::string& each : addresses) {
    const auto address = asio::ip::make_address(each, error);
    if (error) continue;
    tcp::socket socket(executor);
    const tcp::endpoint endpoint(address, url.port);
    co_await socket.async_connect(endpoint, redirect(error));
    if (!error) {
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      co_return Socket(std::move(socket));
    }
  }
  throw not_reachable(url, error);
}

awaitable<void> Client::State::shake_hands(Stream& stream, const Url& url) {
  SSL* const ssl = stream.tls()->native_handle();
  boost::system::error_code error;
  const auto address = asio::ip::make_address(url.host, error);
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (error) {
    SSL_set_tlsext_host_name(ssl, url.host.c_str());
    X509_VERIFY_PARAM_set1_host(wanted, url.host.c_str(), 0);
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(wanted, address.to_string().c_str());
  }
  co_await stream.tls()->async_handshake(asio::ssl::stream_base::client, redirect(error));
  if (error) throw handshake_error(url, stream, error);
}

awaitable<ClientResponse> Client::State::ask(const Url& url, const std::string& request, bool head_only) {
  Socket socket = co_await connect(url);
  Stream stream(std::move(socket), url.tls ? tls() : nullptr);
  if (url.tls) co_await shake_hands(stream, url);
  boost::system::error_code error;
  (void)co_await asio::async_write(stream, asio::buffer(request), redirect(error));
  // A server may have answered and closed before it had read all.
  beast::flat_buffer buffer(max_header + size_t{64} * 1024);
  std::optional<beast::http::response_parser<beast::http::string_body>> parser;
  do {  // past what only says to go on
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(max_header));
    parser->body_limit(options.max_body);
    parser->skip(head_only);
    boost::system::error_code read_error;
    co_await beast::http::async_read(stream, buffer, *parser, redirect(read_error));
    if (read_error == beast::http::error::body_limit || read_error == beast::http::error::header_limit ||
        read_error == beast::http::error::buffer_overflow)
      throw HttpError(HttpFailure::too_large, "the answer of " + url.to_string() + " is too large", read_error.message(),
                      "Is that the right URL?");
    if (read_error.category() == beast::http::make_error_code(beast::http::error::bad_version).category() &&
        read_error != beast::http::error::end_of_stream)
      throw HttpError(HttpFailure::bad_answer, url.to_string() + " does not answer in HTTP: " + read_error.message(),
                      read_error.message(), "Is that the right URL?");
    if (read_error) throw not_reachable(url, read_error);
  } while (parser->get().result_int() < 200);
  co_return to_response(parser->get(), clock.to_wall(clock.now()));
}

Client::Client(asio::any_io_executor executor, Clock& clock, ClientOptions options)
    : state_(std::make_shared<State>(std::move(executor), clock, std::move(options))) {}

Client::~Client() = default;

namespace {

awaitable<ClientResponse> run(std::shared_ptr<Client::State> state, std::string method, Url url, Headers headers,
                              std::string body, TimePoint deadline) {
  const std::string text = request_text(method, url, headers, body);
  std::optional<ClientResponse> response = co_await within(state->clock, deadline, state->ask(url, text, method == "HEAD"));
  if (!response)
    throw HttpError(HttpFailure::timed_out, url.to_string() + " did not answer in time", "no answer",
                    "See whether it is overloaded, or allow more time.");
  co_return std::move(*response);
}

}  // namespace

awaitable<ClientResponse> Client::post(Url url, Headers headers, std::string body, TimePoint deadline) {
  return run(state_, "POST", std::move(url), std::move(headers), std::move(body), deadline);
}

awaitable<ClientResponse> Client::get(Url url, Headers headers, TimePoint deadline) {
  return run(state_, "GET", std::move(url), std::move(headers), {}, deadline);
}

}  // namespace moor::http
