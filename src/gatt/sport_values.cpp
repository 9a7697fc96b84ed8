// Hearts, bicycles and runners: GSS 11, section 3, Heart Rate Measurement, CSC Measurement, Cycling Power Measurement, RSC Measurement.

#include "core/json_text.hpp"
#include "gatt/structure_values.hpp"

#include <array>

namespace moor {

namespace {

using enum RawType;

// flags, heart rate (u8 or u16), energy (u16), RR intervals (u16 each) to the end
bool decode_heart_rate(ByteReader& reader, ValueBuilder& builder) {
  constexpr uint8_t is_16_bit = 0x01;
  constexpr uint8_t contact = 0x02;
  constexpr uint8_t contact_supported = 0x04;
  constexpr uint8_t has_energy = 0x08;
  constexpr uint8_t has_rr = 0x10;
  constexpr double rr_unit = 1.0 / 1024;  // s

  const uint8_t flags = reader.u8();
  const unsigned rate = (flags & is_16_bit) != 0 ? reader.le16() : reader.u8();
  if (!reader.ok()) return false;
  builder.number({"heart_rate", "bpm", Quantity::heart_rate}, rate);
  if ((flags & contact_supported) != 0) builder.flag("contact", (flags & contact) != 0, "no contact");
  if ((flags & has_energy) != 0) add_field({.type = u16, .key = {"energy_expended", "kJ"}}, reader, builder);
  while ((flags & has_rr) != 0 && reader.ok() && reader.remaining() > 0) {
    const double seconds = reader.le16() * rr_unit;
    if (reader.ok()) builder.number({.name = "rr_interval", .unit = "s", .label = "RR", .in_list = true}, rounded(seconds, 4), 2);
  }
  return true;
}

constexpr Scale per_1024{1.0 / 1024, 4};
constexpr Scale per_2048{1.0 / 2048, 4};

bool decode_csc(ByteReader& reader, ValueBuilder& builder) {
  static constexpr std::array rows = {
      FieldRow{0x01, u32, {}, {"wheel_revolutions"}},
      FieldRow{0x01, u16, per_1024, {"wheel_event_time", "s"}},
      FieldRow{0x02, u16, {}, {"crank_revolutions"}},
      FieldRow{0x02, u16, per_1024, {"crank_event_time", "s"}},
  };
  add_fields(rows, reader.u8(), reader, builder);
  return true;
}

bool decode_csc_feature(ByteReader& reader, ValueBuilder& builder) {
  const unsigned bits = reader.le16();
  builder.flag("wheel_revolution_data", (bits & 1U) != 0);
  builder.flag("crank_revolution_data", (bits & 2U) != 0);
  builder.flag("multiple_sensor_locations", (bits & 4U) != 0);
  return true;
}

bool decode_cycling_power(ByteReader& reader, ValueBuilder& builder) {
  constexpr uint32_t balance = 0x0001;
  constexpr uint32_t balance_is_left = 0x0002;
  constexpr uint32_t torque = 0x0004;
  constexpr uint32_t torque_is_crank = 0x0008;
  constexpr uint32_t angles = 0x0100;
  constexpr uint32_t offset_compensation = 0x1000;
  constexpr Scale per_32{1.0 / 32, 3};
  static constexpr std::array before_angles = {
      FieldRow{0, s16, {}, {"power", "W", Quantity::power}},
      FieldRow{balance, u8, {0.5, 1}, {"pedal_power_balance", "%"}},
      FieldRow{torque, u16, per_32, {"accumulated_torque", "Nm"}},
      FieldRow{0x0010, u32, {}, {"wheel_revolutions"}},
      FieldRow{0x0010, u16, per_2048, {"wheel_event_time", "s"}},
      FieldRow{0x0020, u16, {}, {"crank_revolutions"}},
      FieldRow{0x0020, u16, per_1024, {"crank_event_time", "s"}},
      FieldRow{0x0040, s16, {}, {"max_force", "N"}},
      FieldRow{0x0040, s16, {}, {"min_force", "N"}},
      FieldRow{0x0080, s16, per_32, {"max_torque", "Nm"}},
      FieldRow{0x0080, s16, per_32, {"min_torque", "Nm"}},
  };
  static constexpr std::array after_angles = {
      FieldRow{0x0200, u16, {}, {"top_dead_spot_angle", "°"}},
      FieldRow{0x0400, u16, {}, {"bottom_dead_spot_angle", "°"}},
      FieldRow{0x0800, u16, {}, {"accumulated_energy", "kJ"}},
  };
  const uint32_t flags = reader.le16();
  add_fields(before_angles, flags, reader, builder);
  if ((flags & angles) != 0) {
    const uint64_t both = load_unsigned(reader.take(3));  // 12 bits each, the maximum first
    builder.number({"max_angle", "°"}, static_cast<double>(both & 0xFFF));
    builder.number({"min_angle", "°"}, static_cast<double>(both >> 12));
  }
  add_fields(after_angles, flags, reader, builder);
  if ((flags & balance) != 0)
    builder.text("pedal_power_balance_reference", (flags & balance_is_left) != 0 ? "left" : "unknown", "balance of");
  if ((flags & torque) != 0) builder.text("torque_source", (flags & torque_is_crank) != 0 ? "crank" : "wheel");
  builder.flag("offset_compensation", (flags & offset_compensation) != 0);
  return true;
}

bool decode_rsc(ByteReader& reader, ValueBuilder& builder) {
  constexpr uint8_t is_running = 0x04;
  static constexpr std::array rows = {
      FieldRow{0, u16, {1.0 / 256, 3}, {"speed", "m/s", Quantity::speed}},
      FieldRow{0, u8, {}, {"cadence", "1/min"}},
      FieldRow{0x01, u16, {0.01, 2}, {"stride_length", "m"}},
      FieldRow{0x02, u32, {0.1, 1}, {"total_distance", "m"}},
  };
  const uint8_t flags = reader.u8();
  add_fields(rows, flags, reader, builder);
  builder.flag("running", (flags & is_running) != 0, "walking");
  return true;
}

bool decode_rsc_feature(ByteReader& reader, ValueBuilder& builder) {
  static constexpr std::array<std::string_view, 5> names = {"stride_length", "total_distance", "walking_or_running",
                                                            "calibration", "multiple_sensor_locations"};
  const unsigned bits = reader.le16();
  for (size_t bit = 0; bit < names.size(); ++bit) builder.flag(names[bit], (bits >> bit & 1U) != 0);
  return true;
}

constexpr std::array structures = {
    Structure{0x2A37, true, decode_heart_rate},   Structure{0x2A53, true, decode_rsc},
    Structure{0x2A54, false, decode_rsc_feature}, Structure{0x2A5B, false, decode_csc},
    Structure{0x2A5C, false, decode_csc_feature}, Structure{0x2A63, true, decode_cycling_power},
};

}  // namespace

std::span<const Structure> sport_structures() noexcept {
  return structures;
}

}  // namespace moor
