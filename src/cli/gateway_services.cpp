#include "cli/gateway_services.hpp"

#include "cli/demo.hpp"
#include "core/activities.hpp"
#include "http/server.hpp"
#include "publish/publisher.hpp"
#include "publish/status_json.hpp"
#include "serve/api.hpp"
#include "serve/dashboard.hpp"
#include "serve/metrics.hpp"

#include <boost/asio/this_coro.hpp>
#include <fstream>

namespace moor::cli {

namespace {

constexpr Duration retry = std::chrono::seconds(10);  // for a port that somebody else has

// The file's first line.
std::string read_token(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string token;
  std::getline(file, token);
  while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
  if (token.empty())
    throw ConfigError("serve.token_file '" + path.string() + "' cannot be read or is empty",
                      {.advice = "write a long random text into it, and let only moor's user read it (mode 0600)"});
  return token;
}

http::ServerOptions server_options(const GatewayConfig::Serve& serve) {
  http::ServerOptions options;
  options.address = serve.address;
  options.port = static_cast<uint16_t>(serve.port);
  options.cert_file = serve.cert_file;
  options.key_file = serve.key_file;
  options.client_ca_file = serve.client_ca_file;
  options.token = serve.token_file.empty() ? serve.token.text : read_token(serve.token_file);
  options.max_connections = serve.max_connections;
  options.requests_per_s = serve.requests_per_s;
  return options;
}

}  // namespace

struct GatewayServices::State {
  State(Gateway& served, boost::asio::any_io_executor on, Clock& with, GatewayServicesOptions wanted)
      : gateway(served),
        executor(std::move(on)),
        clock(with),
        options(std::move(wanted)),
        serves(gateway.config().serve.enabled && !clock.is_virtual()),
        http_options(serves ? server_options(gateway.config().serve) : http::ServerOptions()) {
    http_options.on_problem = [this](const http::AccessProblem& problem) {
      log(LogLevel::debug, problem.remote + ": " + problem.what);
    };
    // Brokers and servers live in real time.
    if (publish::publishes(gateway.config()) && !clock.is_virtual()) {
      publish::PublisherOptions wanted_of_it;
      wanted_of_it.log = options.log;
      wanted_of_it.on_published = [this](Duration delay) {
        if (metrics) metrics->observe_published(delay);
      };
      publisher = publish::make_publisher(gateway, executor, std::move(wanted_of_it));
    }
    if (!serves) return;
    api.emplace(executor, gateway, api_options());
    api->add_to(router);
    metrics.emplace(
        gateway, serve::MetricsOptions{.server = [this]() { return server ? server->statistics() : http::ServerStatistics(); }});
    metrics->add_to(router);
    router.assets(dashboard_assets());
    if (!listen()) log(LogLevel::error, problem);
  }

  void log(LogLevel level, const std::string& text) const {
    if (options.log) options.log(level, text);
  }
  [[nodiscard]] serve::ApiOptions api_options() const {
    serve::ApiOptions wanted;
    wanted.status.demo = options.demo;
    if (publisher) wanted.status.publishing = [this] { return publishing_state(); };
    if (const auto recording = find_demo_recording()) wanted.lab.recording = *recording;
    return wanted;
  }
  [[nodiscard]] serve::PublishingState publishing_state() const {
    const publish::PublisherStatus status = publisher->status();
    serve::PublishingState state;
    state.mqtt = publish::mqtt_json(status);
    state.webhooks = publish::webhooks_json(status);
    state.problems = publish::problems_of(status);
    return state;
  }
  [[nodiscard]] awaitable<void> publish_events() {
    if (publisher) co_await publisher->run();
  }
  // A port that is in use is nothing to give up for: who has it may go.
  [[nodiscard]] bool listen() {
    try {
      server.emplace(executor, clock, http_options, router);
    } catch (const ConfigError&) {
      throw;
    } catch (const UsageError&) {
      throw;
    } catch (const Error& error) {
      problem = "nothing is served: " + std::string(error.what()) + (error.advice().empty() ? "" : "; " + error.advice());
      return false;
    }
    problem.clear();
    log(LogLevel::info, "dashboard at " + server->url());
    return true;
  }
  [[nodiscard]] awaitable<void> serve_clients() {
    if (!serves) co_return;
    while (!server) {
      co_await clock.wait_for(retry);
      (void)listen();
    }
    co_await server->run();
  }
  [[nodiscard]] awaitable<void> keep_live() {
    if (api) co_await api->run();
  }

  Gateway& gateway;
  boost::asio::any_io_executor executor;
  Clock& clock;
  GatewayServicesOptions options;
  bool serves;
  http::ServerOptions http_options;
  http::Router router;
  std::string problem;  // why nothing is served; empty otherwise
  std::unique_ptr<publish::Publisher> publisher;
  std::optional<serve::Api> api;
  std::optional<serve::Metrics> metrics;
  std::optional<http::Server> server;
};

GatewayServices::GatewayServices(Gateway& gateway, boost::asio::any_io_executor executor, Clock& clock,
                                 GatewayServicesOptions options)
    : state_(std::make_unique<State>(gateway, std::move(executor), clock, std::move(options))) {}

GatewayServices::~GatewayServices() = default;

awaitable<void> GatewayServices::run() {
  State& state = *state_;
  Activities activities(state.executor);
  const auto tell = [&state](const char* what) {
    return [&state, what](const std::exception_ptr& error) {
      try {
        if (error) std::rethrow_exception(error);
      } catch (const boost::system::system_error& ended) {
        if (ended.code() != boost::asio::error::operation_aborted)
          state.log(LogLevel::error, std::string(what) + ": " + ended.what());
      } catch (const std::exception& ended) {
        state.log(LogLevel::error, std::string(what) + ": " + ended.what());
      }
    };
  };
  activities.start(state.serve_clients(), tell("the server has ended"));
  activities.start(state.keep_live(), tell("live data have ended"));
  activities.start(state.publish_events(), tell("publishing has ended"));
  Event never(state.executor);
  try {
    co_await never.wait();
  } catch (const boost::system::system_error&) {
    // Cancelled: what was begun ends first.
  }
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  co_await activities.stop();
}

std::string GatewayServices::url() const {
  return state_->server ? state_->server->url() : std::string();
}

}  // namespace moor::cli
