#pragma once
// Passwords and tokens, which the configuration has or names a file for.

#include "gateway/config.hpp"

namespace moor::publish {

/// @param key  how the configuration calls the file. @returns empty where neither is given.
/// @throws ConfigError for a file that cannot be read or whose first line is empty.
[[nodiscard]] std::string read_secret(const GatewayConfig::Secret& secret, const std::filesystem::path& file,
                                      const std::string& key);

}  // namespace moor::publish
