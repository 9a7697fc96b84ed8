#include "gatt/structure_values.hpp"
#include "moor/advertisement.hpp"
#include "moor/names.hpp"

#include <array>

namespace moor {

namespace {

// Core 5.4, Vol 3, Part G, 3.3.3.
bool decode_extended_properties(ByteReader& reader, ValueBuilder& builder) {
  const unsigned bits = reader.le16();
  builder.flag("reliable_write", (bits & 1U) != 0);
  builder.flag("writable_auxiliaries", (bits & 2U) != 0);
  return true;
}

bool decode_description(ByteReader& reader, ValueBuilder& builder) {
  builder.text("description", printable_name(reader.rest()));
  return true;
}

bool decode_client_configuration(ByteReader& reader, ValueBuilder& builder) {
  const unsigned bits = reader.le16();
  builder.flag("notifications", (bits & 1U) != 0);
  builder.flag("indications", (bits & 2U) != 0);
  return true;
}

bool decode_server_configuration(ByteReader& reader, ValueBuilder& builder) {
  builder.flag("broadcasts", (reader.le16() & 1U) != 0);
  return true;
}

bool decode_presentation_format(ByteReader& reader, ValueBuilder& builder) {
  const auto format = PresentationFormat::parse(reader.take(7));
  if (!format) return false;
  const std::string_view unit = unit_name(Uuid(format->unit));
  builder.number({.name = "format"}, format->format);
  builder.number({.name = "exponent"}, format->exponent);
  builder.text("unit", unit.empty() ? "unknown" : std::string(unit));
  builder.number({.name = "namespace"}, format->name_space);
  builder.number({.name = "description"}, format->description);
  return true;
}

// HID over GATT Profile 1.0, Report Reference.
bool decode_report_reference(ByteReader& reader, ValueBuilder& builder) {
  builder.number({.name = "report_id"}, reader.u8());
  builder.number({.name = "report_type"}, reader.u8());
  return true;
}

constexpr std::array descriptors = {
    Structure{0x2900, false, decode_extended_properties},  Structure{0x2901, true, decode_description},
    Structure{0x2902, false, decode_client_configuration}, Structure{0x2903, false, decode_server_configuration},
    Structure{0x2904, false, decode_presentation_format},  Structure{0x2908, false, decode_report_reference},
};

}  // namespace

std::optional<DecodedValue> decode_descriptor(const Uuid& uuid, Bytes value) {
  for (const Structure& each : descriptors)
    if (uuid == Uuid(each.characteristic)) return decode_structure(each.decode, each.has_main, value);
  return std::nullopt;
}

}  // namespace moor
