#include "gatt/value_builder.hpp"
#include "moor/advertisement.hpp"
#include "moor/names.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace moor {

namespace {

enum class Coding : uint8_t { boolean, unsigned_, signed_, binary, medfloat, utf8 };

struct FormatRow {
  uint8_t format;
  Coding coding;
  uint8_t bits;
};
// Assigned Numbers 2.4.1. What has more than 64 bits or is no number is left out.
constexpr std::array formats = {
    FormatRow{0x01, Coding::boolean, 1},    FormatRow{0x02, Coding::unsigned_, 2},  FormatRow{0x03, Coding::unsigned_, 4},
    FormatRow{0x04, Coding::unsigned_, 8},  FormatRow{0x05, Coding::unsigned_, 12}, FormatRow{0x06, Coding::unsigned_, 16},
    FormatRow{0x07, Coding::unsigned_, 24}, FormatRow{0x08, Coding::unsigned_, 32}, FormatRow{0x09, Coding::unsigned_, 48},
    FormatRow{0x0A, Coding::unsigned_, 64}, FormatRow{0x0C, Coding::signed_, 8},    FormatRow{0x0D, Coding::signed_, 12},
    FormatRow{0x0E, Coding::signed_, 16},   FormatRow{0x0F, Coding::signed_, 24},   FormatRow{0x10, Coding::signed_, 32},
    FormatRow{0x11, Coding::signed_, 48},   FormatRow{0x12, Coding::signed_, 64},   FormatRow{0x14, Coding::binary, 32},
    FormatRow{0x15, Coding::binary, 64},    FormatRow{0x16, Coding::medfloat, 16},  FormatRow{0x17, Coding::medfloat, 32},
    FormatRow{0x19, Coding::utf8, 0},
};

struct UnitRow {
  uint16_t unit;
  std::string_view symbol;
};
constexpr uint16_t unitless = 0x2700;
// Symbols of the units that sensors use; of others, the name is told.
constexpr std::array symbols = {
    UnitRow{0x2701, "m"},    UnitRow{0x2702, "kg"},  UnitRow{0x2703, "s"},    UnitRow{0x2704, "A"},    UnitRow{0x2705, "K"},
    UnitRow{0x2707, "cd"},   UnitRow{0x2710, "m²"},  UnitRow{0x2711, "m³"},   UnitRow{0x2712, "m/s"},  UnitRow{0x2713, "m/s²"},
    UnitRow{0x2720, "rad"},  UnitRow{0x2722, "Hz"},  UnitRow{0x2723, "N"},    UnitRow{0x2724, "Pa"},   UnitRow{0x2725, "J"},
    UnitRow{0x2726, "W"},    UnitRow{0x2727, "C"},   UnitRow{0x2728, "V"},    UnitRow{0x2729, "F"},    UnitRow{0x272A, "Ω"},
    UnitRow{0x272B, "S"},    UnitRow{0x272D, "T"},   UnitRow{0x272E, "H"},    UnitRow{0x272F, "°C"},   UnitRow{0x2730, "lm"},
    UnitRow{0x2731, "lx"},   UnitRow{0x2760, "min"}, UnitRow{0x2761, "h"},    UnitRow{0x2762, "d"},    UnitRow{0x2763, "°"},
    UnitRow{0x2767, "L"},    UnitRow{0x2780, "bar"}, UnitRow{0x2781, "mmHg"}, UnitRow{0x27A6, "km/h"}, UnitRow{0x27A8, "rpm"},
    UnitRow{0x27AB, "kWh"},  UnitRow{0x27AC, "°F"},  UnitRow{0x27AD, "%"},    UnitRow{0x27AE, "‰"},    UnitRow{0x27AF, "bpm"},
    UnitRow{0x27B6, "W/m²"}, UnitRow{0x27B8, "lb"},  UnitRow{0x27C3, "dB"},   UnitRow{0x27C4, "ppm"},  UnitRow{0x27C5, "ppb"},
};

std::string_view unit_text(uint16_t unit) noexcept {
  if (unit == unitless) return {};
  const auto* row = std::ranges::find(symbols, unit, &UnitRow::unit);
  return row == symbols.end() ? unit_name(Uuid(unit)) : row->symbol;
}

void add_integer(const NumberKey& key, double integer, int exponent, ValueBuilder& builder) {
  const double scale = std::pow(10.0, std::abs(exponent));
  builder.number(key, exponent < 0 ? integer / scale : integer * scale, -exponent);
}

}  // namespace

std::optional<PresentationFormat> PresentationFormat::parse(Bytes value) noexcept {
  ByteReader reader(value);
  PresentationFormat format;
  format.format = reader.u8();
  format.exponent = reader.i8();
  format.unit = reader.le16();
  format.name_space = reader.u8();
  format.description = reader.le16();
  return reader.ok() ? std::optional(format) : std::nullopt;
}

std::optional<DecodedValue> decode_value(const PresentationFormat& format, Bytes value) {
  const auto* row = std::ranges::find(formats, format.format, &FormatRow::format);
  if (row == formats.end() || value.size() < (row->bits + 7U) / 8U) return std::nullopt;
  ValueBuilder builder(true);
  const NumberKey key{"value", unit_text(format.unit)};
  const uint64_t all = load_unsigned(value.first((row->bits + 7U) / 8U));
  const uint64_t bits = row->bits == 0 || row->bits == 64 ? all : all & ((uint64_t{1} << row->bits) - 1);
  switch (row->coding) {
    case Coding::boolean: builder.flag(key.name, bits != 0, "no", "yes"); break;
    case Coding::unsigned_: add_integer(key, static_cast<double>(bits), format.exponent, builder); break;
    case Coding::signed_: add_integer(key, static_cast<double>(sign_extend(bits, row->bits)), format.exponent, builder); break;
    case Coding::binary: {
      const double number =
          row->bits == 32 ? static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits))) : std::bit_cast<double>(bits);
      constexpr int all_digits = 99;  // as many as it has
      if (std::isfinite(number))
        builder.number(key, number, all_digits);
      else
        builder.unknown(key);
      break;
    }
    case Coding::medfloat:
      builder.decimal(
          key, row->bits == 16 ? decode_medfloat16(static_cast<uint16_t>(bits)) : decode_medfloat32(static_cast<uint32_t>(bits)));
      break;
    case Coding::utf8: builder.text(key.name, printable_name(value)); break;
  }
  return builder.take();
}

}  // namespace moor
