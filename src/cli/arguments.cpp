#include "cli/arguments.hpp"

#include "cli/exit_status.hpp"
#include "moor/version.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>

namespace moor::cli {

namespace {

template <typename T>
CLI::Option* add(CLI::App& app, const Option& option, T& target) {
  if constexpr (std::is_same_v<T, bool>)
    return app.add_flag(option.name, target, option.help);
  else
    return app.add_option(option.name, target, option.help);
}

// A number must be one whole: CLI11 takes "nan" and "inf" for a double.
std::string check_number(const Option& option, const std::string& text) {
  double number = 0;
  if (!CLI::detail::lexical_cast(text, number)) return {};  // CLI11 says so itself
  if (!std::isfinite(number)) return "is not a number";
  if (option.least && number < *option.least) return "must be at least " + CLI::detail::to_string(*option.least);
  if (option.most && number > *option.most) return "must be at most " + CLI::detail::to_string(*option.most);
  return {};
}

bool is_number(const Target& target) {
  return std::holds_alternative<int*>(target) || std::holds_alternative<double*>(target) ||
         std::holds_alternative<std::optional<int>*>(target) || std::holds_alternative<std::optional<double>*>(target);
}

void declare(CLI::App& app, const Option& option) {
  CLI::Option* added = std::visit([&](auto* target) { return add(app, option, *target); }, option.target);
  if (!option.value.empty()) added->type_name(option.value);
  if (std::holds_alternative<std::vector<std::string>*>(option.target)) added->allow_extra_args(false)->take_all();
  if (option.required) added->required();
  if (!option.choices.empty()) added->check(CLI::IsMember(option.choices));
  if (is_number(option.target)) added->check([option](const std::string& text) { return check_number(option, text); }, "");
}

}  // namespace

std::variant<Command*, int> parse(int argc, const char* const* argv, const Commands& commands) {
  CLI::App app("moor - find, identify, locate and talk to Bluetooth Low Energy devices", "moor");
  app.set_version_flag("--version", std::string("moor ") + version);
  app.require_subcommand(1);
  app.fallthrough(false);
  Command* chosen = nullptr;
  for (const auto& command : commands) {
    CLI::App* sub = app.add_subcommand(command->name(), command->summary());
    for (const Option& option : command->options()) declare(*sub, option);
    sub->callback([&chosen, wanted = command.get()] { chosen = wanted; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // help and version
    app.exit(success);
    return exit_done;
  } catch (const CLI::ParseError& error) {
    std::cerr << "moor: " << error.what() << "\n";
    const auto used = app.get_subcommands();
    std::cerr << "      See `moor " << (used.empty() ? "" : used.front()->get_name() + " ") << "--help`.\n";
    return exit_usage;
  }
  return chosen;
}

}  // namespace moor::cli
