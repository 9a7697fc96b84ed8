#include "beacon/registry.hpp"

// Sensirion's gadgets, company 0x06D5. Sources: the datasheets of SHT4x and SCD4x for the ticks; the decoder sensirion-ble.
// Little-endian.
//
//   0    1        2        4                 6              8
//   ┌────┬────────┬────────┬─────────────────┬──────────────┬─────────┐    kind 08: of the MyCO2 and its like
//   │ 00 │ kind   │ id (2) │ temperature u16 │ humidity u16 │ CO2 ppm │
//   └────┴────────┴────────┴─────────────────┴──────────────┴─────────┘
namespace moor {

std::string_view claim_sensirion(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  constexpr double full_scale = 65535;
  if (data.size() != 10 || data[0] != 0x00 || data[1] != 0x08) return {};
  into.add(Quantity::temperature, -45 + 175 * load_le16(&data[4]) / full_scale);
  into.add(Quantity::humidity, 100 * load_le16(&data[6]) / full_scale);
  into.add(Quantity::carbon_dioxide, load_le16(&data[8]));
  return "Sensirion";
}

}  // namespace moor
