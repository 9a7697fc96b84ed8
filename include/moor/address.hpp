#pragma once
// A Bluetooth device address: 48 bits and what kind they are. Random addresses carry their kind in the two top bits (Core 5.4,
// Vol 6, Part B, 1.3); a resolvable private address changes every few minutes and means nothing without the identity resolving key
// (IRK) behind it, see irk.hpp.

#include "moor/bytes.hpp"

#include <compare>
#include <functional>

namespace moor {

enum class AddressKind : uint8_t { public_, random_static, resolvable, non_resolvable };

/// "public", "random static", "resolvable private" or "non-resolvable private".
[[nodiscard]] const char* to_string(AddressKind kind) noexcept;

class Address {
public:
  constexpr Address() = default;
  /// @param bits    the address in the low 48 bits, most significant byte as it is written first.
  constexpr explicit Address(uint64_t bits, bool random) noexcept : bits_((bits & mask) | (random ? random_bit : 0)) {}

  /// From text such as "A4:CF:12:34:56:78"; also accepts lower case, '-' or no separator. @returns nothing if it is not an address.
  [[nodiscard]] static std::optional<Address> parse(std::string_view text, bool random = false) noexcept;
  /// From six bytes in the order of the air and of HCI, least significant first.
  [[nodiscard]] static constexpr Address from_le(const uint8_t* bytes, bool random) noexcept {
    return Address(load_le32(bytes) | static_cast<uint64_t>(load_le16(bytes + 4)) << 32, random);
  }

  [[nodiscard]] constexpr bool is_random() const noexcept { return (bits_ & random_bit) != 0; }
  [[nodiscard]] constexpr uint64_t bits() const noexcept { return bits_ & mask; }  ///< the 48 bits, without the kind
  [[nodiscard]] constexpr AddressKind kind() const noexcept {
    if (!is_random()) return AddressKind::public_;
    switch (bits() >> 46) {
      case 0b11: return AddressKind::random_static;
      case 0b01: return AddressKind::resolvable;
      default: return AddressKind::non_resolvable;  // 0b00; 0b10 is reserved and no more lasting than that
    }
  }
  /// Six bytes, least significant first, as HCI and the air have them.
  constexpr void to_le(uint8_t* bytes) const noexcept {
    for (int i = 0; i < 6; ++i) bytes[i] = static_cast<uint8_t>(bits_ >> (8 * i));
  }
  [[nodiscard]] std::string to_string() const;  ///< "A4:CF:12:34:56:78"

  friend constexpr auto operator<=>(const Address&, const Address&) = default;

private:
  static constexpr uint64_t mask = (uint64_t{1} << 48) - 1;
  static constexpr uint64_t random_bit = uint64_t{1} << 48;

  uint64_t bits_ = 0;  // the address in the low 48 bits, bit 48 set for random
  friend struct std::hash<Address>;
};

}  // namespace moor

template <>
struct std::hash<moor::Address> {
  size_t operator()(const moor::Address& address) const noexcept {
    uint64_t x = address.bits_ * 0x9E3779B97F4A7C15U;  // Fibonacci hashing: addresses of one maker differ in few bits
    return static_cast<size_t>(x ^ x >> 32);
  }
};
