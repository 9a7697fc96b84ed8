#pragma once
// Xiaomi's product numbers: which model a MiBeacon is of, and what the same object means on it and on no other.

#include <cstdint>
#include <string_view>

namespace moor {

/// How a product deviates from the common meaning of the objects.
enum class MiDialect : uint8_t {
  common,
  whole_humidity,     ///< the decimal of its humidity is noise: its display and its app show none
  dark_or_light,      ///< its illuminance says only whether it is light
  two_water_probes,   ///< one below and one on top
  cube,               ///< is turned
  dimmer,             ///< a knob that is pressed, held and turned
  remote,             ///< of a lamp
  fan_remote,         ///< of a lamp with a fan
  ventilator_remote,  ///< of a fan in the ceiling
  bathroom_remote,    ///< of a heater
  one_button,         ///< K9B
  two_buttons,        ///< K9B
  three_buttons,      ///< K9B
  press_in_value,     ///< one button; the value says how it was pressed
  buttons_in_bits,    ///< two buttons, a bit for each
  buttons_by_index,   ///< two buttons, 0 and 1
  four_buttons,       ///< 1 to 4
  lock_with_modes,    ///< tells its child lock and its anti-lock from the bolt
  lock_with_handle,   ///< is locked by lifting the handle outside
};

struct MiProduct {
  uint16_t id = 0;
  std::string_view model;
  MiDialect dialect = MiDialect::common;
};

/// nullptr for a number that is not known here.
[[nodiscard]] const MiProduct* find_mi_product(uint16_t id) noexcept;

}  // namespace moor
