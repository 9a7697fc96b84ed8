// moor completion: what a shell needs to complete moor's commands and options, made from their declarations.

#include "cli/commands.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>

namespace moor::cli {

namespace {

// Options whose value is a file, which the shell completes itself.
bool takes_file(const Option& option) {
  return option.value == "FILE" || option.name == "FILE" || option.name == "WORLD";
}

std::string words_of(Command& command) {
  std::string words;
  for (const Option& option : command.options())
    if (option.name.starts_with("--")) words += option.name + " ";
  return words + "--help";
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash(const Commands& commands) {
  std::string names;
  std::string cases;
  for (const auto& command : commands) {
    names += command->name() + " ";
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->name(), words_of(*command));
  }
  return fmt::format(R"(_moor() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{}--help --version" -- "$word"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{}  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}}
complete -o filenames -F _moor moor)",
                     names, cases);
}

std::string zsh(const Commands& commands) {
  std::string names;
  std::string cases;
  for (const auto& command : commands) {
    names += "    " + quoted(command->name() + ":" + command->summary()) + "\n";
    std::string arguments;
    for (const Option& option : command->options()) {
      if (!option.name.starts_with("--")) {
        arguments += fmt::format(" {}", quoted(takes_file(option) ? ":file:_files" : ":" + option.name + ":"));
        continue;
      }
      const std::string help = option.name + "[" + option.help + "]";
      arguments +=
          " " + quoted(option.value.empty() ? help : help + ":" + option.value + ":" + (takes_file(option) ? "_files" : ""));
    }
    cases += fmt::format("    {}) _arguments{} ;;\n", command->name(), arguments);
  }
  return fmt::format(R"(#compdef moor
_moor() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
{}  esac
}}
_moor "$@")",
                     names, cases);
}

std::string fish(const Commands& commands) {
  std::string lines = "complete -c moor -f\n";
  for (const auto& command : commands) {
    lines += fmt::format("complete -c moor -n __fish_use_subcommand -a {} -d {}\n", command->name(), quoted(command->summary()));
    for (const Option& option : command->options()) {
      if (!option.name.starts_with("--")) {
        if (takes_file(option))
          lines += fmt::format("complete -c moor -n '__fish_seen_subcommand_from {}' -F\n", command->name());
        continue;
      }
      lines += fmt::format("complete -c moor -n '__fish_seen_subcommand_from {}' -l {} -d {}{}\n", command->name(),
                           option.name.substr(2), quoted(option.help),
                           option.value.empty() ? ""
                           : takes_file(option) ? " -r -F"
                                                : " -x");
    }
  }
  lines.pop_back();
  return lines;
}

class Completion final : public Command {
public:
  explicit Completion(const Commands& commands) : commands_(commands) {}
  [[nodiscard]] std::string name() const override { return "completion"; }
  [[nodiscard]] std::string summary() const override { return "Print completions for a shell"; }
  [[nodiscard]] std::vector<Option> options() override {
    return {{.name = "SHELL",
             .value = "",
             .help = "bash, zsh or fish",
             .target = &shell_,
             .required = true,
             .choices = {"bash", "zsh", "fish"}}};
  }
  [[nodiscard]] int run() override {
    print_line(shell_ == "bash" ? bash(commands_) : shell_ == "zsh" ? zsh(commands_) : fish(commands_));
    flush_output();
    return 0;
  }

private:
  const Commands& commands_;
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> make_completion(const Commands& commands) {
  return std::make_unique<Completion>(commands);
}

}  // namespace moor::cli
