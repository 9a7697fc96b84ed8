#pragma once
// A Bluetooth UUID. 16 and 32 bit forms are short for a place in the Bluetooth Base UUID (Core 5.4, Vol 3, Part B, 2.5.1), so
// "180f", "0x180F" and "0000180f-0000-1000-8000-00805f9b34fb" are one value and compare equal.

#include "moor/bytes.hpp"

#include <array>
#include <compare>
#include <functional>

namespace moor {

class Uuid {
public:
  constexpr Uuid() = default;
  /// From a 16 or 32 bit number that the Bluetooth SIG has assigned.
  constexpr explicit Uuid(uint32_t number) noexcept : high_(static_cast<uint64_t>(number) << 32 | base_high), low_(base_low) {}
  /// From the two halves as they are written: Uuid(0x0000180f00001000, 0x800000805f9b34fb).
  constexpr Uuid(uint64_t high, uint64_t low) noexcept : high_(high), low_(low) {}

  /// From text: 4, 8 or 32 hexadecimal digits in either case, the last with or without hyphens, the first two with or without "0x".
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text) noexcept;
  /// From 2, 4 or 16 bytes, least significant first, as the air has them. @returns nothing for another length.
  [[nodiscard]] static constexpr std::optional<Uuid> from_le(Bytes bytes) noexcept {
    switch (bytes.size()) {
      case 2: return Uuid(load_le16(bytes.data()));
      case 4: return Uuid(load_le32(bytes.data()));
      case 16: return Uuid(load_le64(bytes.data() + 8), load_le64(bytes.data()));
      default: return std::nullopt;
    }
  }
  /// From 16 bytes, most significant first, as an iBeacon has them.
  [[nodiscard]] static constexpr Uuid from_be(std::span<const uint8_t, 16> bytes) noexcept {
    return Uuid(load_be64(bytes.data()), load_be64(bytes.data() + 8));
  }

  /// The number in the Bluetooth Base UUID, if this is one of those.
  [[nodiscard]] constexpr std::optional<uint32_t> assigned_number() const noexcept {
    if (low_ != base_low || (high_ & 0xFFFFFFFFU) != base_high) return std::nullopt;
    return static_cast<uint32_t>(high_ >> 32);
  }
  [[nodiscard]] constexpr uint64_t high() const noexcept { return high_; }
  [[nodiscard]] constexpr uint64_t low() const noexcept { return low_; }
  /// The shortest form for the air: 2, 4 or 16 bytes, least significant first.
  [[nodiscard]] std::vector<uint8_t> to_le() const;
  /// 16 bytes, most significant first.
  [[nodiscard]] std::array<uint8_t, 16> to_be() const noexcept;
  [[nodiscard]] std::string to_string() const;  ///< "0000180f-0000-1000-8000-00805f9b34fb"

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

private:
  static constexpr uint64_t base_high = 0x0000'1000;
  static constexpr uint64_t base_low = 0x8000'0080'5F9B'34FB;

  uint64_t high_ = 0;
  uint64_t low_ = 0;
};

}  // namespace moor

template <>
struct std::hash<moor::Uuid> {
  size_t operator()(const moor::Uuid& uuid) const noexcept {
    uint64_t x = (uuid.high() ^ uuid.low() * 0xFF51AFD7ED558CCDU) * 0x9E3779B97F4A7C15U;
    return static_cast<size_t>(x ^ x >> 32);
  }
};
