#include "beacon/battery_curve.hpp"
#include "beacon/registry.hpp"

// ThermoBeacon: small hygrometers that are sold under many names. The company is the kind of device, 0x10 to 0x1B and 0x30,
// numbers that belong to others, so the service 0xFFF0 or the name has to be there too. Source: the decoders bleparser and
// thermobeacon-ble. Little-endian.
//
//   0    1        2             8            10                12             14
//   ┌────┬────────┬─────────────┬────────────┬─────────────────┬──────────────┬────────────┐
//   │ 00 │ button │ address (6) │ voltage mV │ temperature s16 │ humidity u16 │ uptime (4) │   s16, u16: 1/16; button: bit 7
//   └────┴────────┴─────────────┴────────────┴─────────────────┴──────────────┴────────────┘
//
// In turn with it comes a message of 20 bytes with the highest and the lowest temperature so far, which is passed over.
namespace moor {
namespace {

constexpr std::string_view name = "ThermoBeacon";
constexpr uint16_t service = 0xFFF0;
constexpr BatteryPoint curve[] = {{2.45, 20}, {2.5, 40}, {2.6, 60}, {3.0, 100}};

bool shows_signs(const AdvertisementData& advertisement) noexcept {
  const auto raw = advertisement.raw_local_name().value_or(Bytes());
  return std::string_view(reinterpret_cast<const char*>(raw.data()), raw.size()) == name ||
         advertisement.has_service(Uuid(service));
}

}  // namespace

std::string_view claim_thermobeacon(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if ((data.size() != 18 && data.size() != 20) || data[0] != 0 || !shows_signs(candidate.advertisement)) return {};
  if (data.size() == 20) return name;
  const double volts = load_le16(&data[8]) / 1000.0;
  const double temperature_c = static_cast<int16_t>(load_le16(&data[10])) / 16.0;
  const double humidity = load_le16(&data[12]) / 16.0;
  if (temperature_c < -100 || temperature_c > 100 || humidity > 100) return {};
  into.add(Quantity::temperature, temperature_c);
  into.add(Quantity::humidity, humidity);
  into.add(Quantity::voltage, volts);
  into.add(Quantity::battery, battery_percent(volts, curve));
  if ((data[1] & 0x80) != 0) into.add(Quantity::button, InputEvent::press);
  return name;
}

}  // namespace moor
