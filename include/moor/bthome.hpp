#pragma once
// BTHome version 2, an open format for sensors, buttons and switches of any make (Shelly BLU, b-parasite, thermometers with other
// firmware), plain or encrypted. Service data of 0xFCD2. Source: bthome.io, "Format" and "Encryption".
//
//   0      1                                  plain                0      1                        encrypted
//   ┌──────┬───────────────┬────┬───────┬─     ┌──────┬───────────────┬───────────────┬─────────┬─────┐
//   │ info │ [address (6)] │ id │ value │ ...  │ info │ [address (6)] │ objects, AES  │ counter │ MIC │     counter, MIC: 4 bytes
//   └──────┴───────────────┴────┴───────┴─     └──────┴───────────────┴───────────────┴─────────┴─────┘
//   info: bit 0 encrypted, bit 1 an address follows (least significant byte first), bit 2 sent when something happens rather than
//   regularly, bits 5 to 7 the version, 2. Objects stand in the order of their identifiers; which say how long a value is.
//
// Encrypted with AES-128-CCM by the device's bind key. A message that comes unencrypted from a device that has a key is not
// believed: anybody could have sent it (`DecodeProblem::not_encrypted`).

#include "moor/decoder.hpp"

#include <vector>

namespace moor {

inline constexpr uint16_t bthome_service = 0xFCD2;
/// Of version 1, which is only read: User Data where it is plain, Bond Management where it is encrypted.
inline constexpr uint16_t bthome_v1_service = 0x181C, bthome_v1_sealed_service = 0x181E;

/// Reads the service data of `bthome_service`, for those who do not have the whole advertisement: readings, and the attributes
/// "text", "raw" (hexadecimal), "firmware" (a version such as "1.4.0"), "command" and, where it is so, "trigger_based". A plain
/// message that is repeated is read again, and its `packet_id` tells; an encrypted one is `replayed`.
/// @returns false if it is not BTHome version 2; nothing has been added then.
bool decode_bthome(Bytes service_data, const DecodeContext& context, Decoded& into) noexcept;

/// What a device is to send.
struct BTHome {
  /// Their order among those of one quantity is kept as far as the format's order of identifiers lets it. Of those objects whose
  /// range holds a value, the one of the finest step is taken, so that a sensor keeps its identifier. A `dimmer` takes its `steps`
  /// from the reading of the same index. What is not valid is left out: BTHome has no mark for it.
  std::vector<Reading> readings;
  std::string text;                  ///< UTF-8, at most 255 bytes; empty for none
  std::vector<uint8_t> raw;          ///< at most 255 bytes; empty for none
  bool trigger_based = false;        ///< it sends when something happens
  std::optional<Address> address{};  ///< sent along, for a receiver that does not learn it otherwise
};

/// With what to encrypt.
struct BTHomeKey {
  std::array<uint8_t, 16> bytes{};  ///< the bind key
  Address address;                  ///< of the device; where one is sent along, that one
  uint32_t counter = 0;             ///< has to rise with every message
};

/// Adds the service data. @throws UsageError if BTHome has no object for a reading or its value.
/// @throws std::length_error if it is longer than an AD structure can be.
void encode(const BTHome& message, AdvertisementBuilder& builder);
/// The same, encrypted. @throws std::runtime_error if libcrypto refuses.
void encode(const BTHome& message, const BTHomeKey& key, AdvertisementBuilder& builder);

}  // namespace moor
