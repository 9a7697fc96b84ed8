#pragma once
// What a BTHome device can say: its objects, each an identifier and a value. Both versions of the format share them; they
// differ in who knows how long a value is (see bthome.cpp, bthome_v1.cpp).

#include "moor/decoder.hpp"

namespace moor::bthome {

/// How an object's value is to be read.
enum class Coding : uint8_t {
  number,         ///< unsigned, little-endian
  signed_number,  ///< the same in two's complement
  binary,         ///< 0 or not
  version,        ///< a firmware's version, one byte for each of its numbers, the last first
  button,         ///< one byte: what has been done to it
  dimmer,         ///< the same, and by how many steps
  command,        ///< its length, what is to be done, and arguments
  text,           ///< its length, UTF-8
  raw,            ///< its length, bytes
};

struct Object {
  uint8_t id = 0;
  Quantity quantity{};
  Coding coding = Coding::number;
  uint8_t size = 1;    ///< in bytes; in version 2 a text, raw or command object says its own
  double divisor = 1;  ///< value = number * factor / divisor: the division leaves the decimal number that was meant
  double factor = 1;

  [[nodiscard]] double value_of(double number) const noexcept { return number * factor / divisor; }
};

/// In the order of their identifiers.
[[nodiscard]] std::span<const Object> all_objects() noexcept;
/// nullptr for an identifier that is not known.
[[nodiscard]] const Object* find_object(uint8_t id) noexcept;

[[nodiscard]] uint64_t unsigned_number(Bytes little_endian) noexcept;
[[nodiscard]] int64_t signed_number(Bytes little_endian) noexcept;

/// Adds an object as version 2 has it.
/// @param data  its value, without the length that a text has before it; as many bytes as the object's size.
void add_object(const Object& object, Bytes data, Decoded& into) noexcept;
/// Adds an object that is a number, whichever way that was sent.
void add_number(const Object& object, double number, Decoded& into) noexcept;

}  // namespace moor::bthome
