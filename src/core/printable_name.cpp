#include "moor/advertisement.hpp"

namespace moor {

namespace {

constexpr char replacement[] = "\xEF\xBF\xBD";  // U+FFFD

// The length of the well-formed UTF-8 sequence at the front, 0 if there is none (Unicode 15, table 3-7).
size_t well_formed(Bytes text) noexcept {
  const auto continues = [&](size_t at, uint8_t low = 0x80, uint8_t high = 0xBF) {
    return at < text.size() && text[at] >= low && text[at] <= high;
  };
  const uint8_t lead = text[0];
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;   // no overlong forms
    const uint8_t high = lead == 0xED ? 0x9F : 0xBF;  // no surrogates
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;  // up to U+10FFFF
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

bool is_control(Bytes sequence) noexcept {
  if (sequence.size() == 1) return sequence[0] < 0x20 || sequence[0] == 0x7F;
  return sequence.size() == 2 && sequence[0] == 0xC2 && sequence[1] < 0xA0;  // C1 controls, which terminals obey
}

}  // namespace

std::string printable_name(Bytes raw) {
  std::string text;
  text.reserve(raw.size());
  while (!raw.empty() && raw[0] != 0) {
    const size_t length = well_formed(raw);
    if (length == 0 || is_control(raw.first(length)))
      text += replacement;
    else
      text.append(reinterpret_cast<const char*>(raw.data()), length);
    raw = raw.subspan(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace moor
