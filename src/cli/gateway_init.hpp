#pragma once
// moor gateway --init: asks what is there and what is wanted, and writes a commented configuration.

#include <string>

namespace moor::cli {

/// Looks for adapters and for proxies on the network; asks the person on the terminal, or takes all of it where nobody is there.
/// @throws UsageError where the file is there already, Error where it cannot be written.
/// @returns the exit status.
[[nodiscard]] int write_first_config(const std::string& path);

}  // namespace moor::cli
