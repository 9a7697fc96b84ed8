// moor radios: which radios there are, and how they are.

#include "cli/commands.hpp"
#include "cli/scan_arguments.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
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
  std::string advice;
  std::optional<Slots> slots{};  // of one that can connect
};

State ready(const Radio& radio) {
  State state{radio.info().name, radio.info().kind, "ready", radio.info().detail, radio.health().problem};
  if (radio.info().can_connect) state.slots = radio.slots();
  if (radio.health().state == RadioHealth::State::unavailable) state.state = "not available";
  return state;
}

// A world brings all its radios, or none.
std::vector<State> states_of(const std::string& text) {
  const RadioSpec spec = RadioSpec::parse(text);
  VirtualClock clock;
  try {
    std::vector<State> states;
    for (const auto& radio : open_radios({spec}, clock)) states.push_back(ready(*radio));
    return states;
  } catch (const Error& error) {
    constexpr const char* kinds[] = {"bluez", "esphome", "sim", "replay"};
    return {{spec.to_string(), kinds[static_cast<size_t>(spec.kind)], "not available", error.what(), error.advice()}};
  }
}

class RadiosCommand final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "radios"; }
  [[nodiscard]] std::string summary() const override { return "List the radios and their state"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    arguments_.add_common(options);
    return options;
  }

  [[nodiscard]] int run() override {
    if (arguments_.radios.empty()) arguments_.radios.emplace_back("bluez");
    std::vector<State> states;
    for (const std::string& text : arguments_.radios)
      for (State& state : states_of(text)) states.push_back(std::move(state));
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

  static std::string slots_text(const State& state) {
    if (!state.slots || state.slots->limit == 0) return "-";
    return fmt::format("{} of {} free", std::max(state.slots->free, 0), state.slots->limit);
  }

  static void print_table(const std::vector<State>& states) {
    Table table({{"RADIO", Table::Align::left, 60}, {"STATE"}, {"SLOTS"}, {"DETAIL", Table::Align::left, 200}});
    for (const State& state : states)
      table.add(
          {{state.id}, {state.state, state.state == "ready" ? Colour::green : Colour::red}, {slots_text(state)}, {state.detail}});
    table.print();
    for (const State& state : states)
      if (!state.advice.empty()) print_line("\n" + state.id + ": " + state.advice);
  }

  ScanArguments arguments_;
};

}  // namespace

std::unique_ptr<Command> make_radios() {
  return std::make_unique<RadiosCommand>();
}

}  // namespace moor::cli
