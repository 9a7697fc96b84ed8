#pragma once
// AltBeacon, the open counterpart of iBeacon: manufacturer data of any company, told by its code BE AC; numbers are big-endian.
// Source: the specification in github.com/AltBeacon/spec, version 1.0.
//
//   0    1    2             22      23         24
//   ┌────┬────┬─────────────┬───────┬──────────┐     id: commonly a UUID of 16 bytes and two numbers of 2
//   │ BE │ AC │ id [20]     │ power │ reserved │     power: int8, dBm heard at 1 m
//   └────┴────┴─────────────┴───────┴──────────┘     reserved: the company's own; missing in some beacons

#include "moor/advertisement.hpp"
#include "moor/bytes.hpp"

#include <array>
#include <optional>

namespace moor {

struct AltBeacon {
  uint16_t company = 0;          ///< whose manufacturer data it travels in
  std::array<uint8_t, 20> id{};  ///< by the specification the first 16 say whose beacon, the rest which of them
  int8_t power_dbm = 0;          ///< measured at 1 m, as sent
  uint8_t reserved = 0;          ///< the company's own; 0 where it is missing

  friend bool operator==(const AltBeacon&, const AltBeacon&) = default;
};

/// @param data  Manufacturer data of that company, without its identifier.
/// @returns nothing unless it begins with BE AC and holds id and power; bytes behind the layout are passed over.
[[nodiscard]] std::optional<AltBeacon> decode_altbeacon(uint16_t company, Bytes data) noexcept;

/// Adds the manufacturer data; 28 bytes of payload.
void encode(const AltBeacon& beacon, AdvertisementBuilder& builder);

}  // namespace moor
