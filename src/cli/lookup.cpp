// moor lookup: what a number of the Bluetooth SIG names, or which number a name has.

#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "report/looked_up.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace moor::cli {

namespace {

class Lookup final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "lookup"; }
  [[nodiscard]] std::string summary() const override {
    return "Name a UUID, company or other number of the Bluetooth SIG, or find it by name";
  }
  [[nodiscard]] std::vector<Option> options() override {
    return {{.name = "UUID|NAME",
             .value = "",
             .help = "A number such as 180f, a UUID, or a name or part of it",
             .target = &text_,
             .required = true},
            {.name = "--kind",
             .value = "KIND",
             .help = "Only numbers of this kind (default: all)",
             .target = &kind_,
             .choices = kinds()},
            {.name = "--limit",
             .value = "N",
             .help = "List so many matches (default: 20)",
             .target = &limit_,
             .least = 1,
             .most = 100'000},
            {.name = "--json", .value = "", .help = "Print JSON for programs", .target = &json_}};
  }

  [[nodiscard]] int run() override {
    const LookedUp found = look_up(text_, kind_);
    if (json_)
      print_line(to_pretty(to_json(found, static_cast<size_t>(limit_))));
    else
      print_words(found.numbers, found.service);
    flush_output();
    return 0;
  }

private:
  static std::vector<std::string> kinds() {
    std::vector<std::string> names;
    names.reserve(number_kind_count);
    for (size_t i = 0; i < number_kind_count; ++i) names.emplace_back(to_string(static_cast<NumberKind>(i)));
    return names;
  }

  [[nodiscard]] size_t listed(const std::vector<AssignedNumber>& found) const {
    return std::min(found.size(), static_cast<size_t>(limit_));
  }

  void print_words(const std::vector<AssignedNumber>& found, const std::optional<ServiceInfo>& service) const {
    const AssignedNumber& best = found[0];
    print_line(paint(Colour::bold, best.name) + fmt::format(", {} {}", to_string(best.kind), number_text(best)));
    if (is_uuid(best.kind)) print_line("  " + best.uuid().to_string());
    if (service) {
      print_line(fmt::format("  {}", service->use));
      for (const AssignedNumber& each : service->characteristics)
        print_line(fmt::format("    {}  {}", number_text(each), each.name));
    }
    if (found.size() == 1) return;
    print_line("\nalso");
    Table table({{"", Table::Align::left, 30}, {""}, {"", Table::Align::left, 100}});
    for (size_t i = 1; i < listed(found); ++i)
      table.add({{"  " + std::string(to_string(found[i].kind))}, {number_text(found[i])}, {std::string(found[i].name)}});
    if (!table.empty()) table.print();
    if (const size_t more = found.size() - listed(found); more > 0) print_line(fmt::format("  and {} more (--limit)", more));
  }

  std::string text_;
  std::string kind_;
  int limit_ = 20;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_lookup() {
  return std::make_unique<Lookup>();
}

}  // namespace moor::cli
