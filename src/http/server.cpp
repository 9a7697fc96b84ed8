#include "http/server.hpp"

#include "core/require.hpp"
#include "http/state.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/json/parse.hpp>

namespace moor::http {

namespace asio = boost::asio;

namespace {

constexpr Duration between_tls_checks = std::chrono::minutes(1);

asio::ip::address parse_address(const std::string& text) {
  boost::system::error_code error;
  auto address = asio::ip::make_address(text, error);
  if (error)
    throw UsageError("serve.address is no address: \"" + text + "\"",
                     {.advice = "Write 127.0.0.1, 0.0.0.0 or an address of this machine."});
  return address;
}

ServerOptions checked(ServerOptions options) {
  require(options.max_connections > 0 && options.requests_per_s > 0, "a server has connections, and answers requests");
  require(options.max_header >= 1024, "the fields of a request need 1 KiB");
  require(options.cert_file.empty() == options.key_file.empty(), "TLS needs cert_file and key_file");
  require(options.client_ca_file.empty() || !options.cert_file.empty(), "client_ca_file needs cert_file and key_file");
  if (parse_address(options.address).is_loopback()) return options;
  if (options.cert_file.empty() || (options.token.empty() && options.client_ca_file.empty()))
    throw UsageError(
        "serving at " + options.address + " is open to the network",
        {.advice = "Set serve.cert_file and serve.key_file, and serve.token or serve.client_ca_file; or serve at 127.0.0.1."});
  return options;
}

GuardOptions guard_options(const ServerOptions& options) {
  return {.token = options.token,
          .client_authority = !options.client_ca_file.empty(),
          .tls = !options.cert_file.empty(),
          .loopback = parse_address(options.address).is_loopback(),
          .hosts = options.hosts};
}

// {"token": T}
std::optional<std::string> token_of(const std::string& body) {
  boost::system::error_code error;
  const auto value = boost::json::parse(body, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* token = object == nullptr ? nullptr : object->if_contains("token");
  if (token == nullptr || !token->is_string()) return std::nullopt;
  return std::string(token->get_string());
}

}  // namespace

Server::State::State(asio::any_io_executor context, Clock& its_clock, ServerOptions its_options, Router& its_router)
    : executor(std::move(context)),
      clock(its_clock),
      options(checked(std::move(its_options))),
      router(its_router),
      guard(guard_options(options)),
      desk(router, guard, options.requests_per_s) {
  if (!options.cert_file.empty()) reload();
  listener.emplace(clock, executor, asio::ip::tcp::endpoint(parse_address(options.address), options.port));
  endpoint = listener->endpoint();
}

void Server::State::add_login(Router& to) {
  to.post("/api/v1/login", [this](const Request& request) -> awaitable<Response> { co_return log_in(request); }, Access::open);
  to.get(
      "/logout",
      [this](const Request&) -> awaitable<Response> {
        Response response = text_response("", 303);
        response.headers.add("Location", "/");
        response.headers.add("Set-Cookie", guard.expired_cookie());
        co_return response;
      },
      Access::open);
}

Response Server::State::log_in(const Request& request) {
  const std::string key = limit_key(request.remote);
  if (auto refused = desk.check_attempts(key, clock.now())) return std::move(*refused);
  if (options.token.empty()) return json_response("{\"ok\": true}");
  const auto token = token_of(request.body);
  if (!token) throw Refusal(400, "the body is not {\"token\": \"...\"}", "Send it as JSON.");
  if (!guard.is_token(*token)) {
    desk.on_wrong_token(key, clock.now());
    throw Refusal(401, "the token is wrong", "It is that of serve.token or serve.token_file.");
  }
  Response response = json_response("{\"ok\": true}");
  response.headers.add("Set-Cookie", guard.cookie());
  return response;
}

void Server::State::reload() {
  const auto written = newest(files());
  tls_ = make_server_context(files());
  tls_written_ = written;
}

TlsContext Server::State::current_tls() {
  if (!tls_ || clock.now() < next_tls_check_) return tls_;
  next_tls_check_ = clock.now() + between_tls_checks;
  const auto written = newest(files());
  if (!written || written == tls_written_) return tls_;
  try {
    reload();
  } catch (const ConfigError& error) {
    tls_written_ = written;
    report({.what = std::string(error.what()) + "; the one before stays in use"});
  }
  return tls_;
}

void Server::State::report(AccessProblem problem) {
  if (!options.on_problem) return;
  if (reports_.take("", clock.now()))
    ++statistics.problems_untold;
  else
    options.on_problem(problem);
}

Server::Server(asio::any_io_executor executor, Clock& clock, ServerOptions options, Router& router)
    : state_(std::make_shared<State>(std::move(executor), clock, std::move(options), router)) {
  state_->add_login(router);
}

Server::~Server() = default;

uint16_t Server::port() const {
  return state_->endpoint.port();
}

std::string Server::url() const {
  return (state_->options.cert_file.empty() ? "http://" : "https://") + to_string(state_->endpoint);
}

awaitable<void> Server::run() {
  const std::shared_ptr<State> state = state_;
  const Listener::Serve serve_one = [state](Socket socket, const asio::ip::tcp::endpoint& peer) {
    return serve_connection(*state, std::move(socket), peer.address().to_string());
  };
  co_await state->listener->run(serve_one);
}

awaitable<void> Server::serve(Socket socket, std::string remote) {
  const std::shared_ptr<State> state = state_;
  co_await serve_connection(*state, std::move(socket), std::move(remote));
}

void Server::reload_certificates() {
  if (!state_->options.cert_file.empty()) state_->reload();
}

ServerStatistics Server::statistics() const {
  return state_->statistics;
}

}  // namespace moor::http
