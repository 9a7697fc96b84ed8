// moor radios: which radios there are, and how they are.

#include "cli/commands.hpp"
#include "cli/scan_arguments.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "moor/error.hpp"

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
};

State state_of(const std::string& text) {
  const RadioSpec spec = RadioSpec::parse(text);
  VirtualClock clock;
  try {
    const auto radio = open_radio(spec, 0, clock);
    return {radio->info().name, radio->info().kind, "ready", radio->info().detail, ""};
  } catch (const Error& error) {
    constexpr const char* kinds[] = {"bluez", "esphome", "sim", "replay"};
    return {spec.to_string(), kinds[static_cast<size_t>(spec.kind)], "not available", error.what(), error.advice()};
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
    for (const std::string& text : arguments_.radios) states.push_back(state_of(text));
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
    for (const State& state : states)
      radios.push_back(json::object{{"id", state.id},
                                    {"kind", state.kind},
                                    {"state", state.state},
                                    {"detail", state.detail},
                                    {"slots", nullptr},
                                    {"free", nullptr},
                                    {"holders", json::array()},
                                    {"advice", state.advice.empty() ? json::value() : json::value(state.advice)}});
    print_line(to_pretty(json::object{{"radios", std::move(radios)}}));
  }

  static void print_table(const std::vector<State>& states) {
    Table table({{"RADIO", Table::Align::left, 60}, {"STATE"}, {"DETAIL", Table::Align::left, 200}});
    for (const State& state : states)
      table.add({{state.id}, {state.state, state.state == "ready" ? Colour::green : Colour::red}, {state.detail}});
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
