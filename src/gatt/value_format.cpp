#include "moor/value_format.hpp"

#include "core/json_text.hpp"
#include "core/utf8.hpp"
#include "moor/advertisement.hpp"
#include "moor/error.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace moor {

namespace {

struct TypeRow {
  std::string_view name;
  ValueFormat::Type type;
  uint8_t size;
};

using enum ValueFormat::Type;
constexpr std::array types = {
    TypeRow{"u8", unsigned_, 1}, TypeRow{"u16", unsigned_, 2}, TypeRow{"u24", unsigned_, 3}, TypeRow{"u32", unsigned_, 4},
    TypeRow{"s8", signed_, 1},   TypeRow{"s16", signed_, 2},   TypeRow{"s24", signed_, 3},   TypeRow{"s32", signed_, 4},
    TypeRow{"f32", floating, 4}, TypeRow{"f64", floating, 8},  TypeRow{"utf8", utf8, 0},     TypeRow{"hex", hex, 0},
};

constexpr size_t max_unit_size = 32;  // bytes
constexpr int max_digits = 12;        // behind the point; a u32 has 10 before it, and a double 15 to 17 in all
constexpr double min_factor = 1e-12;
constexpr double max_factor = 1e12;

UsageError wrong(std::string_view whole, const std::string& why) {
  return UsageError(
      fmt::format("format \"{}\": {}; write TYPE[*FACTOR][+OFFSET][ UNIT], as \"s16*0.01 °C\", where TYPE is u8, u16, u24, "
                  "u32, s8, s16, s24, s32, f32 or f64, with \"be\" behind it for big-endian; or utf8 or hex",
                  whole, why));
}

// "0.01" has 2, "1e-05" has 5, "25" none.
int digits_of(std::string_view number) {
  int exponent = 0;
  if (const size_t e = number.find_first_of("eE"); e != number.npos) {
    const std::string_view text = number.substr(number[e + 1] == '+' ? e + 2 : e + 1);
    (void)std::from_chars(text.data(), text.data() + text.size(), exponent);
    number = number.substr(0, e);
  }
  const size_t point = number.find('.');
  const int behind = point == number.npos ? 0 : static_cast<int>(number.size() - point - 1);
  return std::clamp(behind - exponent, 0, max_digits);
}

// Takes a number off the beginning of the text.
double take_number(std::string_view& text, int& digits, std::string_view whole, const char* what) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) throw wrong(whole, fmt::format("{} is no number", what));
  const auto size = static_cast<size_t>(end - text.data());
  digits = std::max(digits, digits_of(fmt::format("{}", number)));  // as `to_string` writes it
  text.remove_prefix(size);
  return number;
}

bool is_unit(std::string_view unit) noexcept {
  const Bytes bytes(reinterpret_cast<const uint8_t*>(unit.data()), unit.size());
  return !unit.empty() && unit.size() <= max_unit_size && unit.front() != ' ' && unit.back() != ' ' && is_utf8(bytes) &&
         std::ranges::none_of(bytes, [](uint8_t c) { return c < 0x20 || c == 0x7F; });
}

uint64_t load(Bytes bytes, bool big_endian) noexcept {
  uint64_t bits = 0;
  for (size_t i = 0; i < bytes.size(); ++i) bits = bits << 8 | bytes[big_endian ? i : bytes.size() - 1 - i];
  return bits;
}

double clamped_step(double step, bool is_signed, unsigned bits) noexcept {
  if (std::isnan(step)) return 0;
  const double span = std::ldexp(1.0, static_cast<int>(bits) - (is_signed ? 1 : 0));
  return std::clamp(std::round(step), is_signed ? -span : 0.0, span - 1);
}

float nearest_float(double number) noexcept {
  constexpr double limit = std::numeric_limits<float>::max();
  return static_cast<float>(std::isnan(number) ? number : std::clamp(number, -limit, limit));
}

}  // namespace

ValueFormat ValueFormat::parse(std::string_view text) {
  const std::string_view whole = text;
  ValueFormat format;
  const std::string_view word = text.substr(0, std::min(text.find_first_of("*+- "), text.size()));
  std::string_view name = word;
  if (name.size() > 2 && name.ends_with("be")) {
    name.remove_suffix(2);
    format.big_endian_ = true;
  }
  const auto* row = std::ranges::find(types, name, &TypeRow::name);
  if (row == types.end()) throw wrong(whole, fmt::format("\"{}\" is no type", word));
  if (format.big_endian_ && row->size < 2) throw wrong(whole, fmt::format("{} has no order of bytes", name));
  format.type_ = row->type;
  format.size_ = row->size;
  text.remove_prefix(word.size());
  if (row->size == 0 && !text.empty()) throw wrong(whole, fmt::format("{} is no number and has neither factor nor unit", name));
  if (text.starts_with('*')) {
    text.remove_prefix(1);
    format.factor_ = take_number(text, format.digits_, whole, "the factor");
    if (std::abs(format.factor_) < min_factor || std::abs(format.factor_) > max_factor)
      throw wrong(whole, "the factor is not between 1e-12 and 1e12");
  }
  if (text.starts_with('+') || text.starts_with('-')) {
    if (text.front() == '+') text.remove_prefix(1);
    format.offset_ = take_number(text, format.digits_, whole, "the offset");
    if (std::abs(format.offset_) > max_factor) throw wrong(whole, "the offset is not between -1e12 and 1e12");
  }
  if (text.empty()) return format;
  if (!text.starts_with(' ')) throw wrong(whole, fmt::format("\"{}\" is neither factor, offset nor unit", text));
  text.remove_prefix(1);
  if (!is_unit(text)) throw wrong(whole, "the unit is no text of 1 to 32 bytes");
  format.unit_ = text;
  return format;
}

std::string ValueFormat::to_string() const {
  const auto* row = std::ranges::find_if(types, [&](const TypeRow& each) { return each.type == type_ && each.size == size_; });
  std::string text(row->name);
  if (big_endian_) text += "be";
  if (factor_ != 1) text += fmt::format("*{}", factor_);
  if (offset_ != 0) text += fmt::format("{:+}", offset_);
  if (!unit_.empty()) text += " " + unit_;
  return text;
}

std::optional<double> ValueFormat::decode(Bytes value) const noexcept {
  if (size_ == 0 || value.size() < size_) return std::nullopt;
  const uint64_t bits = load(value.first(size_), big_endian_);
  if (type_ == Type::floating) {
    const double number =
        size_ == 4 ? static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits))) : std::bit_cast<double>(bits);
    const double result = number * factor_ + offset_;
    return std::isfinite(result) ? std::optional(result) : std::nullopt;
  }
  const unsigned unused = 64U - 8U * size_;
  const double number =
      type_ == Type::signed_ ? static_cast<double>(static_cast<int64_t>(bits << unused) >> unused) : static_cast<double>(bits);
  // 2345 * 0.01 is 23.450000000000003: the number that is meant has no more digits than factor and offset.
  return rounded(number * factor_ + offset_, digits_);
}

std::vector<uint8_t> ValueFormat::encode(double number) const {
  std::vector<uint8_t> bytes;
  encode(number, bytes);
  return bytes;
}

void ValueFormat::encode(double number, std::vector<uint8_t>& into) const {
  const double step = (number - offset_) / factor_;
  uint64_t bits = 0;
  if (type_ == Type::utf8) {
    const std::string text = fmt::format("{}", number);
    into.assign(text.begin(), text.end());
    return;
  }
  if (type_ != Type::floating)
    bits = static_cast<uint64_t>(static_cast<int64_t>(clamped_step(step, type_ == Type::signed_, 8U * size_)));
  else if (size_ == 4)
    bits = std::bit_cast<uint32_t>(nearest_float(step));
  else
    bits = std::bit_cast<uint64_t>(step);
  into.resize(size_);
  for (size_t i = 0; i < into.size(); ++i) into[big_endian_ ? into.size() - 1 - i : i] = static_cast<uint8_t>(bits >> 8 * i);
}

std::string ValueFormat::text(Bytes value) const {
  if (type_ == Type::utf8) return printable_name(value);
  const auto number = decode(value);
  if (!number) return to_hex(value);
  std::string text;
  if (type_ != Type::floating)
    text = fmt::format("{:.{}f}", *number, digits_);
  else if (size_ == 4)
    text = fmt::format("{}", static_cast<float>(*number));
  else
    text = fmt::format("{}", *number);
  return unit_.empty() ? text : text + " " + unit_;
}

}  // namespace moor
