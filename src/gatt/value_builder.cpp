#include "gatt/value_builder.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace moor {

namespace {

constexpr int max_text_digits = 12;
constexpr double max_plain_number = 1e15;  // a double has no more digits

std::string with_unit(std::string text, std::string_view unit) {
  if (!unit.empty()) text.append(" ").append(unit);
  return text;
}

std::string spaced(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '_', ' ');
  return text;
}

}  // namespace

std::string number_text(double number, int digits) {
  if (std::abs(number) >= max_plain_number || digits > max_text_digits) return fmt::format("{}", number);
  return fmt::format("{:.{}f}", number + 0.0, std::max(digits, 0));
}

void ValueBuilder::say_whole(std::string_view what) {
  if (!value_.text.empty()) value_.text += ", ";
  value_.text += what;
}

void ValueBuilder::say(std::string_view name, std::string_view label, std::string_view what) {
  const bool is_main = value_.has_main && value_.fields.empty();
  const bool is_repeat = !value_.fields.empty() && value_.fields.back().name == name;
  if (is_main || is_repeat)
    say_whole(what);
  else
    say_whole(fmt::format("{} {}", label.empty() ? spaced(name) : std::string(label), what));
}

void ValueBuilder::add_number(const NumberKey& key, double number, const std::string& text) {
  say(key.name, key.label, with_unit(text, key.unit));
  value_.fields.push_back({key.name, number, std::string(key.unit), key.quantity, key.in_list});
}

void ValueBuilder::number(const NumberKey& key, double number, int digits) {
  add_number(key, number, number_text(number, digits));
}

void ValueBuilder::at_least(const NumberKey& key, double number, int digits) {
  add_number(key, number, "at least " + number_text(number, digits));
}

void ValueBuilder::unknown(const NumberKey& key) {
  say(key.name, key.label, "unknown");
  value_.fields.push_back({key.name, std::monostate(), std::string(key.unit), key.quantity, key.in_list});
}

void ValueBuilder::decimal(const NumberKey& key, const std::optional<Decimal>& decimal) {
  if (decimal)
    number(key, decimal->number(), decimal->digits());
  else
    unknown(key);
}

void ValueBuilder::flag(std::string_view name, bool value, std::string_view off, std::string_view label) {
  if (value)
    say_whole(label.empty() ? spaced(name) : std::string(label));
  else if (!off.empty())
    say_whole(off);
  value_.fields.push_back({name, value});
}

void ValueBuilder::text(std::string_view name, std::string text, std::string_view label) {
  say(name, label, text);
  value_.fields.push_back({name, std::move(text)});
}

}  // namespace moor
