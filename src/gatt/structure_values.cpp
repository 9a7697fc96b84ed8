#include "gatt/structure_values.hpp"

#include <fmt/format.h>

namespace moor {

void add_field(const FieldRow& row, ByteReader& reader, ValueBuilder& builder) {
  const Bytes bytes = reader.take(size_of(row.type));
  if (!reader.ok()) return;
  const int64_t raw = load_raw(row.type, bytes);
  if (row.type == RawType::medfloat16)
    builder.decimal(row.key, decode_medfloat16(static_cast<uint16_t>(raw)));
  else if (raw == row.unknown)
    builder.unknown(row.key);
  else
    builder.number(row.key, scaled(raw, row.scale), row.scale.digits);
}

void add_fields(std::span<const FieldRow> rows, uint32_t flags, ByteReader& reader, ValueBuilder& builder) {
  for (const FieldRow& row : rows)
    if (row.bit == 0 || ((flags & row.bit) == 0) == row.when_clear) add_field(row, reader, builder);
}

bool add_date_time(std::string_view name, ByteReader& reader, ValueBuilder& builder) {
  const unsigned year = reader.le16();
  const unsigned month = reader.u8();
  const unsigned day = reader.u8();
  const unsigned hours = reader.u8();
  const unsigned minutes = reader.u8();
  const unsigned seconds = reader.u8();
  if (!reader.ok() || year > 9999 || month > 12 || day > 31 || hours > 23 || minutes > 59 || seconds > 59) return false;
  if (year == 0 || month == 0 || day == 0)
    builder.unknown({.name = name});
  else
    builder.text(name, fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, month, day, hours, minutes, seconds));
  return true;
}

std::optional<DecodedValue> decode_structure(StructureDecoder decode, bool has_main, Bytes value) {
  ByteReader reader(value);
  ValueBuilder builder(has_main);
  if (!decode(reader, builder) || !reader.ok() || builder.empty()) return std::nullopt;
  DecodedValue decoded = builder.take();
  if (decoded.text.empty()) decoded.text = "none";
  return decoded;
}

}  // namespace moor
