#include "core/duration_text.hpp"

#include <fmt/format.h>
#include <charconv>
#include <cmath>

namespace moor {

namespace {

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr Unit units[] = {{"d", std::chrono::hours(24)},        {"h", std::chrono::hours(1)},
                          {"min", std::chrono::minutes(1)},     {"s", std::chrono::seconds(1)},
                          {"ms", std::chrono::milliseconds(1)}, {"us", std::chrono::microseconds(1)}};
constexpr double longest_s = 250 * 365.25 * 86400;  // what 63 bits of nanoseconds surely hold

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) noexcept {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string_view name = text.substr(static_cast<size_t>(end - text.data()));
  while (name.starts_with(' ')) name.remove_prefix(1);
  for (const Unit& unit : units) {
    if (name != unit.name) continue;
    const double seconds = number * to_seconds(unit.length);
    if (seconds > longest_s) return std::nullopt;
    return from_seconds(seconds);
  }
  return std::nullopt;
}

std::string elapsed_text(Duration duration) {
  if (duration < Duration::zero()) return "-" + elapsed_text(-duration);
  const double seconds = to_seconds(duration);
  if (duration == Duration::zero()) return "0 s";
  if (seconds < 0.9995) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (seconds < 10) return fmt::format("{:.3g} s", seconds);
  auto rest = std::chrono::round<std::chrono::seconds>(duration);
  if (rest >= std::chrono::hours(24))
    rest = std::chrono::round<std::chrono::hours>(rest);
  else if (rest >= std::chrono::hours(1))
    rest = std::chrono::round<std::chrono::minutes>(rest);
  std::string text;
  for (const Unit& unit : units) {
    const auto count = rest / unit.length;
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : " ", count, unit.name);
    rest -= std::chrono::duration_cast<std::chrono::seconds>(count * unit.length);
    if (rest.count() == 0) break;
  }
  return text;
}

}  // namespace moor
