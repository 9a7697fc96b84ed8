#pragma once
// RuuviTag, the open sensor beacon of Ruuvi, in its data format 5 (RAWv2): manufacturer data of 0x0499, numbers big-endian.
// Source: docs.ruuvi.com, "Data format 5 (RAWv2)".
//
//   0    1      3      5       7          13      15      16     18         24
//   ┌────┬──────┬──────┬───────┬──────────┬───────┬───────┬──────┬──────────┐
//   │ 05 │ temp │ hum  │ press │ x, y, z  │ power │ moves │ seq  │ address  │
//   └────┴──────┴──────┴───────┴──────────┴───────┴───────┴──────┴──────────┘
//   temp    int16, 0.005 °C; none 8000          power  11 bits of battery, in mV above 1600; none 7FF
//   hum     uint16, 0.0025 %; none FFFF                5 bits of transmit power, in steps of 2 dBm above -40; none 1F
//   press   uint16, Pa above 50000; none FFFF   moves  uint8, counts up with each movement; none FF
//   x, y, z 3 int16, mg; none 8000              seq    uint16, counts up with each measurement; none FFFF
//                                               address  most significant byte first; none FF..FF
//
// What else Ruuvi's devices send (formats 2, 3 and 4 of old firmware, 6 and E1 of Ruuvi Air) is only read: see decoder.hpp.

#include "moor/address.hpp"
#include "moor/advertisement.hpp"
#include "moor/bytes.hpp"

#include <array>
#include <optional>

namespace moor {

inline constexpr uint16_t ruuvi_company = 0x0499;

/// A measurement. A field is empty where the tag has no such sensor, or it failed.
struct RuuviTag {
  std::optional<double> temperature_c;                         ///< ±163.835, in steps of 0.005
  std::optional<double> humidity_percent;                      ///< 0 to 163.835, in steps of 0.0025
  std::optional<uint32_t> pressure_pa;                         ///< 50000 to 115534
  std::array<std::optional<int16_t>, 3> acceleration_mg = {};  ///< along x, y and z, ±32767; 1000 is the pull of the earth
  std::optional<uint16_t> battery_mv;                          ///< 1600 to 3646
  std::optional<int8_t> tx_power_dbm;                          ///< -40 to 20, in steps of 2
  std::optional<uint8_t> movements;                            ///< 0 to 254, then 0 again
  std::optional<uint16_t> sequence;  ///< 0 to 65534, then 0 again; tells a repeat from a new measurement
  std::optional<Address> address;    ///< the tag's own; random static

  friend bool operator==(const RuuviTag&, const RuuviTag&) = default;
};

/// @param data  Ruuvi's manufacturer data, without the company identifier.
/// @returns nothing unless it is format 5 and holds the 24 bytes; bytes behind them are passed over.
[[nodiscard]] std::optional<RuuviTag> decode_ruuvi_tag(Bytes data) noexcept;

/// Adds the manufacturer data; 28 bytes of payload. A value outside of its range becomes the nearest that fits.
void encode(const RuuviTag& tag, AdvertisementBuilder& builder);

}  // namespace moor
