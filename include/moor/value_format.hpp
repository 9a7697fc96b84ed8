#pragma once
// How the bytes of a characteristic are a number: "s16*0.01 °C". For sensors of one's own, whose UUIDs no table knows; what the SIG has
// standardised is decoded by characteristic_value.hpp.

#include "moor/bytes.hpp"

#include <optional>
#include <string>
#include <vector>

namespace moor {

/// TYPE[*FACTOR][+OFFSET][ UNIT], where TYPE is u8, u16, u24, u32, s8, s16, s24, s32, f32 or f64, little-endian, or big-endian with "be" behind it
/// ("u16be"); or "utf8" or "hex" for a value that is no number. FACTOR is from 1e-12 to 1e12, either may be negative ("u8-40 °C"), UNIT has
/// at most 32 bytes.
class ValueFormat {
public:
  enum class Type : uint8_t { unsigned_, signed_, floating, utf8, hex };

  /// @throws UsageError that shows the form and names the part that is wrong.
  [[nodiscard]] static ValueFormat parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] Type type() const noexcept { return type_; }
  [[nodiscard]] size_t size() const noexcept { return size_; }  ///< bytes of a number; 0 for utf8 and hex
  [[nodiscard]] const std::string& unit() const noexcept { return unit_; }
  /// The number of a value; nothing for fewer bytes, for a floating-point value that is not finite, and for utf8 and hex. Bytes behind the
  /// number are left alone.
  [[nodiscard]] std::optional<double> decode(Bytes value) const noexcept;
  /// A number as the device would send it: rounded to the nearest step, and to the nearest end of the type's range where it is outside; for
  /// utf8 its decimal text, for hex nothing.
  [[nodiscard]] std::vector<uint8_t> encode(double number) const;
  /// The same in place of what `into` holds, whose memory is kept.
  void encode(double number, std::vector<uint8_t>& into) const;
  /// For people: "23.45 °C", as many digits as the factor has.
  [[nodiscard]] std::string text(Bytes value) const;

  friend bool operator==(const ValueFormat&, const ValueFormat&) = default;

private:
  Type type_ = Type::hex;
  uint8_t size_ = 0;
  bool big_endian_ = false;
  double factor_ = 1;
  double offset_ = 0;
  int digits_ = 0;  // behind the decimal point
  std::string unit_;
};

}  // namespace moor
