#pragma once
// Signatures: which types follow one another (D-Bus specification, "Type system"). All functions look only as far as the text goes.

#include <cstddef>
#include <string_view>

namespace moor::dbus {

inline constexpr size_t max_signature = 255;
inline constexpr int max_nesting = 32;  ///< of arrays, and of structs

/// Whether it is made of complete types, nested no deeper than is allowed.
[[nodiscard]] bool is_signature(std::string_view text) noexcept;
/// Whether it is one complete type.
[[nodiscard]] bool is_one_type(std::string_view text) noexcept;
/// The size of the first complete type. @pre is_signature(text), not empty
[[nodiscard]] size_t first_type_size(std::string_view text) noexcept;
/// Where values of a type begin: at multiples of 1, 2, 4 or 8 bytes. @param type  its first character
[[nodiscard]] constexpr size_t alignment_of(char type) noexcept {
  switch (type) {
    case 'n':
    case 'q': return 2;
    case 'b':
    case 'i':
    case 'u':
    case 'h':
    case 's':
    case 'o':
    case 'a': return 4;
    case 'x':
    case 't':
    case 'd':
    case '(':
    case '{': return 8;
    default: return 1;  // y, g, v
  }
}
/// The bytes of a value of a type that has a fixed size; 0 for the others.
[[nodiscard]] constexpr size_t fixed_size_of(char type) noexcept {
  switch (type) {
    case 'y': return 1;
    case 'n':
    case 'q': return 2;
    case 'b':
    case 'i':
    case 'u':
    case 'h': return 4;
    case 'x':
    case 't':
    case 'd': return 8;
    default: return 0;
  }
}
[[nodiscard]] constexpr size_t aligned(size_t at, size_t alignment) noexcept {
  return (at + alignment - 1) & ~(alignment - 1);
}

/// "/", or parts of letters, digits and '_' with a '/' before each.
[[nodiscard]] bool is_path(std::string_view text) noexcept;
/// Of an interface or an error: two or more parts with '.' between, none of which begins with a digit.
[[nodiscard]] bool is_interface(std::string_view text) noexcept;
/// Of a method or signal.
[[nodiscard]] bool is_member(std::string_view text) noexcept;
/// Of a bus name: ":1.7" or "org.bluez".
[[nodiscard]] bool is_bus_name(std::string_view text) noexcept;

}  // namespace moor::dbus
