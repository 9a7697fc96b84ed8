#include "beacon/mibeacon_objects.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace moor {
namespace {

enum class Form : uint8_t { u8, u16, s16, f32, yes_no, one_or_two };

constexpr size_t size_of(Form form) noexcept {
  switch (form) {
    case Form::u16:
    case Form::s16: return 2;
    case Form::f32: return 4;
    default: return 1;
  }
}

// An object that is one number.
struct Measurement {
  uint16_t id = 0;
  Form form{};
  Quantity quantity{};
  double factor = 1;
};

constexpr Measurement measurements[] = {
    {0x1004, Form::s16, Quantity::temperature, 0.1},
    {0x1008, Form::u8, Quantity::moisture},
    {0x1009, Form::u16, Quantity::conductivity},
    {0x100A, Form::u8, Quantity::battery},
    {0x1010, Form::u16, Quantity::formaldehyde, 0.01},
    {0x1012, Form::yes_no, Quantity::power_on},
    {0x1013, Form::u8, Quantity::consumable},
    {0x1014, Form::yes_no, Quantity::moisture_detected},
    {0x1015, Form::yes_no, Quantity::smoke},
    {0x1018, Form::yes_no, Quantity::light},
    {0x4801, Form::f32, Quantity::temperature},
    {0x4802, Form::u8, Quantity::humidity},
    {0x4803, Form::u8, Quantity::battery},
    {0x4805, Form::f32, Quantity::illuminance},
    {0x4808, Form::f32, Quantity::humidity},
    {0x483C, Form::yes_no, Quantity::occupancy},
    {0x484E, Form::yes_no, Quantity::occupancy},
    {0x4A01, Form::yes_no, Quantity::battery_low},
    {0x4C01, Form::f32, Quantity::temperature},
    {0x4C02, Form::u8, Quantity::humidity},
    {0x4C03, Form::u8, Quantity::battery},
    {0x4C08, Form::f32, Quantity::humidity},
    {0x4E01, Form::yes_no, Quantity::battery_low},
    {0x5003, Form::u8, Quantity::battery},
    {0x5403, Form::u8, Quantity::battery},
    {0x5413, Form::yes_no, Quantity::presence},
    {0x5601, Form::yes_no, Quantity::battery_low},
    {0x5810, Form::one_or_two, Quantity::asleep},
    {0x6461, Form::one_or_two, Quantity::wearing},
};
static_assert(std::ranges::is_sorted(measurements, {}, &Measurement::id));

// Floats of these sensors are of two decimals; what a float adds to them is not measured.
void add_float(Quantity quantity, const uint8_t* at, Decoded& into) noexcept {
  const auto value = static_cast<double>(std::bit_cast<float>(load_le32(at)));
  if (std::isfinite(value))
    into.add(quantity, std::round(value * 100) / 100);
  else
    into.add_unavailable(quantity);
}

bool add_measurement(const MiObject& object, Decoded& into) noexcept {
  const auto* const found = std::ranges::lower_bound(measurements, object.id, {}, &Measurement::id);
  if (found == std::end(measurements) || found->id != object.id) return false;
  if (object.value.size() != size_of(found->form)) return true;
  const uint8_t* const at = object.value.data();
  switch (found->form) {
    case Form::u8: into.add(found->quantity, at[0] * found->factor); break;
    case Form::u16: into.add(found->quantity, load_le16(at) * found->factor); break;
    case Form::s16: into.add(found->quantity, static_cast<int16_t>(load_le16(at)) * found->factor); break;
    case Form::f32: add_float(found->quantity, at, into); break;
    case Form::yes_no: into.add(found->quantity, at[0] != 0 ? 1.0 : 0.0); break;
    case Form::one_or_two:  // 1 for no, 2 for yes
      if (at[0] == 1 || at[0] == 2) into.add(found->quantity, at[0] - 1.0);
      break;
  }
  return true;
}

double humidity(uint16_t tenths, MiDialect dialect) noexcept {
  return dialect == MiDialect::whole_humidity ? std::floor(tenths / 10.0) : tenths * 0.1;
}

// The illuminance of 0x0007 and 0x000F is in lux, or only more or less than 100.
void add_light(const MiObject& object, Decoded& into) noexcept {
  const uint32_t level = load_le16(&object.value[0]) | static_cast<uint32_t>(object.value[2]) << 16;
  if (object.dialect == MiDialect::dark_or_light)
    into.add(Quantity::light, level >= 100 ? 1.0 : 0.0);
  else
    into.add(Quantity::illuminance, level);
}

// Motion is over when there has been none for longer than half a minute, as in the maker's app.
void add_idle_time(uint32_t seconds, Decoded& into) noexcept {
  into.add(Quantity::motion, seconds <= 30 ? 1.0 : 0.0);
}

// How long somebody has been there, or nobody.
void add_stay(double seconds, bool present, Decoded& into) noexcept {
  into.add(Quantity::duration, seconds);
  into.add_attribute("state", present ? "present" : "absent");
}

// The body's temperature from two sensors in a plaster: the fit of the community, good from 36.5 to 37.8 °C.
void add_body_temperature(Bytes value, Decoded& into) noexcept {
  const double first = static_cast<int16_t>(load_le16(&value[0])) / 100.0;
  const double second = static_cast<int16_t>(load_le16(&value[2])) / 100.0;
  into.add(Quantity::temperature, 3.71934e-11 * std::exp(0.69314 * first) - 1.02801e-8 * std::exp(0.53871 * second) + 36.413);
  into.add(Quantity::battery, value[4]);
}

// 0x0010 of a toothbrush: 0 and the seconds, or 1 and the score.
void add_brushing(Bytes value, Decoded& into) noexcept {
  const bool running = value[0] == 0;
  into.add(Quantity::running, running ? 1.0 : 0.0);
  if (value.size() > 1) into.add(running ? Quantity::elapsed_time : Quantity::score, value[1]);
}

// 0x6E16 of the S400 scale. The weight comes first and alone, then with the heart rate and the impedance at the low frequency, then
// the impedance at the high one: of the first and of the last the scale is done with something.
//
//   0         1                              5
//   ┌─────────┬──────────────────────────────┬───────────┐
//   │ profile │ weight 11, heart 7, ohms 14  │ unix time │     bits from the lowest; 0.1 kg, 50 + 1/min, 0.1 Ω
//   └─────────┴──────────────────────────────┴───────────┘
void add_body_composition(Bytes value, Decoded& into) noexcept {
  const uint32_t bits = load_le32(&value[1]);
  const uint32_t weight = bits & 0x7FF;
  const uint32_t heart = bits >> 11 & 0x7F;
  const uint32_t ohms = bits >> 18;
  into.add(Quantity::profile, value[0]);
  if (weight != 0) into.add(Quantity::weight, weight * 0.1);
  into.add(Quantity::weight_stable, (weight != 0) != (ohms != 0) ? 1.0 : 0.0);
  if (heart != 0 && heart != 0x7F) into.add(Quantity::heart_rate, heart + 50.0);
  if (ohms == 0) return;
  into.add(Quantity::impedance, ohms * 0.1);
  into.add_attribute("frequency", weight != 0 ? "low" : "high");
}

// Water below the sensor or on top of it, as state (0x4806, 0x487B) and as event (0x4A68: 0 and 1 below, 2 and 3 on top).
void add_water(bool wet, bool top, const MiObject& object, Decoded& into) noexcept {
  into.add(Quantity::moisture_detected, wet ? 1.0 : 0.0);
  if (object.dialect == MiDialect::two_water_probes) into.add_attribute("probe", top ? "top" : "bottom");
}

bool add_one_byte(const MiObject& object, Decoded& into) noexcept {
  const uint8_t value = object.value[0];
  switch (object.id) {
    case 0x0003: into.add(Quantity::motion, 1); return true;  // is sent for motion only
    case 0x4806: add_water(value != 0, false, object, into); return true;
    case 0x487B: add_water(value != 0, true, object, into); return true;
    case 0x4A68:
      if (value <= 3) add_water(value % 2 == 0, value >= 2, object, into);
      return true;
    case 0x4851: add_stay(value * 60.0, true, into); return true;
    case 0x4852: add_stay(value * 60.0, false, into); return true;
    case 0x4E16:
    case 0x4E17:
      if (value == 1) into.add(Quantity::occupancy, object.id == 0x4E16 ? 1.0 : 0.0);
      return true;
    case 0x5422:  // charging; of its states only this is known
      if (value == 2) {
        into.add(Quantity::battery_charging, 0);
        into.add_attribute("charge", "full");
      }
      return true;
    default: return false;
  }
}

bool add_several_bytes(const MiObject& object, Decoded& into) noexcept {
  const Bytes value = object.value;
  switch (static_cast<uint32_t>(object.id) << 8 | value.size()) {
    case 0x000A02:
      if (const auto hundredths = static_cast<int16_t>(load_le16(&value[0])); hundredths != 0)
        into.add(Quantity::temperature, hundredths * 0.01);
      return true;
    case 0x000F03:
      into.add(Quantity::motion, 1);
      add_light(object, into);
      return true;
    case 0x001001:
    case 0x001002: add_brushing(value, into); return true;
    case 0x100502:
      into.add(Quantity::power_on, value[0] != 0 ? 1.0 : 0.0);
      into.add(Quantity::temperature, value[1]);
      return true;
    case 0x100602: into.add(Quantity::humidity, humidity(load_le16(&value[0]), object.dialect)); return true;
    case 0x100703: add_light(object, into); return true;
    case 0x100D04:
      into.add(Quantity::temperature, static_cast<int16_t>(load_le16(&value[0])) * 0.1);
      into.add(Quantity::humidity, humidity(load_le16(&value[2]), object.dialect));
      return true;
    case 0x101704: add_idle_time(load_le32(&value[0]), into); return true;
    case 0x101B04: into.add(Quantity::motion, 0); return true;
    case 0x200005: add_body_temperature(value, into); return true;
    case 0x300305:
    case 0x300306:  // 0 where it began and 1 where it ended, when, and the score
      if (value[0] <= 1) into.add(Quantity::running, 1.0 - value[0]);
      if (value.size() > 5) into.add(Quantity::score, value[5]);
      return true;
    case 0x481802: add_idle_time(load_le16(&value[0]), into); return true;
    case 0x483D04: add_stay(load_le32(&value[0]), true, into); return true;
    case 0x483E04: add_stay(load_le32(&value[0]), false, into); return true;
    case 0x4A0804:
      into.add(Quantity::motion, 1);
      add_float(Quantity::illuminance, value.data(), into);
      return true;
    case 0x4E1609:  // the S200 scale: profile, hundredths of a kilogram, 0, unix time
      into.add(Quantity::profile, value[0]);
      into.add(Quantity::weight, load_le16(&value[1]) * 0.01);
      return true;
    case 0x6E1609: add_body_composition(value, into); return true;
    default: return false;
  }
}

}  // namespace

void add_mi_object(const MiObject& object, Decoded& into) noexcept {
  if (add_measurement(object, into) || add_mi_input(object, into) || add_mi_lock(object, into)) return;
  if (object.value.size() == 1 && add_one_byte(object, into)) return;
  (void)add_several_bytes(object, into);
}

}  // namespace moor
