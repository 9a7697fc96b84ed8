#include "moor/config_mistakes.hpp"

#include <fmt/format.h>

namespace moor {

namespace {

std::string listed(const std::string& file, const std::vector<ConfigMistake>& mistakes) {
  std::string out;
  for (const ConfigMistake& mistake : mistakes)
    out += fmt::format("{}{}:{}:{}: {}{}{}; {}", out.empty() ? "" : "\n", file, mistake.line, mistake.column, mistake.key,
                       mistake.key.empty() ? "" : " ", mistake.what, mistake.remedy);
  return out;
}

}  // namespace

ConfigMistakes::ConfigMistakes(const std::string& file, std::vector<ConfigMistake> mistakes, std::string advice)
    : ConfigError(listed(file, mistakes), {.cause = mistakes.front().what, .advice = std::move(advice)}),
      mistakes_(std::move(mistakes)) {}

}  // namespace moor
