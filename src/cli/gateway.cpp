// moor gateway: the daemon.

#include "gateway/gateway.hpp"

#include "cli/commands.hpp"
#include "cli/demo.hpp"
#include "cli/gateway_events.hpp"
#include "cli/live_view.hpp"
#include "cli/radio_session.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <filesystem>
#include <fstream>

namespace moor::cli {

namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return spdlog::level::trace;
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

// A world's entry serves for all its radios, which come one after the other.
std::vector<GatewayConfig::RadioEntry> one_for_each(const std::vector<std::unique_ptr<Radio>>& radios,
                                                    const std::vector<GatewayConfig::RadioEntry>& entries) {
  std::vector<GatewayConfig::RadioEntry> found;
  size_t at = 0;
  for (const auto& radio : radios) {
    const RadioSpec& spec = entries.at(at).spec;
    const bool is_world = spec.kind == RadioSpec::Kind::sim && spec.radio.empty();
    const bool same = is_world && radio->info().name.starts_with("sim:" + spec.target + "/");
    if (!found.empty() && !same) ++at;
    found.push_back(entries.at(at));
  }
  return found;
}

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
    if (init_) return write_example();
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
    config.radios = one_for_each(session.radios(), config.radios);
    Gateway gateway(session.context().get_executor(), session.clock(), config, session.radios());
    if (json_) return run_for_programs(session, gateway);
    const bool wants_view =
        config.view.mode == ViewMode::on || (config.view.mode == ViewMode::automatic && isatty(STDOUT_FILENO) == 1);
    return wants_view ? run_with_view(session, gateway) : run_with_log(session, gateway);
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

  [[nodiscard]] int write_example() const {
    if (!config_) throw UsageError("--init needs a file to write", {.advice = "add --config FILE"});
    if (std::filesystem::exists(*config_))
      throw UsageError("'" + *config_ + "' exists", {.advice = "give another name; --init replaces nothing"});
    std::ofstream file(*config_);
    file << example_config();
    file.flush();
    if (!file)
      throw Error("cannot write '" + *config_ + "'",
                  {.advice = "is there such a folder, may you write to it, and is there room?"});
    print_line("wrote " + *config_ + "; see what it means with `moor gateway --check --config " + *config_ + "`");
    flush_output();
    return 0;
  }

  [[nodiscard]] awaitable<void> work(RadioSession& session, Gateway& gateway) const {
    using namespace boost::asio::experimental::awaitable_operators;
    if (duration_s_)
      co_await (gateway.run() || session.clock().wait_for(from_seconds(*duration_s_)));
    else
      co_await gateway.run();
  }

  [[nodiscard]] static std::string why(const Outcome& outcome) {
    return outcome.interrupted ? "interrupted" : outcome.error ? "failed" : "finished";
  }

  int run_for_programs(RadioSession& session, Gateway& gateway) const {
    EventPrinter printer(gateway, session.clock(), gateway.config().presence.traffic_interval);
    gateway.add_listener(printer);
    gateway.on_radio([&](const RadioState& state) { printer.on_radio(state); });
    const auto& store = gateway.config().store.path;
    printer.on_started(config_, store.empty() ? std::nullopt : std::optional(store.string()));
    const Outcome outcome = session.run(work(session, gateway));
    printer.on_stopped(why(outcome));
    return outcome.finish();
  }

  int run_with_log(RadioSession& session, Gateway& gateway) const {
    spdlog::logger log("moor", std::make_shared<spdlog::sinks::stderr_color_sink_st>());
    log.set_level(level_of(gateway.config().log_level));
    log.set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
    EventLog events(gateway, log);
    gateway.add_listener(events);
    gateway.on_radio([&](const RadioState& state) { events.on_radio(state); });
    const Outcome outcome = session.run(work(session, gateway));
    log.info("{}: {}", why(outcome), summary_of(gateway));
    return outcome.finish();
  }

  int run_with_view(RadioSession& session, Gateway& gateway) const {
    using namespace boost::asio::experimental::awaitable_operators;
    Outcome outcome;
    {
      LiveView view(gateway, session.clock(), demo_ ? "the demo shop; Ctrl-C to stop" : "Ctrl-C to stop");
      gateway.add_listener(view);
      outcome = session.run([&]() -> awaitable<void> { co_await (work(session, gateway) || view.run()); }());
    }
    print_line(why(outcome) + ": " + summary_of(gateway));
    if (!gateway.config().store.path.empty()) print_line("the database is " + gateway.config().store.path.string());
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
