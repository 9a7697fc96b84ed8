#pragma once
// What is wrong in a file that somebody has written: the gateway's configuration, a world. All of it at once, each with its place and
// its remedy.

#include "moor/error.hpp"

#include <vector>

namespace moor {

/// One thing wrong in a file.
struct ConfigMistake {
  size_t line = 0;  ///< from 1; 0 where the file as a whole is meant
  size_t column = 0;
  std::string key;     ///< "presence.alpha"; empty for a mistake of the file's form
  std::string what;    ///< "is 1.5"
  std::string remedy;  ///< "use 0.01 to 1"
};

/// All that is wrong in a file, in its order. `what()` has a line for each: FILE:LINE:COLUMN: KEY what; remedy.
class ConfigMistakes final : public ConfigError {
public:
  /// @pre there is a mistake. @param advice  where the keys are described.
  ConfigMistakes(const std::string& file, std::vector<ConfigMistake> mistakes, std::string advice);
  [[nodiscard]] const std::vector<ConfigMistake>& mistakes() const noexcept { return mistakes_; }

private:
  std::vector<ConfigMistake> mistakes_;
};

}  // namespace moor
