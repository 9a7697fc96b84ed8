#pragma once
// Paths of bluetoothd's objects, read by arithmetic: what they name is in them.
//
//   /org/bluez/hci10/dev_A4_CF_12_34_56_78/service000a/char000b/desc000d
//             └ N ─┘     └── 48 bits ───┘         └──── handles, hexadecimal ┘

#include "moor/address.hpp"

namespace moor::bluez {

struct ObjectPath {
  enum class Kind : uint8_t { other, adapter, device, service, characteristic, descriptor };

  Kind kind = Kind::other;
  unsigned adapter = 0;      ///< any number: hci10 is not hci1
  uint64_t device_bits = 0;  ///< the address that the path was made of; a device that has been paired may have another by now
  uint16_t service = 0;
  uint16_t characteristic = 0;
  uint16_t descriptor = 0;

  [[nodiscard]] static ObjectPath parse(std::string_view path) noexcept;
  friend bool operator==(const ObjectPath&, const ObjectPath&) = default;
};

inline constexpr unsigned max_adapter = 0xFFFF;  ///< the kernel numbers controllers in 16 bits

/// Whether a name is one that BlueZ made of an address: "A4-CF-12-34-56-78".
[[nodiscard]] bool is_made_of_address(std::string_view alias) noexcept;

}  // namespace moor::bluez
