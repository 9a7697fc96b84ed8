#include "moor/advertisement.hpp"

#include "core/utf8.hpp"

namespace moor {

namespace {

constexpr char replacement[] = "\xEF\xBF\xBD";  // U+FFFD

bool is_control(Bytes sequence) noexcept {
  if (sequence.size() == 1) return sequence[0] < 0x20 || sequence[0] == 0x7F;
  return sequence.size() == 2 && sequence[0] == 0xC2 && sequence[1] < 0xA0;  // C1 controls, which terminals obey
}

}  // namespace

std::string printable_name(Bytes raw) {
  std::string text;
  text.reserve(raw.size());
  while (!raw.empty() && raw[0] != 0) {
    const size_t length = utf8_sequence_size(raw);
    if (length == 0 || is_control(raw.first(length)))
      text += replacement;
    else
      text.append(reinterpret_cast<const char*>(raw.data()), length);
    raw = raw.subspan(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace moor
