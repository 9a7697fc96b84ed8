#pragma once
// A TOML file from the disk to its tables, and the list of what is wrong in it.

#include "moor/config_mistakes.hpp"

#include <toml++/toml.h>
#include <filesystem>

namespace moor::config {

/// What refusals of a file say.
struct FileWords {
  const char* what;             ///< "configuration"
  const char* if_unreadable;    ///< advice
  const char* if_large;         ///< advice
  const char* where_described;  ///< advice that goes with mistakes
};

/// The text of a file. @throws ConfigError if it cannot be read or is over 1 MiB.
[[nodiscard]] std::string read_document(const std::filesystem::path& path, const FileWords& words);

/// @param name  what mistakes call the text. @throws ConfigMistakes with the first fault of its form.
[[nodiscard]] toml::table parse_document(std::string_view text, const std::string& name, const FileWords& words);

/// Collects what is wrong in a file: the first thousand, of a hostile one the rest is only counted.
class Mistakes {
public:
  void add(toml::source_position at, std::string key, std::string what, std::string remedy);
  [[nodiscard]] size_t count() const noexcept { return count_; }
  /// @throws ConfigMistakes if there is one, all in the order of the file.
  void throw_if_any(const std::string& name, const FileWords& words);

private:
  std::vector<ConfigMistake> kept_;
  size_t count_ = 0;
};

}  // namespace moor::config
