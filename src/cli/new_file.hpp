#pragma once
// Files that a command writes for the first time.

#include <string>

namespace moor::cli {

/// @throws UsageError where the file is there already: nothing is replaced.
void require_new(const std::string& path);
/// Writes it whole, for its owner alone. @throws UsageError where it is there already, Error where it cannot be written.
void write_new_file(const std::string& path, const std::string& content);

}  // namespace moor::cli
