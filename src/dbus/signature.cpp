#include "dbus/signature.hpp"

#include <cstdint>

namespace moor::dbus {
namespace {

constexpr std::string_view basic_types = "ybnqiuxtdsogh";
constexpr size_t longest_name = 255;

struct Depth {
  int arrays = 0;
  int structs = 0;
};

// The size of the first complete type, 0 where there is none.
size_t measure(std::string_view text, Depth depth) noexcept {
  if (text.empty()) return 0;
  const char type = text.front();
  if (type == 'v' || basic_types.find(type) != std::string_view::npos) return 1;
  if (type == 'a') {
    if (++depth.arrays > max_nesting || text.size() < 2) return 0;
    if (text[1] != '{') {
      const size_t element = measure(text.substr(1), depth);
      return element == 0 ? 0 : 1 + element;
    }
    // A dictionary: a basic key and one value. Only here braces are allowed.
    if (++depth.structs > max_nesting || text.size() < 5 || basic_types.find(text[2]) == std::string_view::npos) return 0;
    const size_t value = measure(text.substr(3), depth);
    return value == 0 || text.size() <= 3 + value || text[3 + value] != '}' ? 0 : 4 + value;
  }
  if (type != '(' || ++depth.structs > max_nesting) return 0;
  size_t at = 1;
  while (at < text.size() && text[at] != ')') {
    const size_t member = measure(text.substr(at), depth);
    if (member == 0) return 0;
    at += member;
  }
  return at == text.size() || at == 1 ? 0 : at + 1;
}

constexpr bool is_letter(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

struct NameRule {
  bool dash = false;
  bool digit_first = false;
};

bool is_dotted_name(std::string_view text, NameRule rule) noexcept {
  if (text.size() > longest_name) return false;
  size_t parts = 0;
  while (true) {
    const size_t end = text.find('.');
    const std::string_view part = text.substr(0, end);
    if (part.empty() || (!rule.digit_first && is_digit(part.front()))) return false;
    for (const char c : part)
      if (!is_letter(c) && !is_digit(c) && !(rule.dash && c == '-')) return false;
    ++parts;
    if (end == std::string_view::npos) return parts > 1;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool is_signature(std::string_view text) noexcept {
  if (text.size() > max_signature) return false;
  while (!text.empty()) {
    const size_t size = measure(text, {});
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool is_one_type(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_signature && measure(text, {}) == text.size();
}

size_t first_type_size(std::string_view text) noexcept {
  size_t at = 0;
  while (at < text.size() && text[at] == 'a') ++at;
  if (at == text.size() || (text[at] != '(' && text[at] != '{')) return at + 1;
  int open = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '(' || text[at] == '{') ++open;
    if ((text[at] == ')' || text[at] == '}') && --open == 0) return at + 1;
  }
  return text.size();
}

bool is_path(std::string_view text) noexcept {
  if (!text.starts_with('/')) return false;
  if (text.size() == 1) return true;
  for (size_t at = 1; at <= text.size(); ++at) {
    if (at == text.size() || text[at] == '/') {
      if (text[at - 1] == '/') return false;
    } else if (!is_letter(text[at]) && !is_digit(text[at])) {
      return false;
    }
  }
  return true;
}

bool is_interface(std::string_view text) noexcept {
  return is_dotted_name(text, {});
}

bool is_member(std::string_view text) noexcept {
  if (text.empty() || text.size() > longest_name || is_digit(text.front())) return false;
  for (const char c : text)
    if (!is_letter(c) && !is_digit(c)) return false;
  return true;
}

bool is_bus_name(std::string_view text) noexcept {
  if (text.starts_with(':')) return is_dotted_name(text.substr(1), {.dash = true, .digit_first = true});
  return is_dotted_name(text, {.dash = true});
}

}  // namespace moor::dbus
