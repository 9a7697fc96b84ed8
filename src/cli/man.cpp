// moor man: the manual pages, made from what the commands and the configuration declare.

#include "gateway/config_keys.hpp"

#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "moor/error.hpp"
#include "moor/version.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace moor::cli {

namespace {

constexpr std::string_view config_page = "moor.toml";

constexpr std::string_view exit_statuses = R"(.SH EXIT STATUS
.TS
r l.
0	done
1	failed
2	wrong usage or configuration
3	device not found
4	out of connection slots
5	connection aborted
6	connection failed
7	no radio available
130	interrupted, after a clean shutdown
.TE
)";

// What roff takes for itself: a backslash, a dash that shall be one, and a dot or a quote at the beginning of a line.
std::string escaped(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c != '`')
      out += c;
  }
  return out;
}

std::string heading(std::string_view page, int section, std::string_view summary) {
  std::string title(page);
  std::ranges::transform(title, title.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return fmt::format("'\\\" t\n.TH \"{}\" {} \"\" \"moor {}\" \"moor\"\n.SH NAME\n{} \\- {}\n", title, section, version,
                     escaped(page), escaped(summary));
}

std::string synopsis_of(const Option& option) {
  const std::string name = option.name.starts_with("--") ? fmt::format("\\fB{}\\fR", escaped(option.name))
                                                         : fmt::format("\\fI{}\\fR", escaped(option.name));
  const std::string text = option.value.empty() ? name : fmt::format("{} \\fI{}\\fR", name, escaped(option.value));
  return option.required ? text : "[" + text + "]";
}

std::string command_page(Command& command) {
  std::string out = heading("moor-" + command.name(), 1, command.summary());
  out += fmt::format(".SH SYNOPSIS\n\\fBmoor {}\\fR", escaped(command.name()));
  for (const Option& option : command.options()) out += " " + synopsis_of(option);
  out += "\n.SH OPTIONS\n";
  for (const Option& option : command.options()) {
    const bool named = option.name.starts_with("--");
    out += fmt::format(".TP\n\\f{}{}\\fR{}\n{}.", named ? 'B' : 'I', escaped(option.name),
                       option.value.empty() ? "" : " \\fI" + escaped(option.value) + "\\fR", escaped(option.help));
    for (size_t i = 0; i < option.choices.size(); ++i)
      out += (i == 0 ? " One of " : ", ") + escaped(option.choices[i]) + (i + 1 == option.choices.size() ? "." : "");
    out += '\n';
  }
  out += ".TP\n\\fB\\-\\-help\\fR\nPrint the options.\n";
  out += exit_statuses;
  return out + ".SH SEE ALSO\n\\fBmoor\\fR(1)" + (command.name() == "gateway" ? ", \\fBmoor.toml\\fR(5)\n" : "\n");
}

std::string overview_page(const Commands& commands) {
  std::string out = heading("moor", 1, "Bluetooth Low Energy gateway and tools");
  out += ".SH SYNOPSIS\n\\fBmoor\\fR \\fICOMMAND\\fR [\\fB\\-\\-radio\\fR \\fISPEC\\fR]... [options]\n.SH COMMANDS\n";
  for (const auto& command : commands)
    out += fmt::format(".TP\n\\fBmoor\\-{}\\fR(1)\n{}.\n", escaped(command->name()), escaped(command->summary()));
  out +=
      ".SH RADIOS\nA radio \\fISPEC\\fR is \\fBbluez\\fR, \\fBbluez:hci1\\fR, \\fBesphome://\\fIHOST\\fB?key_file=\\fIPATH\\fR,\n"
      "\\fBsim:\\fIWORLD.toml\\fR or \\fBreplay:\\fICAPTURE\\fR. Several make one hub. With none it is \\fBbluez\\fR.\n"
      ".SH FILES\n.TP\n\\fI/etc/moor/moor.toml\\fR\nThe configuration of the gateway that the package runs; see "
      "\\fBmoor.toml\\fR(5).\n"
      ".SH ENVIRONMENT\n.TP\n\\fBMOOR_ESPHOME_KEY\\fR\nThe key of proxies whose spec has "
      "none.\n.TP\n\\fBMOOR_MDNS\\fR\n\\fIoff\\fR, or the "
      "interface that multicast DNS uses.\n";
  return out + std::string(exit_statuses);
}

std::string configuration_page() {
  std::string out = heading(config_page, 5, "configuration of moor gateway");
  out +=
      ".SH DESCRIPTION\nA TOML file. What a key takes and its default stand beside it; a key that is not known is a mistake.\n"
      "\\fBmoor gateway \\-\\-check \\-\\-config\\fR \\fIFILE\\fR tells every mistake with its line and remedy.\n";
  GatewayConfig defaults = parse_config("", "defaults");
  for (const config::Section& section : config::sections()) {
    const bool repeats = section.entries != nullptr;
    if (repeats && section.entries->count(defaults) == 0) section.entries->append(defaults);
    out += fmt::format(".SH {}{}{}\n{}\n", repeats ? "[[" : "[", section.name, repeats ? "]]" : "]", escaped(section.meaning));
    for (const config::Key& key : config::keys()) {
      if (key.section != section.name) continue;
      const std::string value = config::value_text(key, defaults);
      out += fmt::format(".TP\n\\fB{}\\fR = {}\n{} Takes {}.\n", escaped(key.name), value.empty() ? "(unset)" : escaped(value),
                         escaped(key.meaning), escaped(config::expected(key)));
    }
  }
  return out + ".SH SEE ALSO\n\\fBmoor\\-gateway\\fR(1)\n";
}

class Man final : public Command {
public:
  explicit Man(const Commands& commands) : commands_(commands) {}
  [[nodiscard]] std::string name() const override { return "man"; }
  [[nodiscard]] std::string summary() const override { return "Print a manual page, for man"; }
  [[nodiscard]] std::vector<Option> options() override {
    return {{.name = "PAGE", .value = "", .help = "moor, moor-COMMAND, or moor.toml (default: moor)", .target = &page_},
            {.name = "--list", .value = "", .help = "Print the names of all pages with their sections", .target = &list_}};
  }
  [[nodiscard]] int run() override {
    print_line(list_ ? all_pages() : page(page_.value_or("moor")));
    flush_output();
    return 0;
  }

private:
  [[nodiscard]] std::string all_pages() const {
    std::string out = fmt::format("moor.1\n{}.5", config_page);
    for (const auto& command : commands_) out += fmt::format("\nmoor-{}.1", command->name());
    return out;
  }
  [[nodiscard]] std::string page(const std::string& wanted) const {
    if (wanted == "moor") return overview_page(commands_);
    if (wanted == config_page) return configuration_page();
    for (const auto& command : commands_)
      if (wanted == "moor-" + command->name()) return command_page(*command);
    throw UsageError("there is no page '" + wanted + "'", {.advice = "`moor man --list` names them all"});
  }

  const Commands& commands_;
  std::optional<std::string> page_;
  bool list_ = false;
};

}  // namespace

std::unique_ptr<Command> make_man(const Commands& commands) {
  return std::make_unique<Man>(commands);
}

}  // namespace moor::cli
