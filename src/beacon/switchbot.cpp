#include "beacon/registry.hpp"

#include <algorithm>

// SwitchBot (Woan Technology). The type of device and the battery are in service data, 0xFD3D, of older firmware 0x0D00; the
// newer part of what is measured is in manufacturer data, 0x0969, which begins with the address and a counter and does not say
// what it means without the other. Sources: OpenWonderLabs, "SwitchBot BLE APIs"; the decoder pySwitchbot for the leak detector
// and for what belongs to newer models.
//
//   service data        0      1        2         3
//                       ┌──────┬────────┬─────────┬─ by type ─┐    type: a letter; its top bit is set while it pairs
//                       │ type │ status │ battery │           │    battery: low 7 bits, per cent
//                       └──────┴────────┴─────────┴───────────┘
//   manufacturer data   0             6         7
//                       ┌─────────────┬─────────┬─ by type ───────────┐
//                       │ address (6) │ counter │                     │
//                       └─────────────┴─────────┴─────────────────────┘
namespace moor {
namespace {

constexpr std::string_view format = "SwitchBot";
constexpr uint16_t company = 0x0969;

struct Parts {
  Bytes service;  // at least the type
  Bytes maker;    // empty where only the service data were heard
};

bool bit(uint8_t byte, int number) noexcept {
  return (byte >> number & 1) != 0;
}

void add_battery(const Parts& parts, Decoded& into) noexcept {
  if (parts.service.size() > 2) into.add(Quantity::battery, parts.service[2] & 0x7F);
}

// tenths in the low half │ whole °C, top bit set above zero │ humidity, top bit: shows Fahrenheit
void add_climate(const uint8_t* at, Decoded& into) noexcept {
  if (at[0] == 0 && at[1] == 0 && at[2] == 0) {  // what a meter says before it has measured; 0 °C has a sign
    into.add_unavailable(Quantity::temperature);
    into.add_unavailable(Quantity::humidity);
    return;
  }
  const double degrees = (at[1] & 0x7F) + (at[0] & 0x0F) / 10.0;
  into.add(Quantity::temperature, bit(at[1], 7) ? degrees : -degrees);
  into.add(Quantity::humidity, at[2] & 0x7F);
}

void meter(const Parts& parts, Decoded& into) noexcept {
  if (parts.maker.size() >= 11) {
    add_climate(&parts.maker[8], into);
  } else if (parts.service.size() >= 6) {
    add_climate(&parts.service[3], into);
  }
  add_battery(parts, into);
}

void carbon_dioxide_meter(const Parts& parts, Decoded& into) noexcept {
  constexpr uint16_t highest_ppm = 9999;  // the sensor's range; beyond it the display shows none either
  meter(parts, into);
  if (parts.maker.size() < 15) return;
  if (const uint16_t ppm = load_be16(&parts.maker[13]); ppm <= highest_ppm) {
    into.add(Quantity::carbon_dioxide, ppm);
  } else {
    into.add_unavailable(Quantity::carbon_dioxide);
  }
}

void bot(const Parts& parts, Decoded& into) noexcept {
  const bool is_switch = parts.service.size() > 1 && bit(parts.service[1], 7);  // else it only presses
  if (is_switch) into.add(Quantity::power_on, bit(parts.service[1], 6) ? 0 : 1);
  add_battery(parts, into);
}

void contact(const Parts& parts, Decoded& into) noexcept {
  if (parts.maker.size() >= 13) {
    const uint8_t flags = parts.maker[7];
    into.add(Quantity::motion, bit(flags, 7));
    into.add(Quantity::opening, bit(flags, 4) || bit(flags, 5));  // bit 5: open for too long
    into.add(Quantity::light, bit(flags, 6));
  } else if (parts.service.size() >= 9) {
    const uint8_t flags = parts.service[3];
    into.add(Quantity::motion, bit(parts.service[1], 6));
    into.add(Quantity::opening, bit(flags, 1) || bit(flags, 2));
    into.add(Quantity::light, bit(flags, 0));
  }
  add_battery(parts, into);
}

void motion(const Parts& parts, Decoded& into) noexcept {
  if (parts.maker.size() >= 8) {
    into.add(Quantity::motion, bit(parts.maker[7], 6));
    into.add(Quantity::light, bit(parts.maker[7], 5));
  } else if (parts.service.size() >= 6) {
    into.add(Quantity::motion, bit(parts.service[1], 6));
    into.add(Quantity::light, bit(parts.service[5], 1));
  }
  add_battery(parts, into);
}

void curtain(const Parts& parts, Decoded& into) noexcept {
  const Bytes state = parts.maker.size() >= 11    ? parts.maker.subspan(8, 3)
                      : parts.service.size() >= 6 ? parts.service.subspan(3, 3)
                                                  : Bytes();
  if (!state.empty()) {
    into.add(Quantity::position, 100 - std::min(state[0] & 0x7F, 100));  // it sends how far it is closed
    into.add(Quantity::moving, bit(state[0], 7));
    into.add(Quantity::light_level, state[1] >> 4);
  }
  add_battery(parts, into);
}

void plug(const Parts& parts, Decoded& into) noexcept {
  if (parts.maker.size() < 12) return;
  into.add(Quantity::power_on, parts.maker[7] == 0x80);
  into.add(Quantity::power, (load_be16(&parts.maker[10]) & 0x7FFF) / 10.0);
  into.add(Quantity::signal_strength, -parts.maker[9]);  // of the Wi-Fi that it is in
}

void leak_detector(const Parts& parts, Decoded& into) noexcept {
  if (parts.maker.size() < 9) return add_battery(parts, into);
  into.add(Quantity::moisture_detected, bit(parts.maker[8], 0));
  into.add(Quantity::tamper, bit(parts.maker[8], 1));
  into.add(Quantity::battery, parts.maker[7] & 0x7F);
  into.add(Quantity::battery_low, bit(parts.maker[7], 7));
}

struct Type {
  char letter;
  std::string_view model;
  void (*decode)(const Parts& parts, Decoded& into) noexcept;
};
constexpr Type types[] = {
    {'T', "Meter", meter},
    {'i', "Meter Plus", meter},
    {'w', "Indoor/Outdoor Meter", meter},
    {'4', "Meter Pro", meter},
    {'5', "Meter Pro CO2", carbon_dioxide_meter},
    {'H', "Bot", bot},
    {'d', "Contact Sensor", contact},
    {'s', "Motion Sensor", motion},
    {'c', "Curtain", curtain},
    {'{', "Curtain 3", curtain},
    {'g', "Plug Mini", plug},
    {'j', "Plug Mini (JP)", plug},
    {'&', "Leak Detector", leak_detector},
};

}  // namespace

std::string_view claim_switchbot(const Candidate& candidate, Decoded& into) noexcept {
  if (candidate.data.empty()) return {};
  const char letter = static_cast<char>(candidate.data[0] & 0x7F);
  const auto type = std::ranges::find(types, letter, &Type::letter);
  if (type == std::end(types)) return {};
  type->decode({candidate.data, candidate.advertisement.manufacturer_data(company).value_or(Bytes())}, into);
  into.add_attribute("model", type->model);
  return format;
}

// Alone it says whose it is, and no more.
std::string_view claim_switchbot_address(const Candidate& candidate, Decoded&) noexcept {
  return candidate.data.size() >= 7 ? format : std::string_view();
}

}  // namespace moor
