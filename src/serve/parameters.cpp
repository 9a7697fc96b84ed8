#include "serve/parameters.hpp"

#include "core/iso_time.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <charconv>
#include <cmath>

namespace moor::serve {

namespace {

constexpr size_t longest_text = 256;

// What is shown of a value that somebody else has sent.
std::string shown(std::string_view value) {
  return value.size() <= 40 ? std::string(value) : std::string(value.substr(0, 40)) + "...";
}

template <typename Number>
std::optional<Number> parse_whole(std::string_view value) {
  Number number{};
  const char* const begin = value.data();
  const char* const end = begin + value.size();
  const auto [parsed, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return number;
}

}  // namespace

std::optional<int64_t> integer(const http::Request& request, std::string_view name, int64_t least, int64_t most) {
  const auto value = request.find_query(name);
  if (!value) return std::nullopt;
  const auto number = parse_whole<int64_t>(*value);
  if (!number || *number < least || *number > most)
    throw http::Refusal(400, fmt::format("{} '{}' is no whole number from {} to {}", name, shown(*value), least, most),
                        fmt::format("Give {} from {} to {}, or leave it out.", name, least, most));
  return number;
}

std::optional<double> number(const http::Request& request, std::string_view name, double least, double most) {
  const auto value = request.find_query(name);
  if (!value) return std::nullopt;
  const auto number = parse_whole<double>(*value);
  if (!number || !std::isfinite(*number) || *number < least || *number > most)
    throw http::Refusal(400, fmt::format("{} '{}' is no number from {} to {}", name, shown(*value), least, most),
                        fmt::format("Give {} from {} to {}, or leave it out.", name, least, most));
  return number;
}

std::optional<WallTime> moment(const http::Request& request, std::string_view name) {
  constexpr double latest_s = 9e9;  // the year 2255: what a clock of nanoseconds can count
  const auto value = request.find_query(name);
  if (!value) return std::nullopt;
  if (const auto seconds = parse_whole<double>(*value); seconds && *seconds >= 0 && *seconds <= latest_s)
    return WallTime(from_seconds(*seconds));
  if (const auto found = parse_iso(*value)) return found;
  throw http::Refusal(400, fmt::format("{} '{}' is no moment", name, shown(*value)),
                      "Give it as ISO 8601, such as 2026-03-02T09:00:00Z or 2026-03-02, or in seconds since 1970.");
}

std::string word(const http::Request& request, std::string_view name, std::span<const std::string_view> words) {
  const auto value = request.find_query(name);
  if (!value) return std::string(words.front());
  for (const std::string_view each : words)
    if (each == *value) return std::string(each);
  throw http::Refusal(400, fmt::format("{} '{}' is none of {}", name, shown(*value), fmt::join(words, ", ")),
                      fmt::format("Give {} as {}.", name, fmt::join(words, " or ")));
}

std::optional<bool> flag(const http::Request& request, std::string_view name) {
  const auto value = request.find_query(name);
  if (!value) return std::nullopt;
  if (*value == "1" || *value == "true") return true;
  if (*value == "0" || *value == "false") return false;
  throw http::Refusal(400, fmt::format("{} '{}' is neither true nor false", name, shown(*value)),
                      fmt::format("Give {} as true or false, or leave it out.", name));
}

std::string text(const http::Request& request, std::string_view name) {
  const auto value = request.find_query(name).value_or(std::string_view());
  if (value.size() > longest_text)
    throw http::Refusal(400, fmt::format("{} has {} bytes, over {}", name, value.size(), longest_text),
                        "Look for something shorter.");
  return std::string(value);
}

void only(const http::Request& request, std::span<const std::string_view> names) {
  for (const auto& [name, value] : request.query) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string advice = names.empty() ? "It takes none." : fmt::format("It takes {}.", fmt::join(names, ", "));
    throw http::Refusal(400, fmt::format("there is no parameter '{}'", shown(name)), advice);
  }
}

}  // namespace moor::serve
