// moor gateway: the daemon.

#include "cli/commands.hpp"
#include "cli/demo.hpp"
#include "cli/gateway_events.hpp"
#include "cli/gateway_init.hpp"
#include "cli/gateway_run.hpp"
#include "cli/live_view.hpp"
#include "cli/log.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <iostream>

namespace moor::cli {

namespace {

// JSON lines, for programs.
class JsonOutput final : public GatewayOutput {
public:
  JsonOutput(Clock& clock, std::optional<std::string> config) : clock_(clock), config_(std::move(config)) {}
  void attach(Gateway& gateway) override {
    printer_ = std::make_unique<EventPrinter>(gateway, clock_, gateway.config().presence.traffic_interval);
    gateway.add_listener(*printer_);
    gateway.on_radio([this](const RadioState& state) { printer_->on_radio(state); });
    store_ = gateway.config().store.path.string();
  }
  void started(const std::string& url) override {
    printer_->on_started(config_, store_.empty() ? std::nullopt : std::optional(store_), url);
  }
  void say(LogLevel level, const std::string& text) override {
    if (level >= LogLevel::warning) std::cerr << "moor: " << text << std::endl;
  }
  void detach() override {}
  void stopped(const std::string& why) { printer_->on_stopped(why); }

private:
  Clock& clock_;
  std::optional<std::string> config_;
  std::string store_;
  std::unique_ptr<EventPrinter> printer_;
};

// Lines of a log, for people and the journal.
class LogOutput final : public GatewayOutput {
public:
  explicit LogOutput(LogLevel level) : log_(make_log(level)) {}
  void attach(Gateway& gateway) override {
    log_.set_level(make_log(gateway.config().log_level).level());
    events_ = std::make_unique<EventLog>(gateway, log_);
    gateway.add_listener(*events_);
    gateway.on_radio([this](const RadioState& state) { events_->on_radio(state); });
  }
  void started(const std::string& url) override {
    if (!url.empty()) log_.info("dashboard at {}", url);
  }
  void say(LogLevel level, const std::string& text) override {
    log_.log(level >= LogLevel::error     ? spdlog::level::err
             : level == LogLevel::warning ? spdlog::level::warn
             : level == LogLevel::info    ? spdlog::level::info
                                          : spdlog::level::debug,
             text);
  }
  void detach() override {}

private:
  spdlog::logger log_;
  std::unique_ptr<EventLog> events_;
};

// A table on the terminal.
class ViewOutput final : public GatewayOutput {
public:
  ViewOutput(Clock& clock, bool demo) : clock_(clock), demo_(demo) {}
  void attach(Gateway& gateway) override { gateway_ = &gateway; }
  void started(const std::string& url) override {
    const std::string hint =
        std::string(demo_ ? "the demo shop; " : "") + (url.empty() ? "" : "dashboard at " + url + "; ") + "Ctrl-C to stop";
    view_ = std::make_unique<LiveView>(*gateway_, clock_, hint);
    gateway_->add_listener(*view_);
  }
  void say(LogLevel, const std::string&) override {}
  [[nodiscard]] awaitable<void> run() override { return view_->run(); }
  void detach() override { view_.reset(); }

private:
  Clock& clock_;
  bool demo_;
  Gateway* gateway_ = nullptr;
  std::unique_ptr<LiveView> view_;
};

class GatewayCommand final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "gateway"; }
  [[nodiscard]] std::string summary() const override {
    return "Run the gateway: track devices, beacons and visits, and keep them in a database";
  }
  [[nodiscard]] std::vector<Option> options() override {
    return {
        {.name = "--config", .value = "FILE", .help = "The configuration", .target = &config_},
        {.name = "--check", .value = "", .help = "Explain the configuration and leave", .target = &check_},
        {.name = "--init", .value = "", .help = "Write a commented configuration to --config and leave", .target = &init_},
        {.name = "--demo", .value = "", .help = "Run on the recording of a small shop that comes with moor", .target = &demo_},
        {.name = "--radio",
         .value = "SPEC",
         .help = "Use these radios instead of the configuration's; may be repeated",
         .target = &radios_},
        {.name = "--duration",
         .value = "S",
         .help = "Stop after so many seconds (default: never)",
         .target = &duration_s_,
         .least = 0.001,
         .most = 1e9},
        {.name = "--json", .value = "", .help = "Print a JSON line for each event", .target = &json_}};
  }

  [[nodiscard]] int run() override {
    if (init_) {
      if (!config_) throw UsageError("--init needs a file to write", {.advice = "add --config FILE"});
      return write_first_config(*config_);
    }
    GatewayConfig config = load();
    if (check_) {
      print_line(explain_config(config));
      flush_output();
      return 0;
    }
    std::vector<RadioSpec> specs;
    specs.reserve(config.radios.size());
    for (const auto& radio : config.radios) specs.push_back(radio.spec);
    RadioSession session(specs);
    session.keep_quiet();  // the gateway tells of its radios
    GatewayRun::Options options;
    options.demo = demo_;
    if (duration_s_) options.duration = from_seconds(*duration_s_);
    if (config_) options.load = [this] { return load(); };
    if (json_) return run_for_programs(session, config, options);
    const bool wants_view =
        config.view.mode == ViewMode::on || (config.view.mode == ViewMode::automatic && isatty(STDOUT_FILENO) == 1);
    return wants_view ? run_with_view(session, config, options) : run_with_log(session, config, options);
  }

private:
  [[nodiscard]] GatewayConfig load() const {
    if (demo_ && config_)
      throw UsageError("--demo brings a configuration of its own", {.advice = "give either --demo or --config"});
    if (!demo_ && !config_ && radios_.empty())
      throw UsageError(
          "there is nothing to run",
          {.advice = "give --config FILE, --radio SPEC or --demo; `moor gateway --init --config FILE` writes a configuration"});
    GatewayConfig config = demo_ ? demo_config() : config_ ? load_config(*config_) : parse_config("", "default");
    if (!radios_.empty()) {
      config.radios.clear();
      for (const std::string& text : radios_) config.radios.push_back({.spec = RadioSpec::parse(text)});
    }
    return config;
  }

  [[nodiscard]] static std::string why(const Outcome& outcome) {
    return outcome.interrupted ? "interrupted" : outcome.error ? "failed" : "finished";
  }

  int run_for_programs(RadioSession& session, const GatewayConfig& config, const GatewayRun::Options& options) const {
    JsonOutput output(session.clock(), config_);
    GatewayRun gateways(session, config, output, options);
    const Outcome outcome = session.run(gateways.run());
    output.stopped(why(outcome));
    return outcome.finish();
  }

  static int run_with_log(RadioSession& session, const GatewayConfig& config, const GatewayRun::Options& options) {
    LogOutput output(config.log_level);
    GatewayRun gateways(session, config, output, options);
    const Outcome outcome = session.run(gateways.run());
    output.say(LogLevel::info, why(outcome) + ": " + summary_of(gateways.gateway()));
    return outcome.finish();
  }

  static int run_with_view(RadioSession& session, const GatewayConfig& config, const GatewayRun::Options& options) {
    ViewOutput output(session.clock(), options.demo);
    GatewayRun gateways(session, config, output, options);
    const Outcome outcome = session.run(gateways.run());
    output.detach();  // the screen is the shell's again
    print_line(why(outcome) + ": " + summary_of(gateways.gateway()));
    const auto& store = gateways.gateway().config().store.path;
    if (!store.empty()) print_line("the database is " + store.string());
    flush_output();
    return outcome.finish();
  }

  static std::string summary_of(const Gateway& gateway) {
    const Pipeline& pipeline = gateway.pipeline();
    return fmt::format("{} advertisements, {} devices, {} beacons, {} zone changes", pipeline.statistics().sightings,
                       pipeline.devices().size(), pipeline.beacons().size(),
                       pipeline.presence().statistics().entered + pipeline.presence().statistics().changed +
                           pipeline.presence().statistics().lost);
  }

  std::optional<std::string> config_;
  std::vector<std::string> radios_;
  std::optional<double> duration_s_;
  bool check_ = false;
  bool init_ = false;
  bool demo_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_gateway() {
  return std::make_unique<GatewayCommand>();
}

}  // namespace moor::cli
