#include "publish/secrets.hpp"

#include <fmt/format.h>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace moor::publish {

std::string read_secret(const GatewayConfig::Secret& secret, const std::filesystem::path& file, const std::string& key) {
  if (file.empty()) return secret.text;
  std::ifstream input(file);
  std::string line;
  if (!input || !std::getline(input, line))
    throw ConfigError(fmt::format("{}: {} cannot be read{}", key, file.string(),
                                  errno != 0 ? ": " + std::generic_category().message(errno) : std::string()),
                      {.advice = "Check the path and who may read the file."});
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty())
    throw ConfigError(fmt::format("{}: the first line of {} is empty", key, file.string()),
                      {.advice = "Write the secret into its first line."});
  return line;
}

}  // namespace moor::publish
