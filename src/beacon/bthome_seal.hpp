#pragma once
// How BTHome encrypts its objects, and the protection against somebody who plays back what a device once sent.

#include "moor/decoder.hpp"

namespace moor::bthome {

/// What is behind the encrypted objects: a counter, little-endian, and the tag (MIC).
inline constexpr size_t counter_size = 4, tag_size = 4;
/// The longest AD structure.
inline constexpr size_t max_size = 254;

/// The byte of information that version 2 begins with.
inline constexpr uint8_t encrypted = 0x01, has_address = 0x02, trigger_based = 0x04, version = 2, version_shift = 5;
/// What stands for a message of version 2 in the nonce.
[[nodiscard]] constexpr std::array<uint8_t, 3> mark_of(uint8_t info) noexcept {
  return {0xD2, 0xFC, info};
}

/// An encrypted message, and what its nonce is made of besides the counter.
struct Sealed {
  Address address;
  Bytes mark;          ///< the service's UUID as it is sent and, in version 2, the byte of information
  Bytes associated{};  ///< authenticated with the objects
  Bytes body;          ///< encrypted objects, counter, tag
};

/// The key of the device, by the address that the message gives or else by the one that it came from; nullptr without.
[[nodiscard]] Key* find_key(const DecodeContext& context, const Address& given) noexcept;

/// A counter that is not above the last is a replay, unless it has fallen so far that the device has begun anew (its battery was
/// changed); only a message that verifies moves the counter, so no number of forged ones locks the device out.
/// @returns the objects, in `room`; nothing, and the problem in `into`, where they cannot be had.
[[nodiscard]] std::optional<Bytes> open(const Sealed& sealed, Key* key, TimePoint time, std::span<uint8_t, max_size> room,
                                        Decoded& into) noexcept;

/// Encrypts for a device to send. @param sealed  its body is not looked at. @returns the body.
/// @throws std::runtime_error if libcrypto refuses.
[[nodiscard]] std::vector<uint8_t> seal(const Sealed& sealed, Bytes key, uint32_t counter, Bytes objects);

}  // namespace moor::bthome
