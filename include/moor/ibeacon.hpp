#pragma once
// iBeacon, Apple's format: a beacon that says who it is, and how loud it is heard at one metre. Manufacturer data of Apple
// (0x004C); numbers are big-endian, unlike the rest of Bluetooth. Source: Apple, "Proximity Beacon Specification", release R1.
//
//   0    1    2                 18      20      22
//   ┌────┬────┬─────────────────┬───────┬───────┬───────┐
//   │ 02 │ 15 │ proximity UUID  │ major │ minor │ power │     02: iBeacon, 15: 21 bytes follow
//   └────┴────┴─────────────────┴───────┴───────┴───────┘     power: int8, dBm heard at 1 m

#include "moor/advertisement.hpp"
#include "moor/bytes.hpp"
#include "moor/uuid.hpp"

#include <optional>

namespace moor {

inline constexpr uint16_t apple_company = 0x004C;

struct IBeacon {
  Uuid uuid;             ///< whose beacon: a chain of shops has one for all
  uint16_t major = 0;    ///< which group of them, such as one shop
  uint16_t minor = 0;    ///< which of the group
  int8_t power_dbm = 0;  ///< measured at 1 m, as sent

  friend bool operator==(const IBeacon&, const IBeacon&) = default;
};

/// @param data  Apple's manufacturer data, without the company identifier.
/// @returns nothing unless it begins with 02 15 and holds the 21 bytes; bytes behind them are passed over.
[[nodiscard]] std::optional<IBeacon> decode_ibeacon(Bytes data) noexcept;

/// Adds the manufacturer data; 27 bytes of payload. Apple's own beacons have flags of 0x06 before it.
void encode(const IBeacon& beacon, AdvertisementBuilder& builder);

}  // namespace moor
