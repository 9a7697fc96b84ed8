// Machines of a gym: GSS 11, section 3, Treadmill Data, Rower Data, Indoor Bike Data. Bit 0 says that more of the record comes in a further
// packet; where it is clear, the packet has the first fields.

#include "gatt/structure_values.hpp"

#include <array>

namespace moor {

namespace {

using enum RawType;

constexpr uint32_t more_data = 0x0001;
constexpr Scale tenths{0.1, 1};
constexpr Scale hundredths{0.01, 2};
constexpr Scale halves{0.5, 1};

constexpr NumberKey total_energy{"total_energy", "kcal"};
constexpr NumberKey energy_per_hour{"energy_per_hour", "kcal/h"};
constexpr NumberKey energy_per_minute{"energy_per_minute", "kcal/min"};
constexpr NumberKey heart_rate{"heart_rate", "bpm", Quantity::heart_rate};
constexpr NumberKey metabolic_equivalent{"metabolic_equivalent"};
constexpr NumberKey elapsed_time{"elapsed_time", "s", Quantity::elapsed_time};
constexpr NumberKey remaining_time{"remaining_time", "s", Quantity::remaining_time};
constexpr NumberKey total_distance{"total_distance", "m", Quantity::distance};
constexpr NumberKey power{"power", "W", Quantity::power};
constexpr NumberKey average_power{"average_power", "W"};
constexpr int64_t no_u16 = 0xFFFF;  // "data not available" of energies
constexpr int64_t no_u8 = 0xFF;
constexpr int64_t no_s16 = 0x7FFF;  // of inclination and ramp angle, force and power

bool decode_treadmill(ByteReader& reader, ValueBuilder& builder) {
  static constexpr std::array rows = {
      FieldRow{more_data, u16, hundredths, {"speed", "km/h"}, {}, true},
      FieldRow{0x0002, u16, hundredths, {"average_speed", "km/h"}},
      FieldRow{0x0004, u24, {}, total_distance},
      FieldRow{0x0008, s16, tenths, {"inclination", "%"}, no_s16},
      FieldRow{0x0008, s16, tenths, {"ramp_angle", "°"}, no_s16},
      FieldRow{0x0010, u16, tenths, {"elevation_gain", "m"}},
      FieldRow{0x0010, u16, tenths, {"elevation_loss", "m"}},
      FieldRow{0x0020, u8, tenths, {"pace", "km/min"}},
      FieldRow{0x0040, u8, tenths, {"average_pace", "km/min"}},
      FieldRow{0x0080, u16, {}, total_energy, no_u16},
      FieldRow{0x0080, u16, {}, energy_per_hour, no_u16},
      FieldRow{0x0080, u8, {}, energy_per_minute, no_u8},
      FieldRow{0x0100, u8, {}, heart_rate},
      FieldRow{0x0200, u8, tenths, metabolic_equivalent},
      FieldRow{0x0400, u16, {}, elapsed_time},
      FieldRow{0x0800, u16, {}, remaining_time},
      FieldRow{0x1000, s16, {}, {"force_on_belt", "N"}, no_s16},
      FieldRow{0x1000, s16, {}, power, no_s16},
  };
  add_fields(rows, reader.le16(), reader, builder);
  return true;
}

bool decode_rower(ByteReader& reader, ValueBuilder& builder) {
  static constexpr std::array rows = {
      FieldRow{more_data, u8, halves, {"stroke_rate", "1/min"}, {}, true},
      FieldRow{more_data, u16, {}, {"stroke_count"}, {}, true},
      FieldRow{0x0002, u8, halves, {"average_stroke_rate", "1/min"}},
      FieldRow{0x0004, u24, {}, total_distance},
      FieldRow{0x0008, u16, {}, {"pace", "s/500 m"}},
      FieldRow{0x0010, u16, {}, {"average_pace", "s/500 m"}},
      FieldRow{0x0020, s16, {}, power},
      FieldRow{0x0040, s16, {}, average_power},
      FieldRow{0x0080, s16, {}, {"resistance_level"}},
      FieldRow{0x0100, u16, {}, total_energy, no_u16},
      FieldRow{0x0100, u16, {}, energy_per_hour, no_u16},
      FieldRow{0x0100, u8, {}, energy_per_minute, no_u8},
      FieldRow{0x0200, u8, {}, heart_rate},
      FieldRow{0x0400, u8, tenths, metabolic_equivalent},
      FieldRow{0x0800, u16, {}, elapsed_time},
      FieldRow{0x1000, u16, {}, remaining_time},
  };
  add_fields(rows, reader.le16(), reader, builder);
  return true;
}

bool decode_indoor_bike(ByteReader& reader, ValueBuilder& builder) {
  static constexpr std::array rows = {
      FieldRow{more_data, u16, hundredths, {"speed", "km/h"}, {}, true},
      FieldRow{0x0002, u16, hundredths, {"average_speed", "km/h"}},
      FieldRow{0x0004, u16, halves, {"cadence", "1/min"}},
      FieldRow{0x0008, u16, halves, {"average_cadence", "1/min"}},
      FieldRow{0x0010, u24, {}, total_distance},
      FieldRow{0x0020, s16, {}, {"resistance_level"}},
      FieldRow{0x0040, s16, {}, power},
      FieldRow{0x0080, s16, {}, average_power},
      FieldRow{0x0100, u16, {}, total_energy, no_u16},
      FieldRow{0x0100, u16, {}, energy_per_hour, no_u16},
      FieldRow{0x0100, u8, {}, energy_per_minute, no_u8},
      FieldRow{0x0200, u8, {}, heart_rate},
      FieldRow{0x0400, u8, tenths, metabolic_equivalent},
      FieldRow{0x0800, u16, {}, elapsed_time},
      FieldRow{0x1000, u16, {}, remaining_time},
  };
  add_fields(rows, reader.le16(), reader, builder);
  return true;
}

constexpr std::array structures = {
    Structure{0x2ACD, false, decode_treadmill},
    Structure{0x2AD1, false, decode_rower},
    Structure{0x2AD2, false, decode_indoor_bike},
};

}  // namespace

std::span<const Structure> fitness_machine_structures() noexcept {
  return structures;
}

}  // namespace moor
