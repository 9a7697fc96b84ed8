#include "beacon/registry.hpp"

#include <algorithm>

// Leaone's body scales, also sold as Xiaogui. Where a company identifier belongs there is a counter, so that the address at the
// end is what tells them: it has to be the advertiser's. Source: the decoders bleparser and leaone-ble. Big-endian.
//
//   company             0            2               4             6       7
//   ┌────┬─────────┐    ┌────────────┬───────────────┬─────────────┬───────┬─────────────┐   impedance: tenths of an ohm
//   │ xx │ counter │    │ weight (2) │ impedance (2) │ control (2) │ state │ address (6) │   state: bit 0 stable, 2 hundredths,
//   └────┴─────────┘    └────────────┴───────────────┴─────────────┴───────┴─────────────┘          bits 4 and 5: 2 kg, 3 lb
namespace moor {
namespace {

constexpr size_t size = 13;
constexpr double kg_per_lb = 0.45359237;

/// kg in a step of the weight; 0 for a state that is not known.
double step_kg(uint8_t state) noexcept {
  switch (state & ~1) {
    case 0x20: return 0.1;
    case 0x24: return 0.01;
    case 0x30: return 0.1 * kg_per_lb;
    default: return 0;
  }
}

bool ends_with_address(Bytes data, const Address& address) noexcept {
  std::array<uint8_t, 6> expected{};
  address.to_le(expected.data());
  std::ranges::reverse(expected);
  return std::ranges::equal(data.last(expected.size()), expected);
}

}  // namespace

std::string_view claim_leaone(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() != size || step_kg(data[6]) == 0) return {};
  if (!ends_with_address(data, candidate.context.address)) return {};
  const bool is_stable = (data[6] & 1) != 0;
  into.add(Quantity::packet_id, candidate.company >> 8);
  into.add(Quantity::weight, load_be16(&data[0]) * step_kg(data[6]));
  into.add(Quantity::weight_stable, is_stable ? 1 : 0);
  if (is_stable) into.add(Quantity::impedance, load_be16(&data[2]) / 10.0);
  return "Leaone";
}

}  // namespace moor
