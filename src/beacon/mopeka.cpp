#include "beacon/battery_curve.hpp"
#include "beacon/registry.hpp"

#include <algorithm>

// Mopeka's tank sensors. They listen for the echo from the surface, and how fast sound is depends on what is in the tank and how
// warm it is: moor takes it for propane, and for air with those that look down from the lid. Sources: spbrogan/mopeka_pro_check;
// the decoder mopeka-iot-ble.
//
// Company 0x0059 (Nordic's) with the service 0xFEE5:
//
//   0       1         2             3         5             8
//   ┌───────┬─────────┬─────────────┬─────────┬─────────────┬───┬───┐    battery: 1/32 V
//   │ model │ battery │ temperature │ echo    │ address (3) │ x │ y │    temperature: °C + 40; top bit: the button is pressed
//   └───────┴─────────┴─────────────┴─────────┴─────────────┴───┴───┘    echo: little-endian, 14 bits; on top two for its quality
namespace moor {
namespace {

constexpr uint16_t service = 0xFEE5;
constexpr BatteryPoint curve[] = {{2.2, 0}, {2.85, 100}};

// mm in a step of the echo, by the temperature as sent: constant, linear and square term.
struct Medium {
  double terms[3];
};
constexpr Medium propane = {{0.573045, -0.002822, -0.00000535}};
constexpr Medium air = {{0.153096, 0.000327, -0.000000294}};

struct Model {
  uint8_t number;
  std::string_view name;
  const Medium* medium;
};
constexpr Model models[] = {
    {0x03, "Pro Check", &propane},
    {0x04, "Pro-200", &propane},
    {0x05, "Pro Check H2O", &propane},
    {0x06, "Lippert BottleCheck", &propane},
    {0x08, "Pro Plus", &propane},
    {0x09, "Pro Plus with Cellular", &propane},
    {0x0A, "TD40/TD200", &air},
    {0x0B, "TD40/TD200 with Cellular", &air},
    {0x0C, "Pro Check Universal", &propane},
    {0x12, "Pro-200B", &propane},
};

}  // namespace

std::string_view claim_mopeka(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() != 10 || !candidate.advertisement.has_service(Uuid(service))) return {};
  const auto model = std::ranges::find(models, data[0], &Model::number);
  if (model == std::end(models)) return {};
  const double volts = (data[1] & 0x7F) / 32.0;
  const int temperature = data[2] & 0x7F;
  const int quality = data[4] >> 6;
  const auto& [constant, linear, square] = model->medium->terms;
  into.add(Quantity::temperature, temperature - 40);
  into.add(Quantity::voltage, volts);
  into.add(Quantity::battery, battery_percent(volts, curve));
  if (quality == 0) {
    into.add_unavailable(Quantity::tank_level);
  } else {
    into.add(Quantity::tank_level,
             (load_le16(&data[3]) & 0x3FFF) * (constant + linear * temperature + square * temperature * temperature));
  }
  into.add(Quantity::reading_quality, quality * 100 / 3.0);
  if ((data[2] & 0x80) != 0) into.add(Quantity::button, InputEvent::press);
  into.add_attribute("model", model->name);
  return "Mopeka";
}

}  // namespace moor
