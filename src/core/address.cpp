#include "moor/address.hpp"

#include "core/hex.hpp"

namespace moor {

const char* to_string(AddressKind kind) noexcept {
  switch (kind) {
    case AddressKind::public_: return "public";
    case AddressKind::random_static: return "random static";
    case AddressKind::resolvable: return "resolvable private";
    case AddressKind::non_resolvable: return "non-resolvable private";
  }
  return "unknown";
}

std::optional<Address> Address::parse(std::string_view text, bool random) noexcept {
  const bool separated = text.size() == 17;
  if (!separated && text.size() != 12) return std::nullopt;
  uint64_t bits = 0;
  for (size_t at = 0, byte = 0; byte < 6; ++byte) {
    if (separated && byte > 0) {
      if (text[at] != text[2] || (text[at] != ':' && text[at] != '-')) return std::nullopt;
      ++at;
    }
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bits = bits << 8 | static_cast<uint64_t>(high << 4 | low);
    at += 2;
  }
  return Address(bits, random);
}

std::string Address::to_string() const {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string text = "00:00:00:00:00:00";
  for (size_t byte = 0; byte < 6; ++byte) {
    const auto value = static_cast<uint8_t>(bits_ >> (40 - 8 * byte));
    text[byte * 3] = digits[value >> 4];
    text[byte * 3 + 1] = digits[value & 0x0F];
  }
  return text;
}

}  // namespace moor
