#pragma once
// Bytes as they come from the air: a view, hexadecimal text, and reads that cannot go past the end.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moor {

using Bytes = std::span<const uint8_t>;

/// Lower-case hexadecimal without separators: {0x4c, 0x00} is "4c00".
[[nodiscard]] std::string to_hex(Bytes bytes);

/// Bytes from hexadecimal text; upper and lower case, with ' ', ':' or '-' between bytes allowed.
/// @returns nothing if the text has another character or half a byte.
[[nodiscard]] std::optional<std::vector<uint8_t>> from_hex(std::string_view text);

/// Integers at a place whose bounds the caller has checked. `le` is little-endian, `be` big-endian.
[[nodiscard]] constexpr uint16_t load_le16(const uint8_t* p) noexcept {
  return static_cast<uint16_t>(p[0] | p[1] << 8);
}
[[nodiscard]] constexpr uint16_t load_be16(const uint8_t* p) noexcept {
  return static_cast<uint16_t>(p[0] << 8 | p[1]);
}
[[nodiscard]] constexpr uint32_t load_le32(const uint8_t* p) noexcept {
  return static_cast<uint32_t>(load_le16(p)) | static_cast<uint32_t>(load_le16(p + 2)) << 16;
}
[[nodiscard]] constexpr uint32_t load_be32(const uint8_t* p) noexcept {
  return static_cast<uint32_t>(load_be16(p)) << 16 | static_cast<uint32_t>(load_be16(p + 2));
}
[[nodiscard]] constexpr uint64_t load_le64(const uint8_t* p) noexcept {
  return static_cast<uint64_t>(load_le32(p)) | static_cast<uint64_t>(load_le32(p + 4)) << 32;
}
[[nodiscard]] constexpr uint64_t load_be64(const uint8_t* p) noexcept {
  return static_cast<uint64_t>(load_be32(p)) << 32 | static_cast<uint64_t>(load_be32(p + 4));
}

/// Where and why reading stopped. Parsers return it; they do not throw.
struct ParseError {
  size_t offset = 0;      ///< byte in the input at which the fault is
  const char* what = "";  ///< static text, lower case, without a full stop
  friend bool operator==(const ParseError& a, const ParseError& b) noexcept {
    return a.offset == b.offset && std::string_view(a.what) == b.what;
  }
};

/// A cursor over bytes that remembers the first read past the end instead of making it. After such a read every value is 0 and
/// `ok()` is false, so a parser may read a whole header and check once.
class ByteReader {
public:
  constexpr explicit ByteReader(Bytes bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }
  [[nodiscard]] constexpr size_t offset() const noexcept { return offset_; }
  [[nodiscard]] constexpr size_t remaining() const noexcept { return bytes_.size() - offset_; }

  constexpr uint8_t u8() noexcept { return has(1) ? bytes_[offset_++] : uint8_t{0}; }
  constexpr int8_t i8() noexcept { return static_cast<int8_t>(u8()); }
  constexpr uint16_t le16() noexcept { return has(2) ? load_le16(advance(2)) : uint16_t{0}; }
  constexpr uint16_t be16() noexcept { return has(2) ? load_be16(advance(2)) : uint16_t{0}; }
  constexpr uint32_t le32() noexcept { return has(4) ? load_le32(advance(4)) : 0U; }
  constexpr uint32_t be32() noexcept { return has(4) ? load_be32(advance(4)) : 0U; }
  constexpr uint64_t le64() noexcept { return has(8) ? load_le64(advance(8)) : 0U; }
  constexpr uint64_t be64() noexcept { return has(8) ? load_be64(advance(8)) : 0U; }
  /// The next `count` bytes; empty, and `ok()` false, where fewer are left.
  constexpr Bytes take(size_t count) noexcept { return has(count) ? Bytes(advance(count), count) : Bytes(); }
  constexpr void skip(size_t count) noexcept { (void)take(count); }
  constexpr Bytes rest() noexcept { return take(remaining()); }

private:
  constexpr bool has(size_t count) noexcept { return ok_ = ok_ && count <= remaining(); }
  constexpr const uint8_t* advance(size_t count) noexcept {
    const uint8_t* at = bytes_.data() + offset_;
    offset_ += count;
    return at;
  }

  Bytes bytes_;
  size_t offset_ = 0;
  bool ok_ = true;
};

}  // namespace moor
