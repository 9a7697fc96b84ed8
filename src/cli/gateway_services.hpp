#pragma once
// What a running gateway offers to others: the HTTP server with API and dashboard, and its publishers. Made for one gateway and gone before it.

#include "gateway/gateway.hpp"

#include <functional>

namespace moor::cli {

struct GatewayServicesOptions {
  bool demo = false;  ///< what is told of the gateway: that it plays the demo
  std::function<void(LogLevel, const std::string&)> log =
      nullptr;  ///< what people should know: where it serves, what is in the way
};

class GatewayServices {
public:
  /// Listens from now on, if the configuration serves and time is real. A port that is in use is told through `log` and tried again by `run`.
  /// @param gateway, clock  outlive it.
  /// @throws ConfigError for certificate, token and password files that cannot be used, UsageError for what is unsafe.
  GatewayServices(Gateway& gateway, boost::asio::any_io_executor executor, Clock& clock, GatewayServicesOptions options);
  GatewayServices(const GatewayServices&) = delete;
  GatewayServices& operator=(const GatewayServices&) = delete;
  ~GatewayServices();

  /// Serves and publishes until it is cancelled; nothing that goes wrong there ends it. Cancellation: total, after connections and publishers have ended.
  [[nodiscard]] awaitable<void> run();
  /// "http://127.0.0.1:8766"; empty while nothing is served.
  [[nodiscard]] std::string url() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moor::cli
