// moor doctor: what is wrong with the Bluetooth of this machine and the surroundings of a gateway, and the command that mends it.

#include "moor/doctor.hpp"

#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/gateway_checks.hpp"
#include "cli/radio_session.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

class DoctorCommand final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "doctor"; }
  [[nodiscard]] std::string summary() const override {
    return "Say what is wrong with this machine's Bluetooth and with a gateway's surroundings, and how to mend it";
  }
  [[nodiscard]] std::vector<Option> options() override {
    return {{.name = "--config",
             .value = "FILE",
             .help = "Look also at what this gateway's configuration needs: store, files, certificates, port, broker, clock",
             .target = &config_},
            {.name = "--json", .value = "", .help = "Print JSON for programs", .target = &json_}};
  }

  [[nodiscard]] int run() override {
    const std::optional<GatewayConfig> config = config_ ? std::optional(load_config(*config_)) : std::nullopt;
    RadioSession session(std::make_unique<RealClock>(), {});
    std::vector<Check> checks;
    const Outcome outcome = session.run(examine(config ? &*config : nullptr, session.clock(), checks));
    if (outcome.interrupted || outcome.error) return outcome.finish();
    if (json_)
      print_json(checks);
    else
      print_table(checks);
    flush_output();
    return status_;
  }

private:
  static bool all_well(const std::vector<Check>& checks) {
    return std::ranges::all_of(checks, [](const Check& check) { return check.ok || !check.needed; });
  }

  awaitable<void> examine(const GatewayConfig* config, Clock& clock, std::vector<Check>& checks) {
    const bool needs_bluetooth =
        config == nullptr || std::ranges::any_of(config->radios, [](const GatewayConfig::RadioEntry& radio) {
          return radio.spec.kind == RadioSpec::Kind::bluez;
        });
    if (needs_bluetooth) checks = co_await examine_bluetooth(clock);
    if (!all_well(checks)) status_ = exit_no_radio;
    if (config == nullptr) co_return;
    const std::vector<Check> more = co_await examine_gateway(*config, clock);
    if (status_ == exit_done && !all_well(more)) status_ = exit_failed;
    checks.insert(checks.end(), more.begin(), more.end());
  }

  static void print_json(const std::vector<Check>& checks) {
    json::array rows;
    for (const Check& check : checks)
      rows.push_back(json::object{{"name", check.name},
                                  {"ok", check.ok},
                                  {"needed", check.needed},
                                  {"what", check.what},
                                  {"remedy", check.remedy.empty() ? json::value() : json::value(check.remedy)}});
    print_line(to_pretty(json::object{{"checks", std::move(rows)}}));
  }

  static void print_table(const std::vector<Check>& checks) {
    Table table({{""}, {""}, {"", Table::Align::left, 200}});
    for (const Check& check : checks) {
      const Table::Cell mark = check.ok       ? Table::Cell{"✓", Colour::green}
                               : check.needed ? Table::Cell{"✗", Colour::red}
                                              : Table::Cell{"!", Colour::yellow};
      table.add({mark, {check.name, Colour::bold}, {check.what}});
    }
    table.print();
    for (const Check& check : checks)
      if (!check.remedy.empty()) print_line("\n" + check.name + ": " + check.remedy);
  }

  std::optional<std::string> config_;
  bool json_ = false;
  int status_ = exit_done;
};

}  // namespace

std::unique_ptr<Command> make_doctor() {
  return std::make_unique<DoctorCommand>();
}

}  // namespace moor::cli
