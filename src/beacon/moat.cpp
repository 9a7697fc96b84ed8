#include "beacon/battery_curve.hpp"
#include "beacon/registry.hpp"

// Moat S2, a hygrometer: service data 0x1000, which is not assigned, and the name "Moat_S2". Source: the decoders bleparser and
// moat-ble.
//
//   0      10                12             14
//   ┌─ ... ┬─────────────────┬──────────────┬────────────┬─ ... ─┐    little-endian; ticks of a Sensirion SHT2x: its datasheet, 6
//   │      │ temperature u16 │ humidity u16 │ voltage mV │       │
//   └─ ... ┴─────────────────┴──────────────┴────────────┴─ ... ─┘
namespace moor {
namespace {

constexpr BatteryPoint curve[] = {{2.1, 0}, {2.44, 6}, {2.74, 18}, {2.9, 42}, {3.0, 100}};

}  // namespace

std::string_view claim_moat(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  const auto raw = candidate.advertisement.raw_local_name().value_or(Bytes());
  const std::string_view name(reinterpret_cast<const char*>(raw.data()), raw.size());
  if (data.size() < 16 || !name.starts_with("Moat_S2")) return {};
  const double volts = load_le16(&data[14]) / 1000.0;
  into.add(Quantity::temperature, -46.85 + 175.72 * load_le16(&data[10]) / 65536);
  into.add(Quantity::humidity, -6 + 125.0 * load_le16(&data[12]) / 65536);
  into.add(Quantity::voltage, volts);
  into.add(Quantity::battery, battery_percent(volts, curve));
  into.add_attribute("model", "S2");
  return "Moat";
}

}  // namespace moor
