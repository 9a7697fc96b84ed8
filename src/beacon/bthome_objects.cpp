#include "beacon/bthome_objects.hpp"

#include "core/utf8.hpp"

#include <cmath>
#include <cstdio>

namespace moor::bthome {
namespace {

using enum Coding;
using Q = Quantity;

// Source: bthome.io, "Format", and its proposal for commands (bthome.io pull requests 74 and 75).
constexpr Object table[] = {
    {.id = 0x00, .quantity = Q::packet_id},
    {.id = 0x01, .quantity = Q::battery},
    {.id = 0x02, .quantity = Q::temperature, .coding = signed_number, .size = 2, .divisor = 100},
    {.id = 0x03, .quantity = Q::humidity, .size = 2, .divisor = 100},
    {.id = 0x04, .quantity = Q::pressure, .size = 3, .divisor = 100},
    {.id = 0x05, .quantity = Q::illuminance, .size = 3, .divisor = 100},
    {.id = 0x06, .quantity = Q::weight, .size = 2, .divisor = 100},
    {.id = 0x07, .quantity = Q::weight, .size = 2, .divisor = 1e10, .factor = 45'359'237},  // pounds of 0.45359237 kg
    {.id = 0x08, .quantity = Q::dew_point, .coding = signed_number, .size = 2, .divisor = 100},
    {.id = 0x09, .quantity = Q::count},
    {.id = 0x0A, .quantity = Q::energy, .size = 3, .divisor = 1000},
    {.id = 0x0B, .quantity = Q::power, .size = 3, .divisor = 100},
    {.id = 0x0C, .quantity = Q::voltage, .size = 2, .divisor = 1000},
    {.id = 0x0D, .quantity = Q::pm25, .size = 2},
    {.id = 0x0E, .quantity = Q::pm10, .size = 2},
    {.id = 0x0F, .quantity = Q::generic, .coding = binary},
    {.id = 0x10, .quantity = Q::power_on, .coding = binary},
    {.id = 0x11, .quantity = Q::opening, .coding = binary},
    {.id = 0x12, .quantity = Q::carbon_dioxide, .size = 2},
    {.id = 0x13, .quantity = Q::volatile_organic_compounds, .size = 2},
    {.id = 0x14, .quantity = Q::moisture, .size = 2, .divisor = 100},
    {.id = 0x15, .quantity = Q::battery_low, .coding = binary},
    {.id = 0x16, .quantity = Q::battery_charging, .coding = binary},
    {.id = 0x17, .quantity = Q::carbon_monoxide, .coding = binary},
    {.id = 0x18, .quantity = Q::cold, .coding = binary},
    {.id = 0x19, .quantity = Q::connectivity, .coding = binary},
    {.id = 0x1A, .quantity = Q::door, .coding = binary},
    {.id = 0x1B, .quantity = Q::garage_door, .coding = binary},
    {.id = 0x1C, .quantity = Q::gas_detected, .coding = binary},
    {.id = 0x1D, .quantity = Q::heat, .coding = binary},
    {.id = 0x1E, .quantity = Q::light, .coding = binary},
    {.id = 0x1F, .quantity = Q::lock, .coding = binary},
    {.id = 0x20, .quantity = Q::moisture_detected, .coding = binary},
    {.id = 0x21, .quantity = Q::motion, .coding = binary},
    {.id = 0x22, .quantity = Q::moving, .coding = binary},
    {.id = 0x23, .quantity = Q::occupancy, .coding = binary},
    {.id = 0x24, .quantity = Q::plug, .coding = binary},
    {.id = 0x25, .quantity = Q::presence, .coding = binary},
    {.id = 0x26, .quantity = Q::problem, .coding = binary},
    {.id = 0x27, .quantity = Q::running, .coding = binary},
    {.id = 0x28, .quantity = Q::safety, .coding = binary},
    {.id = 0x29, .quantity = Q::smoke, .coding = binary},
    {.id = 0x2A, .quantity = Q::sound, .coding = binary},
    {.id = 0x2B, .quantity = Q::tamper, .coding = binary},
    {.id = 0x2C, .quantity = Q::vibration, .coding = binary},
    {.id = 0x2D, .quantity = Q::window, .coding = binary},
    {.id = 0x2E, .quantity = Q::humidity},
    {.id = 0x2F, .quantity = Q::moisture},
    {.id = 0x3A, .quantity = Q::button, .coding = button},
    {.id = 0x3B, .coding = command},
    {.id = 0x3C, .quantity = Q::dimmer, .coding = dimmer, .size = 2},
    {.id = 0x3D, .quantity = Q::count, .size = 2},
    {.id = 0x3E, .quantity = Q::count, .size = 4},
    {.id = 0x3F, .quantity = Q::rotation, .coding = signed_number, .size = 2, .divisor = 10},
    {.id = 0x40, .quantity = Q::distance, .size = 2, .divisor = 1000},
    {.id = 0x41, .quantity = Q::distance, .size = 2, .divisor = 10},
    {.id = 0x42, .quantity = Q::duration, .size = 3, .divisor = 1000},
    {.id = 0x43, .quantity = Q::current, .size = 2, .divisor = 1000},
    {.id = 0x44, .quantity = Q::speed, .size = 2, .divisor = 100},
    {.id = 0x45, .quantity = Q::temperature, .coding = signed_number, .size = 2, .divisor = 10},
    {.id = 0x46, .quantity = Q::uv_index, .divisor = 10},
    {.id = 0x47, .quantity = Q::volume, .size = 2, .divisor = 10},
    {.id = 0x48, .quantity = Q::volume, .size = 2, .divisor = 1000},
    {.id = 0x49, .quantity = Q::volume_flow_rate, .size = 2, .divisor = 1000},
    {.id = 0x4A, .quantity = Q::voltage, .size = 2, .divisor = 10},
    {.id = 0x4B, .quantity = Q::gas, .size = 3, .divisor = 1000},
    {.id = 0x4C, .quantity = Q::gas, .size = 4, .divisor = 1000},
    {.id = 0x4D, .quantity = Q::energy, .size = 4, .divisor = 1000},
    {.id = 0x4E, .quantity = Q::volume, .size = 4, .divisor = 1000},
    {.id = 0x4F, .quantity = Q::water, .size = 4, .divisor = 1000},
    {.id = 0x50, .quantity = Q::timestamp, .size = 4},
    {.id = 0x51, .quantity = Q::acceleration, .size = 2, .divisor = 1000},
    {.id = 0x52, .quantity = Q::gyroscope, .size = 2, .divisor = 1000},
    {.id = 0x53, .coding = text},
    {.id = 0x54, .coding = raw},
    {.id = 0x55, .quantity = Q::volume_storage, .size = 4, .divisor = 1000},
    {.id = 0x56, .quantity = Q::conductivity, .size = 2},
    {.id = 0x57, .quantity = Q::temperature, .coding = signed_number},
    {.id = 0x58, .quantity = Q::temperature, .coding = signed_number, .divisor = 100, .factor = 35},
    {.id = 0x59, .quantity = Q::count, .coding = signed_number},
    {.id = 0x5A, .quantity = Q::count, .coding = signed_number, .size = 2},
    {.id = 0x5B, .quantity = Q::count, .coding = signed_number, .size = 4},
    {.id = 0x5C, .quantity = Q::power, .coding = signed_number, .size = 4, .divisor = 100},
    {.id = 0x5D, .quantity = Q::current, .coding = signed_number, .size = 2, .divisor = 1000},
    {.id = 0x5E, .quantity = Q::direction, .size = 2, .divisor = 100},
    {.id = 0x5F, .quantity = Q::precipitation, .size = 2, .divisor = 10},
    {.id = 0x60, .quantity = Q::channel},
    {.id = 0x61, .quantity = Q::rotational_speed, .size = 2},
    {.id = 0x62, .quantity = Q::speed, .coding = signed_number, .size = 4, .divisor = 1e6},
    {.id = 0x63, .quantity = Q::acceleration, .coding = signed_number, .size = 4, .divisor = 1e6},
    {.id = 0x64, .quantity = Q::light_level},
    {.id = 0xF0, .quantity = Q::device_type, .size = 2},
    {.id = 0xF1, .quantity = Q::firmware, .coding = version, .size = 4},
    {.id = 0xF2, .quantity = Q::firmware, .coding = version, .size = 3},
};

// Where an identifier's object stands in the table, plus one.
constexpr auto places = [] {
  std::array<uint8_t, 256> made{};
  for (size_t i = 0; i < std::size(table); ++i) made[table[i].id] = static_cast<uint8_t>(i + 1);
  return made;
}();

constexpr std::string_view commands[] = {"off", "on", "toggle", "step_up", "step_down"};

void add_version(const Object& object, Bytes data, Decoded& into) noexcept {
  std::array<char, 16> words{};
  int size = 0;
  for (size_t i = data.size(); i > 0; --i)
    size += std::snprintf(&words[static_cast<size_t>(size)], words.size() - static_cast<size_t>(size), size == 0 ? "%u" : ".%u",
                          unsigned{data[i - 1]});
  into.add_attribute("firmware", {words.data(), static_cast<size_t>(size)});
  into.add(object.quantity, static_cast<double>(unsigned_number(data)));
}

void add_raw(Bytes data, Decoded& into) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, Attribute::max_size> words{};
  const size_t shown = std::min(data.size(), words.size() / 2);
  for (size_t i = 0; i < shown; ++i) {
    words[2 * i] = digits[data[i] >> 4];
    words[2 * i + 1] = digits[data[i] & 0xF];
  }
  into.add_attribute("raw", {words.data(), 2 * shown});
}

// A button that sends a number without a meaning is still one of several: those behind it keep theirs.
void add_event(Quantity quantity, uint8_t number, Decoded& into) noexcept {
  const auto event = static_cast<InputEvent>(number);
  if (number <= static_cast<uint8_t>(InputEvent::long_triple_press) || event == InputEvent::hold)
    return into.add(quantity, event);
  into.add_unavailable(quantity);
}

void add_dimmer(uint8_t number, uint8_t steps, Decoded& into) noexcept {
  constexpr std::array turns = {InputEvent::none, InputEvent::rotate_left, InputEvent::rotate_right};
  if (number < turns.size()) {
    into.add(Q::dimmer, turns[number]);
  } else {
    into.add_unavailable(Q::dimmer);
  }
  into.add(Q::steps, static_cast<double>(steps));
}

}  // namespace

std::span<const Object> all_objects() noexcept {
  return table;
}

const Object* find_object(uint8_t id) noexcept {
  return places[id] == 0 ? nullptr : &table[places[id] - 1];
}

uint64_t unsigned_number(Bytes little_endian) noexcept {
  uint64_t number = 0;
  for (size_t i = little_endian.size(); i > 0; --i) number = number << 8 | little_endian[i - 1];
  return number;
}

int64_t signed_number(Bytes little_endian) noexcept {
  const int unused = 64 - 8 * static_cast<int>(std::min<size_t>(little_endian.size(), 8));
  return unused == 64 ? 0 : static_cast<int64_t>(unsigned_number(little_endian) << unused) >> unused;
}

void add_number(const Object& object, double number, Decoded& into) noexcept {
  if (!std::isfinite(number)) return into.add_unavailable(object.quantity);
  into.add(object.quantity, object.value_of(number));
}

void add_object(const Object& object, Bytes data, Decoded& into) noexcept {
  switch (object.coding) {
    case Coding::number: return add_number(object, static_cast<double>(unsigned_number(data)), into);
    case Coding::signed_number: return add_number(object, static_cast<double>(bthome::signed_number(data)), into);
    case binary: return into.add(object.quantity, unsigned_number(data) != 0 ? 1.0 : 0.0);
    case version: return add_version(object, data, into);
    case button: return add_event(object.quantity, data[0], into);
    case dimmer: return add_dimmer(data[0], data[1], into);
    case command:
      if (data[0] < std::size(commands)) into.add_attribute("command", commands[data[0]]);
      return;
    case text:
      if (is_utf8(data)) into.add_attribute("text", {reinterpret_cast<const char*>(data.data()), data.size()});
      return;
    case raw: return add_raw(data, into);
  }
}

}  // namespace moor::bthome
