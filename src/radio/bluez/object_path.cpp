#include "radio/bluez/object_path.hpp"

#include <charconv>

namespace moor::bluez {

namespace {

constexpr size_t address_size = 17;  // "A4_CF_12_34_56_78"

bool take(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

template <typename Number>
bool take_number(std::string_view& text, size_t digits, int base, Number& into) noexcept {
  const char* const end = text.data() + std::min(text.size(), digits);
  const auto [stop, error] = std::from_chars(text.data(), end, into, base);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  return true;
}

// One level of handles, "/service000a"; nothing where the text goes on otherwise.
bool take_handle(std::string_view& text, std::string_view prefix, uint16_t& into) noexcept {
  std::string_view rest = text;
  if (!take(rest, prefix) || rest.size() < 4 || !take_number(rest, 4, 16, into) || text.size() - rest.size() != prefix.size() + 4)
    return false;
  text = rest;
  return true;
}

// -1 for what is no digit.
constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Six bytes with a separator between them.
bool parse_address(std::string_view text, char separator, uint64_t& bits) noexcept {
  if (text.size() != address_size) return false;
  bits = 0;
  for (size_t at = 0; at < address_size; at += 3) {
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0 || (at + 2 < address_size && text[at + 2] != separator)) return false;
    bits = bits << 8 | static_cast<uint64_t>(high << 4 | low);
  }
  return true;
}

}  // namespace

ObjectPath ObjectPath::parse(std::string_view text) noexcept {
  ObjectPath path;
  if (!take(text, "/org/bluez/hci") || !take_number(text, 5, 10, path.adapter) || path.adapter > max_adapter) return {};
  if (text.empty()) {
    path.kind = Kind::adapter;
    return path;
  }
  if (!take(text, "/dev_") || !parse_address(text.substr(0, address_size), '_', path.device_bits)) return {};
  text.remove_prefix(address_size);
  path.kind = Kind::device;
  if (text.empty()) return path;
  if (!take_handle(text, "/service", path.service)) return {};
  path.kind = Kind::service;
  if (text.empty()) return path;
  if (!take_handle(text, "/char", path.characteristic)) return {};
  path.kind = Kind::characteristic;
  if (text.empty()) return path;
  if (!take_handle(text, "/desc", path.descriptor) || !text.empty()) return {};
  path.kind = Kind::descriptor;
  return path;
}

bool is_made_of_address(std::string_view alias) noexcept {
  uint64_t ignored = 0;
  return parse_address(alias, '-', ignored);
}

}  // namespace moor::bluez
