#pragma once
// What the value of a characteristic or descriptor means, for those that the Bluetooth SIG has standardised (GATT Specification Supplement,
// GSS): fields with names and units, and a line for people. Values of one's own UUIDs: value_format.hpp, or a Characteristic Presentation
// Format descriptor of the device.

#include "moor/gatt.hpp"
#include "moor/reading.hpp"
#include "moor/value_format.hpp"

#include <variant>

namespace moor {

/// One field of a value. Fields with the same name are several of a kind, in their order.
struct ValueField {
  std::string_view name;  ///< in lower case with '_', such as "heart_rate"; static
  /// A number in `unit`, a flag or a text; nothing where the device says that it does not know.
  std::variant<std::monostate, double, bool, std::string> value{};
  std::string unit{};  ///< such as "°C"; empty for a plain number
  /// What a number is among readings; its unit is then the quantity's, or "°F" or "lb", which `readings_of` converts.
  std::optional<Quantity> quantity{};
  bool in_list = false;  ///< one of a list, of which the value may have any number
  friend bool operator==(const ValueField&, const ValueField&) = default;
};

struct DecodedValue {
  std::vector<ValueField> fields;  ///< at least one
  /// Whether the first field is what the characteristic is about; the others, if there are any, go with it.
  bool has_main = false;
  std::string text{};  ///< for people, one line: "23.45 °C", "72 bpm, contact, RR 0.82 s"
  friend bool operator==(const DecodedValue&, const DecodedValue&) = default;
};

/// @returns nothing for a characteristic that moor does not know, and for a value that does not fit it: too short, or outside of its range.
[[nodiscard]] std::optional<DecodedValue> decode_characteristic(const Uuid& uuid, Bytes value);
/// The same for a descriptor, such as 2902.
[[nodiscard]] std::optional<DecodedValue> decode_descriptor(const Uuid& uuid, Bytes value);
/// A value in a form that the user has named. @returns nothing for too few bytes.
[[nodiscard]] std::optional<DecodedValue> decode_value(const ValueFormat& format, Bytes value);

/// Characteristic Presentation Format, the value of descriptor 2904 (Core 5.4, Vol 3, Part G, 3.3.3.5): how the characteristic is a number.
struct PresentationFormat {
  uint8_t format = 0;        ///< Assigned Numbers 2.4.1: 0x04 is uint8, 0x0E is sint16
  int8_t exponent = 0;       ///< of 10, for integers
  uint16_t unit = 0x2700;    ///< see `unit_name`; 0x2700 is unitless
  uint8_t name_space = 0;    ///< of the description; 1 is the SIG
  uint16_t description = 0;  ///< what it is of several, such as "left"
  /// @returns nothing for fewer than 7 bytes.
  [[nodiscard]] static std::optional<PresentationFormat> parse(Bytes value) noexcept;
  friend bool operator==(const PresentationFormat&, const PresentationFormat&) = default;
};
/// @returns nothing for a format that is no number or text, and for too few bytes.
[[nodiscard]] std::optional<DecodedValue> decode_value(const PresentationFormat& format, Bytes value);

/// The fields that are quantities, in their order and in the quantity's unit.
[[nodiscard]] std::vector<Reading> readings_of(const DecodedValue& value);

}  // namespace moor
