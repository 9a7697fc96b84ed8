// moor radios: which radios there are, and how they are.

#include "cli/commands.hpp"
#include "cli/found_radios.hpp"
#include "cli/radio_session.hpp"
#include "cli/scan_arguments.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "moor/advertisement.hpp"
#include "moor/error.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

struct State {
  std::string id;
  std::string kind;
  std::string state;
  std::string detail;
  std::string limits{};
  std::string advice;
  std::optional<Slots> slots{};  // of one that can connect
};

constexpr const char* kinds[] = {"bluez", "esphome", "sim", "replay"};

State state_of(const Radio& radio) {
  State state{.id = radio.info().name,
              .kind = radio.info().kind,
              .state = "ready",
              .detail = radio.info().detail,
              .limits = radio.info().limits,
              .advice = radio.health().problem};
  if (radio.info().can_connect) state.slots = radio.slots();
  if (radio.health().state == RadioHealth::State::unavailable) state.state = "not available";
  if (state.advice.empty() && state.slots && state.slots->limit > 0 && state.slots->free <= 0)
    state.advice =
        "All its slots are in use: disconnect one of the devices. Slots that nobody uses any more are free once a proxy has "
        "restarted.";
  return state;
}

// An ESPHome device that has announced itself. Its slots show only in a session, which needs its key.
State state_of(const esphome_radio::FoundProxy& found) {
  const std::string spec = spec_of(found);
  std::string detail = found.friendly_name.empty() ? found.name : fmt::format("{} ({})", found.friendly_name, found.name);
  for (const std::string& part : {found.mac, found.project, found.version.empty() ? "" : "ESPHome " + found.version,
                                  std::string(found.encrypted ? "encrypted" : "not encrypted")})
    if (!part.empty()) detail += ", " + part;
  State state{.id = spec,
              .kind = "esphome",
              .state = "found",
              .detail = printable_name(Bytes(reinterpret_cast<const uint8_t*>(detail.data()), detail.size())),
              .advice = {}};
  if (found.encrypted)
    state.advice = fmt::format(
        "To see its slots give its key: --radio '{}?key_file=PATH'; it stands in the proxy's configuration, under "
        "api: encryption: key:.",
        spec);
  else
    state.advice = fmt::format("To see whether it is a Bluetooth proxy, and its slots: --radio {}", spec);
  return state;
}

State not_available(std::string id, std::string kind, const Error& error) {
  return {
      .id = std::move(id), .kind = std::move(kind), .state = "not available", .detail = error.what(), .advice = error.advice()};
}

awaitable<void> ask_each(const std::vector<std::unique_ptr<Radio>>& radios, Clock& clock, std::vector<State>& into) {
  constexpr Duration patience = std::chrono::seconds(5);
  for (const auto& radio : radios) {
    try {
      co_await radio->open(clock.now() + patience);
      into.push_back(state_of(*radio));
    } catch (const Error& error) {
      into.push_back(not_available(radio->info().name, radio->info().kind, error));
    }
  }
}

// A world brings all its radios, or none.
std::vector<State> states_of(const std::string& text) {
  try {
    std::vector<State> states;
    RadioSession session(std::vector<std::string>{text});
    session.keep_quiet();
    const Outcome outcome = session.run(ask_each(session.radios(), session.clock(), states));
    if (outcome.error) std::rethrow_exception(outcome.error);
    return states;
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    const RadioSpec spec = RadioSpec::parse(text);
    return {not_available(spec.to_string(), kinds[static_cast<size_t>(spec.kind)], error)};
  }
}

class RadiosCommand final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "radios"; }
  [[nodiscard]] std::string summary() const override { return "List the radios and their state"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    arguments_.add_common(options);
    options.push_back({.name = "--no-discovery",
                       .value = "",
                       .help = "Do not look for proxies on the network; that is done where no --radio is given",
                       .target = &no_discovery_});
    return options;
  }

  [[nodiscard]] int run() override {
    const bool discover = arguments_.radios.empty() && !no_discovery_;
    if (arguments_.radios.empty()) arguments_.radios = find_adapters();
    if (arguments_.radios.empty()) arguments_.radios.emplace_back("bluez");  // which says why there is none
    std::vector<State> states;
    for (const std::string& text : arguments_.radios)
      for (State& state : states_of(text)) states.push_back(std::move(state));
    if (discover)
      for (const esphome_radio::FoundProxy& each : find_network_proxies()) states.push_back(state_of(each));
    if (arguments_.json)
      print_json(states);
    else
      print_table(states);
    flush_output();
    return 0;
  }

private:
  static void print_json(const std::vector<State>& states) {
    json::array radios;
    for (const State& state : states) {
      const bool counted = state.slots && state.slots->limit > 0;
      radios.push_back(json::object{{"id", state.id},
                                    {"kind", state.kind},
                                    {"state", state.state},
                                    {"detail", state.detail},
                                    {"slots", counted ? json::value(state.slots->limit) : json::value()},
                                    {"free", counted ? json::value(std::max(state.slots->free, 0)) : json::value()},
                                    {"holders", holders_of(state)},
                                    {"held", held_of(state)},
                                    {"limits", state.limits.empty() ? json::value() : json::value(state.limits)},
                                    {"advice", state.advice.empty() ? json::value() : json::value(state.advice)}});
    }
    print_line(to_pretty(json::object{{"radios", std::move(radios)}}));
  }

  static json::array holders_of(const State& state) {
    json::array holders;
    if (state.slots)
      for (const Slots::Holder& holder : state.slots->holders) holders.emplace_back(holder.device.to_string());
    return holders;
  }

  // By whom, and since when as far as this run has seen.
  static json::array held_of(const State& state) {
    json::array held;
    if (state.slots)
      for (const Slots::Holder& holder : state.slots->holders)
        held.push_back(json::object{{"address", holder.device.to_string()},
                                    {"by", holder.label.empty() ? json::value() : json::value(holder.label)},
                                    {"since", to_seconds(holder.since)}});
    return held;
  }

  static void print_holders(const State& state) {
    if (!state.slots) return;
    for (const Slots::Holder& holder : state.slots->holders)
      print_line(fmt::format("\n{}: {} is held by {}", state.id, holder.device.to_string(),
                             holder.label.empty() ? "another program, or is left over from one" : holder.label));
  }

  static std::string slots_text(const State& state) {
    if (!state.slots || state.slots->limit == 0) return "-";
    return fmt::format("{} of {} free", std::max(state.slots->free, 0), state.slots->limit);
  }

  static void print_table(const std::vector<State>& states) {
    Table table({{"RADIO", Table::Align::left, 60}, {"STATE"}, {"SLOTS"}, {"DETAIL", Table::Align::left, 200}});
    for (const State& state : states)
      table.add({{state.id},
                 {state.state, state.state == "not available" ? Colour::red : Colour::green},
                 {slots_text(state)},
                 {state.detail}});
    table.print();
    for (const State& state : states) print_holders(state);
    for (const State& state : states)
      if (!state.limits.empty()) print_line("\n" + state.id + ": " + state.limits);
    for (const State& state : states)
      if (!state.advice.empty()) print_line("\n" + state.id + ": " + state.advice);
  }

  ScanArguments arguments_;
  bool no_discovery_ = false;
};

}  // namespace

std::unique_ptr<Command> make_radios() {
  return std::make_unique<RadiosCommand>();
}

}  // namespace moor::cli
