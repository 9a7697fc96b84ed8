#include "gatt/tables.hpp"

#include "core/hex.hpp"

#include <array>

// Puts a file of data/ among the constants, between two symbols. The assembler does it in no time, where a generated array of
// 3,400 names costs a compiler seconds and the program its relocations at each start.
#define MOOR_EMBED(name, file)                   \
  asm(".pushsection .rodata\n"                   \
      ".hidden moor_table_" #name                \
      "_begin\n"                                 \
      ".hidden moor_table_" #name                \
      "_end\n"                                   \
      ".global moor_table_" #name                \
      "_begin\n"                                 \
      ".global moor_table_" #name                \
      "_end\n"                                   \
      "moor_table_" #name                        \
      "_begin:\n"                                \
      ".incbin \"" MOOR_DATA_DIR "/" file        \
      "\"\n"                                     \
      "moor_table_" #name                        \
      "_end:\n"                                  \
      ".byte 0\n"                                \
      ".popsection\n");                          \
  extern "C" {                                   \
  extern const char moor_table_##name##_begin[]; \
  extern const char moor_table_##name##_end[];   \
  }
#define MOOR_EMBEDDED(name) \
  rows_of({moor_table_##name##_begin, static_cast<size_t>(moor_table_##name##_end - moor_table_##name##_begin)})

MOOR_EMBED(services, "services.tsv")
MOOR_EMBED(characteristics, "characteristics.tsv")
MOOR_EMBED(descriptors, "descriptors.tsv")
MOOR_EMBED(declarations, "declarations.tsv")
MOOR_EMBED(units, "units.tsv")
MOOR_EMBED(members, "members.tsv")
MOOR_EMBED(companies, "companies.tsv")
MOOR_EMBED(appearances, "appearances.tsv")
MOOR_EMBED(ad_types, "ad-types.tsv")
MOOR_EMBED(services_use, "services-use.tsv")

namespace moor {
namespace {

std::string_view rows_of(std::string_view file) noexcept {
  while (file.starts_with('#')) (void)take_row(file);
  return file;
}

}  // namespace

std::string_view table_of(NumberKind kind) noexcept {
  static const std::array<std::string_view, number_kind_count> tables = {
      MOOR_EMBEDDED(services),     MOOR_EMBEDDED(characteristics), MOOR_EMBEDDED(descriptors),
      MOOR_EMBEDDED(declarations), MOOR_EMBEDDED(units),           MOOR_EMBEDDED(companies),
      MOOR_EMBEDDED(members),      MOOR_EMBEDDED(appearances),     MOOR_EMBEDDED(ad_types)};
  return tables[static_cast<size_t>(kind)];
}

std::string_view services_use() noexcept {
  static const std::string_view rows = MOOR_EMBEDDED(services_use);
  return rows;
}

std::string_view take_row(std::string_view& rows) noexcept {
  return take_field(rows, '\n');
}

std::string_view take_field(std::string_view& row, char separator) noexcept {
  const std::string_view field = row.substr(0, row.find(separator));
  row.remove_prefix(field.size() < row.size() ? field.size() + 1 : field.size());
  return field;
}

uint16_t number_in(std::string_view field) noexcept {
  int number = 0;
  for (const char c : field) number = number << 4 | (hex_digit(c) & 0xF);
  return static_cast<uint16_t>(number);
}

std::string_view find_row(std::string_view rows, uint16_t number) noexcept {
  while (!rows.empty()) {
    // The row that the middle lies in divides the others into those before and those behind it.
    const size_t before = rows.substr(0, rows.size() / 2).rfind('\n');
    const size_t begin = before == rows.npos ? 0 : before + 1;
    std::string_view behind = rows.substr(begin);
    std::string_view row = take_row(behind);
    const uint16_t found = number_in(take_field(row));
    if (found == number) return row;
    rows = found < number ? behind : rows.substr(0, begin);
  }
  return {};
}

}  // namespace moor
