#include "moor/uuid.hpp"

#include "core/hex.hpp"

namespace moor {

std::optional<Uuid> Uuid::parse(std::string_view text) noexcept {
  const bool prefixed = text.starts_with("0x") || text.starts_with("0X");
  if (prefixed) text.remove_prefix(2);
  const bool hyphens = text.size() == 36;
  if (text.size() != 4 && text.size() != 8 && (prefixed || (text.size() != 32 && !hyphens))) return std::nullopt;
  uint64_t high = 0;
  uint64_t low = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (hyphens && (at == 8 || at == 13 || at == 18 || at == 23)) {
      if (text[at] != '-') return std::nullopt;
      continue;
    }
    const int digit = hex_digit(text[at]);
    if (digit < 0) return std::nullopt;
    high = high << 4 | low >> 60;
    low = low << 4 | static_cast<uint64_t>(digit);
  }
  if (text.size() <= 8) return Uuid(static_cast<uint32_t>(low));
  return Uuid(high, low);
}

std::array<uint8_t, 16> Uuid::to_be() const noexcept {
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<uint8_t>(high_ >> (56 - 8 * i));
    bytes[8 + i] = static_cast<uint8_t>(low_ >> (56 - 8 * i));
  }
  return bytes;
}

std::vector<uint8_t> Uuid::to_le() const {
  const auto be = to_be();
  if (const auto number = assigned_number()) {
    if (*number <= 0xFFFF) return {be[3], be[2]};
    return {be[3], be[2], be[1], be[0]};
  }
  return {be.rbegin(), be.rend()};
}

std::string Uuid::to_string() const {
  std::string text = to_hex(to_be());
  for (size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace moor
