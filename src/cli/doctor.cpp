// moor doctor: what is wrong with the Bluetooth of this machine, and the command that mends it.

#include "moor/doctor.hpp"

#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
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
    return "Say what is wrong with this machine's Bluetooth, and how to mend it";
  }
  [[nodiscard]] std::vector<Option> options() override {
    return {{.name = "--json", .value = "", .help = "Print JSON for programs", .target = &json_}};
  }

  [[nodiscard]] int run() override {
    RadioSession session(std::make_unique<RealClock>(), {});
    std::vector<Check> checks;
    const Outcome outcome = session.run(examine(session.clock(), checks));
    if (outcome.interrupted || outcome.error) return outcome.finish();
    if (json_)
      print_json(checks);
    else
      print_table(checks);
    flush_output();
    const bool works = std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.ok || !check.needed; });
    return works ? exit_done : exit_no_radio;
  }

private:
  static awaitable<void> examine(Clock& clock, std::vector<Check>& checks) { checks = co_await examine_bluetooth(clock); }

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

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_doctor() {
  return std::make_unique<DoctorCommand>();
}

}  // namespace moor::cli
