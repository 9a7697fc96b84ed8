#include "cli/terminal.hpp"

#include <cstdint>

namespace moor::cli {

namespace {

struct Character {
  char32_t code;
  size_t bytes;
};

// The character at the front of text that is valid UTF-8 (names are made so, moor/advertisement.hpp).
Character front(std::string_view utf8) noexcept {
  const auto byte = [&](size_t at) { return at < utf8.size() ? static_cast<uint8_t>(utf8[at]) : uint8_t{0}; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const auto tail = [&](size_t at) { return static_cast<char32_t>(byte(at) & 0x3F); };
  if (lead < 0xE0) return {static_cast<char32_t>(lead & 0x1F) << 6 | tail(1), 2};
  if (lead < 0xF0) return {static_cast<char32_t>(lead & 0x0F) << 12 | tail(1) << 6 | tail(2), 3};
  return {static_cast<char32_t>(lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4};
}

struct Range {
  char32_t first;
  char32_t last;
};
// The blocks of combining marks and of wide characters that device names use; the full tables of Unicode (UAX #11) are longer.
constexpr Range combining[] = {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x200B, 0x200F},
                               {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
constexpr Range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
                          {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                          {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <size_t n>
bool in(const Range (&ranges)[n], char32_t code) noexcept {
  for (const Range& range : ranges)
    if (code >= range.first && code <= range.last) return true;
  return false;
}

size_t columns_of(char32_t code) noexcept {
  return in(combining, code) ? 0 : in(wide, code) ? 2 : 1;
}

}  // namespace

size_t display_width(std::string_view utf8) {
  size_t width = 0;
  while (!utf8.empty()) {
    const Character character = front(utf8);
    width += columns_of(character.code);
    utf8.remove_prefix(std::min(character.bytes, utf8.size()));
  }
  return width;
}

std::string cut(std::string_view utf8, size_t width) {
  if (display_width(utf8) <= width) return std::string(utf8);
  if (width == 0) return {};
  size_t used = 0;
  size_t at = 0;
  while (at < utf8.size()) {
    const Character character = front(utf8.substr(at));
    if (used + columns_of(character.code) > width - 1) break;
    used += columns_of(character.code);
    at += character.bytes;
  }
  return std::string(utf8.substr(0, at)) + "…";
}

}  // namespace moor::cli
