// moor proxy: be an ESPHome Bluetooth proxy.

#include "cli/commands.hpp"
#include "cli/new_file.hpp"
#include "cli/proxy_events.hpp"
#include "cli/radio_session.hpp"
#include "cli/terminal.hpp"
#include "core/activities.hpp"
#include "core/within.hpp"
#include "proxy/config.hpp"
#include "proxy/service.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <deque>

namespace moor::cli {

namespace {

using proxy::Config;
using proxy::ProxyConfig;
using proxy::Service;

// Until the first of them ends, or it is cancelled.
awaitable<void> run_all(boost::asio::any_io_executor executor, std::deque<Service>& services) {
  Activities activities(executor);
  Event ended(executor);
  std::exception_ptr failure;
  for (Service& service : services)
    activities.start(service.run(), [&](const std::exception_ptr& error) {
      if (!ended.is_set()) failure = error;
      ended.set();
    });
  std::exception_ptr stopped;
  try {
    co_await ended.wait();
  } catch (...) {
    stopped = std::current_exception();
    ended.set();
  }
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  co_await activities.stop();
  if (stopped) std::rethrow_exception(stopped);
  if (failure) std::rethrow_exception(failure);
}

awaitable<void> run_for(Clock& clock, std::optional<double> seconds, awaitable<void> work) {
  if (seconds) {
    (void)co_await within(clock, clock.now() + from_seconds(*seconds), std::move(work));
  } else {
    co_await std::move(work);
  }
}

class ProxyCommand final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "proxy"; }
  [[nodiscard]] std::string summary() const override {
    return "Be an ESPHome Bluetooth proxy: Home Assistant hears and connects through this machine's radio";
  }
  [[nodiscard]] std::vector<Option> options() override {
    return {{.name = "--config", .value = "FILE", .help = "The configuration", .target = &config_},
            {.name = "--check", .value = "", .help = "Explain the configuration and leave", .target = &check_},
            {.name = "--init", .value = "", .help = "Write a commented configuration to --config and leave", .target = &init_},
            {.name = "--duration",
             .value = "S",
             .help = "Stop after so many seconds (default: never)",
             .target = &duration_s_,
             .least = 0.001,
             .most = 1e9},
            {.name = "--json", .value = "", .help = "Print a JSON line for each event", .target = &json_}};
  }

  [[nodiscard]] int run() override {
    if (!config_)
      throw UsageError("a proxy needs a configuration",
                       {.advice = "give --config FILE; `moor proxy --init --config FILE` writes one"});
    if (init_) return write_example();
    const Config config = proxy::load_config(*config_);
    if (check_) {
      print_line(proxy::explain_config(config));
      flush_output();
      return 0;
    }
    return serve(config);
  }

private:
  [[nodiscard]] int write_example() const {
    write_new_file(*config_, proxy::example_config());
    print_line("wrote " + *config_ + "; give the proxy a name in it, then: moor proxy --config " + *config_);
    flush_output();
    return 0;
  }

  [[nodiscard]] int serve(const Config& config) const {
    std::vector<RadioSpec> specs;
    specs.reserve(config.proxies.size());
    for (const ProxyConfig& each : config.proxies) specs.push_back(each.radio);
    RadioSession session(specs);
    if (session.radios().size() != config.proxies.size())
      throw UsageError("a proxy serves one radio, and the world has several",
                       {.advice = "pick one: radio = \"sim:WORLD.toml?radio=NAME\""});

    const ProxyEvents events(session.clock(), json_);
    const Service::Tell tell = [&](const proxy::Happening& happening) { events.on_happening(happening); };
    const bool announces = std::ranges::any_of(config.proxies, &ProxyConfig::announce);
    const std::shared_ptr<mdns::Mdns> mdns = announces ? mdns::usual_mdns(session.clock()) : nullptr;
    std::deque<Service> services;
    for (size_t i = 0; i < config.proxies.size(); ++i)
      services.emplace_back(session.clock(), session.context().get_executor(), *session.radios()[i], config.proxies[i], mdns,
                            tell);
    const Outcome outcome =
        session.run(run_for(session.clock(), duration_s_, run_all(session.context().get_executor(), services)));
    events.on_stopped(outcome.interrupted ? "interrupted" : outcome.error ? "failed" : "finished");
    return outcome.finish();
  }

  std::optional<std::string> config_;
  std::optional<double> duration_s_;
  bool check_ = false;
  bool init_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_proxy() {
  return std::make_unique<ProxyCommand>();
}

}  // namespace moor::cli
