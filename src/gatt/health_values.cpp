// Bodies: GSS 11, section 3, Temperature Measurement, Blood Pressure Measurement, Weight Measurement, Body Composition Measurement,
// Glucose Measurement.

#include "gatt/structure_values.hpp"
#include "gatt/word_values.hpp"

#include <array>

namespace moor {

namespace {

using enum RawType;

constexpr int64_t not_measured = 0xFFFF;  // "measurement unsuccessful" of weight and body fat
constexpr FieldRow user_id{0, u8, {}, {"user_id"}, 0xFF};

// Of weights and body composition: SI, or pounds and inches.
struct BodyUnits {
  FieldRow height;
  Scale mass_scale;
  std::string_view mass_unit;
};
constexpr BodyUnits metric{{0, u16, {0.001, 3}, {"height", "m"}}, {0.005, 3}, "kg"};
constexpr BodyUnits imperial{{0, u16, {0.1, 1}, {"height", "in"}}, {0.01, 2}, "lb"};

FieldRow mass(const BodyUnits& units, std::string_view name, std::optional<Quantity> quantity = {}) {
  return {0, u16, units.mass_scale, {name, units.mass_unit, quantity}, not_measured};
}

bool decode_temperature(ByteReader& reader, ValueBuilder& builder) {
  constexpr uint8_t is_fahrenheit = 0x01;
  constexpr uint8_t has_time = 0x02;
  constexpr uint8_t has_type = 0x04;
  const uint8_t flags = reader.u8();
  const uint32_t bits = reader.le32();
  if (!reader.ok()) return false;
  builder.decimal({"temperature", (flags & is_fahrenheit) != 0 ? "°F" : "°C", Quantity::temperature}, decode_medfloat32(bits));
  if ((flags & has_time) != 0 && !add_date_time("time", reader, builder)) return false;
  if ((flags & has_type) != 0) {
    const std::string_view type = temperature_type(reader.u8());
    if (type.empty()) return false;
    builder.text("type", std::string(type));
  }
  return true;
}

void add_pressure_status(unsigned status, ValueBuilder& builder) {
  static constexpr std::array<std::string_view, 3> ranges = {"within", "above", "below"};
  builder.flag("body_movement", (status & 0x01U) != 0);
  builder.flag("cuff_too_loose", (status & 0x02U) != 0);
  builder.flag("irregular_pulse", (status & 0x04U) != 0);
  const std::string_view range = word(ranges, status >> 3 & 3U);
  if (!range.empty() && range != "within") builder.text("pulse_range", std::string(range));
  builder.flag("improper_position", (status & 0x20U) != 0);
}

// Flags and what comes after the pressures, which an intermediate one has in the same places.
bool decode_pressure(ByteReader& reader, ValueBuilder& builder, bool is_intermediate) {
  constexpr uint8_t is_kilopascal = 0x01;
  constexpr uint8_t has_time = 0x02;
  constexpr uint8_t has_pulse = 0x04;
  constexpr uint8_t has_user = 0x08;
  constexpr uint8_t has_status = 0x10;
  const uint8_t flags = reader.u8();
  const std::string_view unit = (flags & is_kilopascal) != 0 ? "kPa" : "mmHg";
  if (is_intermediate) {
    add_field({0, medfloat16, {}, {"cuff_pressure", unit}}, reader, builder);
    reader.skip(4);  // NaN
  } else {
    for (const std::string_view name : {"systolic", "diastolic", "mean_arterial_pressure"})
      add_field({0, medfloat16, {}, {name, unit}}, reader, builder);
  }
  if ((flags & has_time) != 0 && !add_date_time("time", reader, builder)) return false;
  if ((flags & has_pulse) != 0) add_field({0, medfloat16, {}, {"pulse_rate", "bpm", Quantity::heart_rate}}, reader, builder);
  if ((flags & has_user) != 0) add_field(user_id, reader, builder);
  if ((flags & has_status) != 0) add_pressure_status(reader.le16(), builder);
  return true;
}

bool decode_blood_pressure(ByteReader& reader, ValueBuilder& builder) {
  return decode_pressure(reader, builder, false);
}

bool decode_cuff_pressure(ByteReader& reader, ValueBuilder& builder) {
  return decode_pressure(reader, builder, true);
}

bool decode_weight(ByteReader& reader, ValueBuilder& builder) {
  constexpr uint8_t is_imperial = 0x01;
  constexpr uint8_t has_time = 0x02;
  constexpr uint8_t has_user = 0x04;
  constexpr uint8_t has_height = 0x08;
  const uint8_t flags = reader.u8();
  const BodyUnits& units = (flags & is_imperial) != 0 ? imperial : metric;
  add_field(mass(units, "weight", Quantity::weight), reader, builder);
  if ((flags & has_time) != 0 && !add_date_time("time", reader, builder)) return false;
  if ((flags & has_user) != 0) add_field(user_id, reader, builder);
  if ((flags & has_height) == 0) return true;
  add_field({0, u16, {0.1, 1}, {"body_mass_index", "kg/m²"}}, reader, builder);
  add_field(units.height, reader, builder);
  return true;
}

bool decode_body_composition(ByteReader& reader, ValueBuilder& builder) {
  constexpr unsigned is_imperial = 0x0001;
  constexpr unsigned has_time = 0x0002;
  constexpr unsigned has_user = 0x0004;
  constexpr unsigned has_height = 0x0800;
  constexpr unsigned in_more_packets = 0x1000;
  const unsigned flags = reader.le16();
  const BodyUnits& units = (flags & is_imperial) != 0 ? imperial : metric;
  const auto add_if = [&](unsigned bit, const FieldRow& row) {
    if ((flags & bit) != 0) add_field(row, reader, builder);
  };
  add_field({0, u16, {0.1, 1}, {"body_fat", "%"}, not_measured}, reader, builder);
  if ((flags & has_time) != 0 && !add_date_time("time", reader, builder)) return false;
  add_if(has_user, user_id);
  add_if(0x0008, {0, u16, {}, {"basal_metabolism", "kJ"}});
  add_if(0x0010, {0, u16, {0.1, 1}, {"muscle", "%"}});
  add_if(0x0020, mass(units, "muscle_mass"));
  add_if(0x0040, mass(units, "fat_free_mass"));
  add_if(0x0080, mass(units, "soft_lean_mass"));
  add_if(0x0100, mass(units, "body_water_mass"));
  add_if(0x0200, {0, u16, {0.1, 1}, {"impedance", "Ω", Quantity::impedance}});
  add_if(0x0400, mass(units, "weight", Quantity::weight));
  add_if(has_height, units.height);
  builder.flag("in_more_packets", (flags & in_more_packets) != 0);
  return true;
}

bool decode_glucose(ByteReader& reader, ValueBuilder& builder) {
  constexpr uint8_t has_offset = 0x01;
  constexpr uint8_t has_concentration = 0x02;
  constexpr uint8_t is_molar = 0x04;
  constexpr uint8_t has_status = 0x08;
  static constexpr std::array<std::string_view, 11> samples = {"",
                                                               "capillary whole blood",
                                                               "capillary plasma",
                                                               "venous whole blood",
                                                               "venous plasma",
                                                               "arterial whole blood",
                                                               "arterial plasma",
                                                               "undetermined whole blood",
                                                               "undetermined plasma",
                                                               "interstitial fluid",
                                                               "control solution"};
  const uint8_t flags = reader.u8();
  add_field({0, u16, {}, {"sequence", "", Quantity::sequence}}, reader, builder);
  if (!add_date_time("time", reader, builder)) return false;
  if ((flags & has_offset) != 0) add_field({0, s16, {}, {"time_offset", "min"}, 0x7FFF}, reader, builder);
  if ((flags & has_concentration) != 0) {
    auto concentration = decode_medfloat16(reader.le16());
    if (concentration) concentration->exponent += (flags & is_molar) != 0 ? 3 : 5;  // mol/L to mmol/L, kg/L to mg/dL
    builder.decimal({"concentration", (flags & is_molar) != 0 ? "mmol/L" : "mg/dL"}, concentration);
    const std::string_view sample = word(samples, reader.u8() & 0x0FU);  // the location is in the other half
    if (!sample.empty()) builder.text("sample", std::string(sample));
  }
  if ((flags & has_status) != 0) add_field({0, u16, {}, {"sensor_status"}}, reader, builder);
  return true;
}

constexpr std::array structures = {
    Structure{0x2A18, false, decode_glucose},      Structure{0x2A1C, true, decode_temperature},
    Structure{0x2A1E, true, decode_temperature},   Structure{0x2A35, false, decode_blood_pressure},
    Structure{0x2A36, true, decode_cuff_pressure}, Structure{0x2A9C, true, decode_body_composition},
    Structure{0x2A9D, true, decode_weight},
};

}  // namespace

std::span<const Structure> health_structures() noexcept {
  return structures;
}

}  // namespace moor
