#pragma once
// The gateway of this program, and after each SIGHUP the next one, which goes on with the state and the radios of the one before it.

#include "cli/gateway_radios.hpp"
#include "cli/gateway_services.hpp"
#include "cli/service_notice.hpp"

#include <boost/asio/signal_set.hpp>

namespace moor::cli {

/// What a person or a program is shown of the gateway.
class GatewayOutput {
public:
  virtual ~GatewayOutput() = default;
  /// A gateway is about to run: add listeners. They live until the next call, or as long as this.
  virtual void attach(Gateway& gateway) = 0;
  /// It runs now. @param url  of its dashboard; empty where nothing is served.
  virtual void started(const std::string& url) = 0;
  virtual void say(LogLevel level, const std::string& text) = 0;
  /// Shows something until it is cancelled.
  [[nodiscard]] virtual awaitable<void> run();
  /// The gateway that was attached has ended and is about to go.
  virtual void detach() = 0;
};

class GatewayRun {
public:
  struct Options {
    std::function<GatewayConfig()> load{};  ///< reads the configuration anew; null: SIGHUP ends the program, as it does others
    std::optional<Duration> duration{};     ///< after which the run ends
    bool demo = false;
  };
  /// Opens the first gateway. All must outlive it. @throws as Gateway and GatewayServices.
  GatewayRun(RadioSession& session, GatewayConfig config, GatewayOutput& output, Options options);
  ~GatewayRun();

  /// Runs gateways until one ends by itself, the time is over, or it is cancelled. @throws as Gateway::run. Cancellation: total.
  [[nodiscard]] awaitable<void> run();
  [[nodiscard]] Gateway& gateway() noexcept { return *gateway_; }

private:
  void open(std::unique_ptr<Handover> before);
  void close();
  [[nodiscard]] awaitable<void> run_one(boost::asio::signal_set& hang_up);
  [[nodiscard]] awaitable<void> wait_for_reload(boost::asio::signal_set& hang_up);
  [[nodiscard]] bool prepare();
  [[nodiscard]] awaitable<void> end_at(TimePoint t);
  [[nodiscard]] bool advertisements_go_through();
  [[nodiscard]] std::string summary();

  RadioSession& session_;
  GatewayOutput& output_;
  Options options_;
  ServiceNotice notice_;
  std::unique_ptr<GatewayConfig> config_;
  std::unique_ptr<GatewayConfig> next_config_;
  NextRadios next_radios_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<GatewayServices> services_;
  uint64_t went_through_ = 0;  // sightings, when the service manager was last told
};

}  // namespace moor::cli
