#pragma once
// Puts a decoded value together: its fields, and the line for people beside them.

#include "gatt/raw_number.hpp"
#include "moor/characteristic_value.hpp"

namespace moor {

/// What a number is: its name and unit, and the quantity where it is one.
struct NumberKey {
  std::string_view name;
  std::string_view unit{};
  std::optional<Quantity> quantity{};
  std::string_view label{};  ///< in the text; the name with spaces where it is empty
  bool in_list = false;
};

/// "23.45": with so many digits behind the point; very large numbers with an exponent.
[[nodiscard]] std::string number_text(double number, int digits);

class ValueBuilder {
public:
  /// With a main field, the first one goes into the text without a label.
  explicit ValueBuilder(bool has_main = false) { value_.has_main = has_main; }

  void number(const NumberKey& key, double number, int digits = 0);
  /// At least so much: the largest number that the characteristic can tell.
  void at_least(const NumberKey& key, double number, int digits);
  /// The device says that it does not know.
  void unknown(const NumberKey& key);
  void decimal(const NumberKey& key, const std::optional<Decimal>& decimal);
  /// @param off  in the text where it is false; nothing is said where it is empty.
  void flag(std::string_view name, bool value, std::string_view off = {}, std::string_view label = {});
  void text(std::string_view name, std::string text, std::string_view label = {});
  /// Whether there is a field.
  [[nodiscard]] bool empty() const noexcept { return value_.fields.empty(); }
  [[nodiscard]] DecodedValue take() { return std::move(value_); }

private:
  void add_number(const NumberKey& key, double number, const std::string& text);
  void say(std::string_view name, std::string_view label, std::string_view what);
  void say_whole(std::string_view what);

  DecodedValue value_;
};

/// A decoder of a structure reads the value and adds its fields. What it could not read makes the reader not `ok()`, and the value nothing.
/// @returns whether what was read is in range.
using StructureDecoder = bool (*)(ByteReader& reader, ValueBuilder& builder);

}  // namespace moor
