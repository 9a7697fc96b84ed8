#include "beacon/registry.hpp"

#include <algorithm>

// Kegtron, a flow meter for beer taps. It uses 0xFFFF, the company identifier for tests, so everything that can be checked is.
// Source: Kegtron, "Kegtron BLE advertisement format"; the decoder kegtron-ble. Big-endian.
//
//   0          2               4                  6      7
//   ┌──────────┬───────────────┬──────────────────┬──────┬───────────┐    mL
//   │ size (2) │ at start (2)  │ dispensed (2)    │ port │ name (20) │    port: bit 0 configured, bits 4 and 5 which port,
//   └──────────┴───────────────┴──────────────────┴──────┴───────────┘          bit 6: it has two; the rest is 0
namespace moor {
namespace {

constexpr size_t name_at = 7;

bool is_printable(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<uint8_t>(c) >= 0x20 && c != 0x7F; });
}

}  // namespace

std::string_view claim_kegtron(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() != 27) return {};
  const uint8_t port = data[6];
  const bool has_two = (port & 0x40) != 0;
  const int index = port >> 4 & 3;
  const std::string_view padded(reinterpret_cast<const char*>(&data[name_at]), data.size() - name_at);
  const std::string_view name = padded.substr(0, padded.find('\0'));
  if ((port & 0x8E) != 0 || index > (has_two ? 1 : 0) || !is_printable(name)) return {};
  if (padded.find_first_not_of('\0', name.size()) != std::string_view::npos) return {};
  into.add(Quantity::volume_capacity, load_be16(&data[0]) / 1000.0);
  into.add(Quantity::volume_start, load_be16(&data[2]) / 1000.0);
  into.add(Quantity::volume_dispensed, load_be16(&data[4]) / 1000.0);
  into.add(Quantity::channel, index + 1);
  into.add_attribute("model", has_two ? "KT-200" : "KT-100");
  if (!name.empty()) into.add_attribute("text", name);
  return "Kegtron";
}

}  // namespace moor
