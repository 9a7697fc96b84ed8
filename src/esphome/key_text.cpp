// Keys as people write them: base64 (RFC 4648, 4).

#include "core/require.hpp"
#include "esphome/stream.hpp"

namespace moor::esphome {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view white_space = " \t\r\n";
constexpr size_t digits = 43;  // 256 bits, 6 in each
constexpr const char* advice =
    "The key is the text after `api: encryption: key:` in the proxy's YAML, 44 characters that end with =.";

[[noreturn]] void refuse(const std::string& what) {
  throw UsageError("an ESPHome key " + what, {.advice = advice});
}

// The URL-safe alphabet (RFC 4648, 5) too: keys are pasted into URLs.
size_t digit_of(char c) noexcept {
  return alphabet.find(c == '-' ? '+' : c == '_' ? '/' : c);
}

}  // namespace

crypto::SecretKey parse_key(std::string_view base64) {
  const size_t begin = base64.find_first_not_of(white_space);
  if (begin == std::string_view::npos) refuse("is empty");
  base64 = base64.substr(begin, base64.find_last_not_of(white_space) + 1 - begin);
  const std::string_view text = base64.ends_with('=') ? base64.substr(0, base64.size() - 1) : base64;
  for (size_t i = 0; i < text.size(); ++i)
    if (digit_of(text[i]) == std::string_view::npos)
      refuse("has a character that base64 does not have, at position " + std::to_string(i + 1));
  if (text.size() != digits)
    refuse("is 32 bytes, 44 characters of base64 with the = at their end; this one has " + std::to_string(base64.size()));

  std::array<uint8_t, crypto::SecretKey::size> bytes{};
  uint32_t bits = 0;
  unsigned count = 0;
  size_t at = 0;
  for (const char c : text) {
    bits = bits << 6 | static_cast<uint32_t>(digit_of(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at++] = static_cast<uint8_t>(bits >> count);
  }
  crypto::SecretKey key(bytes);
  crypto::wipe(bytes);
  return key;
}

std::string to_base64(const crypto::SecretKey& key) {
  std::string text;
  text.reserve(digits + 1);
  uint32_t bits = 0;
  unsigned count = 0;
  for (const uint8_t byte : key.bytes()) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += alphabet[bits >> (count - 6) & 0x3f];
  }
  text += alphabet[bits << (6 - count) & 0x3f];
  return text + '=';
}

}  // namespace moor::esphome
