#pragma once
// What a command accepts, declared once: parsing, help, completions and the man page all come from it. The parser behind it is CLI11, which
// takes seconds to compile and stays in arguments.cpp.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace moor::cli {

/// Where an option's value goes. A bool is a flag; a vector may be given several times; an optional tells whether it was given.
using Target = std::variant<bool*, int*, double*, std::string*, std::optional<int>*, std::optional<double>*,
                            std::optional<std::string>*, std::vector<std::string>*>;

struct Option {
  std::string name;   ///< "--min-rssi", or "ADDRESS" for an argument by position
  std::string value;  ///< what stands for the value in help: "DBM"; empty for a flag
  std::string help;   ///< one sentence with unit and default
  Target target;
  bool required = false;
  std::optional<double> least{};  ///< range of a number
  std::optional<double> most{};
  std::vector<std::string> choices{};  ///< the only values, if not empty
};

class Command {
public:
  virtual ~Command() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string summary() const = 0;  ///< one line, for the list of commands
  [[nodiscard]] virtual std::vector<Option> options() = 0;
  /// @returns the exit status.
  [[nodiscard]] virtual int run() = 0;
};

using Commands = std::vector<std::unique_ptr<Command>>;

/// Parses the arguments and fills the targets of the command they name.
/// @returns the command, or the exit status where there is nothing more to do (help, version, wrong usage; texts are printed).
[[nodiscard]] std::variant<Command*, int> parse(int argc, const char* const* argv, const Commands& commands);

}  // namespace moor::cli
