#include "core/utf8.hpp"

namespace moor {

size_t utf8_sequence_size(Bytes text) noexcept {
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

size_t broken_utf8_size(Bytes text) noexcept {
  size_t begun = 1;
  for (size_t size = 2; size <= 3 && size <= text.size(); ++size) {
    const uint8_t completed[4] = {text[0], text[1], size == 3 ? text[2] : uint8_t{0x80}, 0x80};
    if (utf8_sequence_size(completed) <= size) break;
    begun = size;
  }
  return begun;
}

bool is_utf8(Bytes text) noexcept {
  while (!text.empty()) {
    const size_t size = utf8_sequence_size(text);
    if (size == 0) return false;
    text = text.subspan(size);
  }
  return true;
}

}  // namespace moor
