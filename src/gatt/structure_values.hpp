#pragma once
// Characteristics with several fields, most of them behind bits of flags. Bytes behind the fields that are known belong to a later revision
// and are left alone.

#include "gatt/number_values.hpp"

namespace moor {

/// A number that is there where a bit of the flags is set, or always.
struct FieldRow {
  uint32_t bit = 0;  ///< mask; 0 for always
  RawType type{};
  Scale scale{};
  NumberKey key;
  std::optional<int64_t> unknown{};
  bool when_clear = false;  ///< there where the bit is not set
};

/// Reads the numbers that the flags say are there.
void add_fields(std::span<const FieldRow> rows, uint32_t flags, ByteReader& reader, ValueBuilder& builder);
/// The next number. Where the bytes have ended the reader is not `ok()`, and what is added means nothing.
void add_field(const FieldRow& row, ByteReader& reader, ValueBuilder& builder);

/// 7 bytes of year, month, day, hours, minutes, seconds (GSS 3, Date Time) as "2026-03-01T12:30:00"; unknown where the year, month or day is.
/// @returns whether it is a time.
[[nodiscard]] bool add_date_time(std::string_view name, ByteReader& reader, ValueBuilder& builder);

/// A characteristic of several fields. `has_main` is that of `DecodedValue`.
struct Structure {
  uint16_t characteristic = 0;
  bool has_main = false;
  StructureDecoder decode = nullptr;
};
/// By what they are about.
[[nodiscard]] std::span<const Structure> sport_structures() noexcept;
[[nodiscard]] std::span<const Structure> fitness_machine_structures() noexcept;
[[nodiscard]] std::span<const Structure> health_structures() noexcept;
[[nodiscard]] std::span<const Structure> device_structures() noexcept;

/// Runs a decoder over a value. @returns nothing where it does not fit.
[[nodiscard]] std::optional<DecodedValue> decode_structure(StructureDecoder decode, bool has_main, Bytes value);

}  // namespace moor
