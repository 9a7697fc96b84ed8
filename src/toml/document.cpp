#include "toml/document.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <system_error>

namespace moor::config {

namespace {

// toml++ makes and destroys a table for each dot of a key by recursion, which a long enough key takes past the end of the stack. It bounds
// brackets itself. @returns the line of a key that is too deep.
std::optional<toml::source_index> line_of_deep_key(std::string_view text) {
  constexpr int most_dots = 16;
  toml::source_index line = 1;
  int dots = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size()) - 1;
    } else if (c == '"' || c == '\'') {
      const bool triple = text.substr(at).starts_with(c == '"' ? "\"\"\"" : "'''");
      for (at += triple ? 3 : 1; at < text.size(); ++at) {
        if (text[at] == '\n') ++line;
        if (text[at] == '\n' && !triple) break;  // not closed, which the parser says
        if (text[at] == '\\' && c == '"')
          ++at;
        else if (text[at] == c && (!triple || text.substr(at).starts_with(c == '"' ? "\"\"\"" : "'''")))
          break;
      }
      if (triple) at += 2;
    } else if (c == '.') {
      if (++dots > most_dots) return line;
    } else if (std::string_view("=,[]{}\n").find(c) != std::string_view::npos) {
      dots = 0;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string read_document(const std::filesystem::path& path, const FileWords& words) {
  constexpr size_t most = 1 << 20;
  const auto refuse = [&](const std::string& cause, const char* advice) {
    return ConfigError(fmt::format("{} '{}': {}", words.what, path.string(), cause), {.cause = cause, .advice = advice});
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw refuse("is a folder", "Name the file in it.");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(most + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad())
    throw refuse("cannot be read (" + std::generic_category().message(errno) + ")", words.if_unreadable);
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > most) throw refuse("is over 1 MiB", words.if_large);
  return text;
}

toml::table parse_document(std::string_view text, const std::string& name, const FileWords& words) {
  const char* remedy = "correct it to see what else there is";
  if (const auto line = line_of_deep_key(text))
    throw ConfigMistakes(name, {{*line, 1, "", "has a key of too many parts", remedy}}, words.where_described);
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw ConfigMistakes(name, {{at.line, at.column, "", std::string(error.description()), remedy}}, words.where_described);
  }
}

void Mistakes::add(toml::source_position at, std::string key, std::string what, std::string remedy) {
  constexpr size_t most = 1000;
  if (++count_ <= most) kept_.push_back({at.line, at.column, std::move(key), std::move(what), std::move(remedy)});
}

void Mistakes::throw_if_any(const std::string& name, const FileWords& words) {
  if (count_ == 0) return;
  std::ranges::sort(kept_, {}, [](const ConfigMistake& each) { return std::pair(each.line, each.column); });
  if (const size_t more = count_ - kept_.size(); more > 0)
    kept_.push_back({0, 0, "", fmt::format("has {} further mistakes", more), "correct these first"});
  throw ConfigMistakes(name, std::move(kept_), words.where_described);
}

}  // namespace moor::config
