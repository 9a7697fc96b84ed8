#include "beacon/mibeacon_objects.hpp"

namespace moor {
namespace {

constexpr uint8_t single = 1;  // button of a device that has one

// One reading for each button of the device, so that the index says which it is, as BTHome does; the bits say which were pressed.
void add_buttons(InputEvent event, uint8_t pressed, uint8_t count, Decoded& into) noexcept {
  for (uint8_t button = 0; button < count; ++button)
    into.add(Quantity::button, (pressed >> button & 1) != 0 ? event : InputEvent::none);
}

InputEvent press_of(uint8_t kind) noexcept {
  switch (kind) {
    case 0:
    case 5: return InputEvent::press;
    case 1: return InputEvent::double_press;
    case 2:
    case 6: return InputEvent::long_press;
    default: return InputEvent::none;
  }
}

// The K9B has the two others in the other order.
InputEvent press_of_switch(uint8_t kind) noexcept {
  switch (kind) {
    case 0: return InputEvent::press;
    case 1: return InputEvent::long_press;
    case 2: return InputEvent::double_press;
    default: return InputEvent::none;
  }
}

using Names = std::span<const std::string_view>;
constexpr std::string_view lamp_buttons[] = {"on", "off", "brightness", "plus", "M", "min"};
constexpr std::string_view fan_buttons[] = {"fan", "light", "wind_speed", "color_temperature", "wind_mode", "brightness"};
constexpr std::string_view ventilator_buttons[] = {
    "swing", "power", "timer_60_minutes", "increase_wind_speed", "timer_30_minutes", "decrease_wind_speed"};
constexpr std::string_view bathroom_buttons[] = {"stop",  "air_exchange", "fan", "increase_speed", "decrease_speed", "dry",
                                                 "light", "swing",        "heat"};

void add_remote(Names names, uint8_t button, uint8_t kind, Decoded& into) noexcept {
  const InputEvent event = press_of(kind);
  if (button >= names.size() || event == InputEvent::none) return;
  into.add(Quantity::button, event);
  into.add_attribute("button", names[button]);
}

// Which of the switch's buttons a number stands for, as bits from the left.
uint8_t buttons_of_switch(uint8_t number, MiDialect dialect) noexcept {
  static constexpr uint8_t of_two[] = {0b01, 0b10, 0b11};
  static constexpr uint8_t of_three[] = {0b001, 0b010, 0b100, 0b011, 0b110, 0b101, 0b111};
  if (dialect == MiDialect::one_button) return number == 0 ? single : uint8_t{0};
  if (dialect == MiDialect::two_buttons) return number < std::size(of_two) ? of_two[number] : uint8_t{0};
  return number < std::size(of_three) ? of_three[number] : uint8_t{0};
}

void add_switch(const MiObject& object, uint8_t count, Decoded& into) noexcept {
  const uint8_t pressed = buttons_of_switch(object.value[0], object.dialect);
  const InputEvent event = press_of_switch(object.value[2]);
  if (pressed != 0 && event != InputEvent::none) add_buttons(event, pressed, count, into);
}

// Presses by number, holding by seconds, turning by signed steps; the first byte has the steps where the knob is pressed meanwhile.
void add_dimmer(uint8_t kind, uint8_t value, uint8_t action, Decoded& into) noexcept {
  if (action == 3 && kind <= 1) {
    into.add(Quantity::dimmer, kind == 0 ? InputEvent::press : InputEvent::long_press);
    into.add(kind == 0 ? Quantity::count : Quantity::duration, value);
  } else if (action == 4) {
    const int steps = static_cast<int8_t>(kind == 0 ? value : kind);
    into.add(Quantity::dimmer, steps >= 0 ? InputEvent::rotate_right : InputEvent::rotate_left);
    into.add(Quantity::count, steps >= 0 ? steps : -steps);
    if (kind != 0) into.add_attribute("knob", "pressed");
  }
}

// 0x1001: what, a value, how.
void add_control(const MiObject& object, Decoded& into) noexcept {
  const uint8_t button = object.value[0];
  const uint8_t kind = object.value[2];
  switch (object.dialect) {
    case MiDialect::cube:
      if (button <= 1) into.add(Quantity::rotary, button == 0 ? InputEvent::rotate_right : InputEvent::rotate_left);
      break;
    case MiDialect::dimmer: add_dimmer(button, object.value[1], kind, into); break;
    case MiDialect::remote:
      if (button <= 1) into.add(Quantity::power_on, 1.0 - button);
      add_remote(lamp_buttons, button, kind, into);
      break;
    case MiDialect::fan_remote: add_remote(fan_buttons, button, kind, into); break;
    case MiDialect::ventilator_remote: add_remote(ventilator_buttons, button, kind, into); break;
    case MiDialect::bathroom_remote: add_remote(bathroom_buttons, button, kind, into); break;
    case MiDialect::one_button: add_switch(object, 1, into); break;
    case MiDialect::two_buttons: add_switch(object, 2, into); break;
    case MiDialect::three_buttons: add_switch(object, 3, into); break;
    default:
      if (const InputEvent event = press_of(kind); event != InputEvent::none) into.add(Quantity::button, event);
  }
}

// Objects of which each stands for one kind of press. The value, if there is one, says which button; 0x4E0C of one switch, how.
void add_press(const MiObject& object, InputEvent event, Decoded& into) noexcept {
  const uint8_t group = static_cast<uint8_t>(object.id >> 8);
  if (object.value.empty()) {
    add_buttons(event, single, 1, into);
  } else if (object.value.size() == 1) {
    const uint8_t value = object.value[0];
    switch (object.dialect) {
      case MiDialect::buttons_by_index:
        if (group == 0x4A && value <= 1) add_buttons(event, static_cast<uint8_t>(1 << value), 2, into);
        break;
      case MiDialect::buttons_in_bits:
        if (group == 0x4E && value >= 1 && value <= 3) add_buttons(event, value, 2, into);
        break;
      case MiDialect::four_buttons:
        if (group == 0x56 && value >= 1 && value <= 4) add_buttons(event, static_cast<uint8_t>(1 << (value - 1)), 4, into);
        break;
      case MiDialect::press_in_value:
        if (object.id != 0x4E0C) break;
        if (value == 1) into.add(Quantity::button, InputEvent::press);
        if (value == 8) into.add(Quantity::button, InputEvent::long_press);
        if (value == 15) into.add(Quantity::button, InputEvent::double_press);
        break;
      default:
        if (group == 0x4A) add_buttons(event, single, 1, into);
    }
  }
}

}  // namespace

bool add_mi_input(const MiObject& object, Decoded& into) noexcept {
  switch (object.id) {
    case 0x1001:
      if (object.value.size() == 3) add_control(object, into);
      return true;
    case 0x4A0C:
    case 0x4E0C:
    case 0x560C: add_press(object, InputEvent::press, into); return true;
    case 0x4A0D:
    case 0x4E0D:
    case 0x560D: add_press(object, InputEvent::double_press, into); return true;
    case 0x4A0E:
    case 0x4E0E:
    case 0x560E: add_press(object, InputEvent::long_press, into); return true;
    case 0x4A13:
      if (object.value.size() == 1 && object.value[0] == 1) into.add(Quantity::button, InputEvent::press);
      return true;
    default: return false;
  }
}

}  // namespace moor
