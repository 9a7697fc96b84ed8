// What a device says about itself, its clock and its battery: Core 5.4, Vol 3, Part C, 12 and Part G, 7; GSS 11, section 3.

#include "gatt/structure_values.hpp"
#include "gatt/word_values.hpp"
#include "moor/names.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace moor {

namespace {

using enum RawType;

std::string hex_from_le(Bytes bytes) {
  std::vector<uint8_t> big(bytes.rbegin(), bytes.rend());
  return to_hex(big);
}

bool decode_appearance(ByteReader& reader, ValueBuilder& builder) {
  const uint16_t number = reader.le16();
  const std::string_view name = appearance_name(number);
  builder.number({.name = "appearance"}, number);
  if (!name.empty()) builder.text("name", std::string(name));
  return true;
}

bool decode_preferred_parameters(ByteReader& reader, ValueBuilder& builder) {
  constexpr int64_t no_preference = 0xFFFF;
  static constexpr std::array rows = {
      FieldRow{0, u16, {1.25, 2}, {"min_interval", "ms"}, no_preference},
      FieldRow{0, u16, {1.25, 2}, {"max_interval", "ms"}, no_preference},
      FieldRow{0, u16, {}, {"latency"}},
      FieldRow{0, u16, {10, 0}, {"supervision_timeout", "ms"}, no_preference},
  };
  add_fields(rows, 0, reader, builder);
  return true;
}

bool decode_service_changed(ByteReader& reader, ValueBuilder& builder) {
  add_field({.type = u16, .key = {"start_handle"}}, reader, builder);
  add_field({.type = u16, .key = {"end_handle"}}, reader, builder);
  return true;
}

bool decode_date_time(ByteReader& reader, ValueBuilder& builder) {
  return add_date_time("time", reader, builder);
}

bool decode_current_time(ByteReader& reader, ValueBuilder& builder) {
  static constexpr std::array<std::string_view, 4> reasons = {"manual_update", "external_reference", "time_zone_change",
                                                              "daylight_saving_change"};
  if (!add_date_time("time", reader, builder)) return false;
  const uint8_t day = reader.u8();
  if (day > 7) return false;
  const std::string_view day_name = day_of_week(day);
  if (day_name.empty())
    builder.unknown({.name = "day_of_week"});
  else
    builder.text("day_of_week", std::string(day_name), "on");
  add_field({.type = u8, .scale = {1.0 / 256, 3}, .key = {"fraction", "s"}}, reader, builder);
  const unsigned bits = reader.u8();
  for (size_t bit = 0; bit < reasons.size(); ++bit) builder.flag(reasons[bit], (bits >> bit & 1U) != 0);
  return true;
}

bool decode_local_time(ByteReader& reader, ValueBuilder& builder) {
  constexpr int quarter = 15;                                     // minutes; of both fields
  constexpr std::array<uint8_t, 5> offsets = {0, 2, 4, 8, 0xFF};  // standard, half an hour, one, two, unknown
  const int8_t zone = reader.i8();
  const uint8_t offset = reader.u8();
  if ((zone != -128 && (zone < -48 || zone > 56)) || std::ranges::find(offsets, offset) == offsets.end()) return false;
  const NumberKey zone_key{"time_zone", "min"};
  const NumberKey offset_key{"daylight_saving", "min"};
  if (zone == -128)
    builder.unknown(zone_key);
  else
    builder.number(zone_key, zone * quarter);
  if (offset == 0xFF)
    builder.unknown(offset_key);
  else
    builder.number(offset_key, offset * quarter);
  return true;
}

bool decode_system_id(ByteReader& reader, ValueBuilder& builder) {
  builder.text("manufacturer", hex_from_le(reader.take(5)));
  builder.text("organization", hex_from_le(reader.take(3)));
  return true;
}

// source, vendor, product, version as binary-coded decimal JJMN
bool decode_pnp_id(ByteReader& reader, ValueBuilder& builder) {
  static constexpr std::array<std::string_view, 3> sources = {"", "Bluetooth", "USB"};
  const uint8_t source = reader.u8();
  const uint16_t vendor = reader.le16();
  const uint16_t product = reader.le16();
  const unsigned version = reader.le16();
  const std::string_view source_name = word(sources, source);
  if (source_name.empty()) return false;
  const std::string_view company = source == 1 ? company_name(vendor) : std::string_view();
  builder.text("vendor_source", std::string(source_name), "vendor of");
  builder.text("vendor", fmt::format("{:04x}", vendor));
  if (!company.empty()) builder.text("vendor_name", std::string(company), "named");
  builder.text("product", fmt::format("{:04x}", product));
  builder.text("version", fmt::format("{:x}.{:x}.{:x}", version >> 8, version >> 4 & 0xF, version & 0xF));
  return true;
}

bool decode_bytes(ByteReader& reader, ValueBuilder& builder) {
  builder.text("bytes", to_hex(reader.rest()));
  return true;
}

bool decode_client_features(ByteReader& reader, ValueBuilder& builder) {
  const unsigned bits = reader.u8();
  builder.flag("robust_caching", (bits & 1U) != 0);
  builder.flag("enhanced_att_bearer", (bits & 2U) != 0);
  builder.flag("multiple_notifications", (bits & 4U) != 0);
  return true;
}

bool decode_server_features(ByteReader& reader, ValueBuilder& builder) {
  builder.flag("enhanced_att_bearer", (reader.u8() & 1U) != 0);
  return true;
}

bool decode_boolean(ByteReader& reader, ValueBuilder& builder) {
  builder.flag("boolean", (reader.u8() & 1U) != 0, "no", "yes");
  return true;
}

void add_power_state(unsigned state, ValueBuilder& builder) {
  static constexpr std::array<std::string_view, 3> connected = {"no", "yes", "unknown"};
  static constexpr std::array<std::string_view, 4> charge = {"unknown", "charging", "discharging", "idle"};
  static constexpr std::array<std::string_view, 4> level = {"unknown", "good", "low", "critical"};
  static constexpr std::array<std::string_view, 5> charging = {"none", "constant current", "constant voltage", "trickle",
                                                               "float"};
  const auto say = [&](std::string_view name, std::span<const std::string_view> words, unsigned number) {
    const std::string_view found = word(words, number);
    if (found.empty() || found == "unknown")
      builder.unknown({.name = name});
    else
      builder.text(name, std::string(found));
  };
  builder.flag("battery_present", (state & 1U) != 0, "no battery");
  say("wired_power", connected, state >> 1 & 3U);
  say("wireless_power", connected, state >> 3 & 3U);
  say("charge_state", charge, state >> 5 & 3U);
  say("charge_level", level, state >> 7 & 3U);
  say("charging_type", charging, state >> 9 & 7U);
  builder.flag("battery_charging_fault", (state & 0x1000U) != 0);
  builder.flag("external_power_fault", (state & 0x2000U) != 0);
  builder.flag("other_charging_fault", (state & 0x4000U) != 0);
}

bool decode_battery_status(ByteReader& reader, ValueBuilder& builder) {
  constexpr uint8_t has_identifier = 0x01;
  constexpr uint8_t has_level = 0x02;
  constexpr uint8_t has_additional = 0x04;
  const uint8_t flags = reader.u8();
  add_power_state(reader.le16(), builder);
  if ((flags & has_identifier) != 0) builder.text("identifier", fmt::format("{:04x}", reader.le16()));
  if ((flags & has_level) != 0) {
    add_field({.type = u8, .key = {"battery", "%", Quantity::battery}}, reader, builder);
  }
  if ((flags & has_additional) != 0) {
    const unsigned additional = reader.u8();
    builder.flag("service_required", (additional & 3U) == 1);
    builder.flag("battery_fault", (additional & 4U) != 0);
  }
  return true;
}

constexpr std::array structures = {
    Structure{0x2A01, false, decode_appearance},
    Structure{0x2A04, false, decode_preferred_parameters},
    Structure{0x2A05, false, decode_service_changed},
    Structure{0x2A08, true, decode_date_time},
    Structure{0x2A0F, false, decode_local_time},
    Structure{0x2A23, false, decode_system_id},
    Structure{0x2A2A, true, decode_bytes},
    Structure{0x2A2B, true, decode_current_time},
    Structure{0x2A50, false, decode_pnp_id},
    Structure{0x2AE2, true, decode_boolean},
    Structure{0x2B29, false, decode_client_features},
    Structure{0x2B2A, true, decode_bytes},
    Structure{0x2B3A, false, decode_server_features},
    Structure{0x2BED, false, decode_battery_status},
};

}  // namespace

std::span<const Structure> device_structures() noexcept {
  return structures;
}

}  // namespace moor
