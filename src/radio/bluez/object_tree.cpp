#include "radio/bluez/object_tree.hpp"

#include <fmt/format.h>

namespace moor::bluez {

std::string device_path(unsigned adapter, const Address& address) {
  const uint64_t bits = address.bits();
  return fmt::format("/org/bluez/hci{}/dev_{:02X}_{:02X}_{:02X}_{:02X}_{:02X}_{:02X}", adapter, bits >> 40, bits >> 32 & 0xFF,
                     bits >> 24 & 0xFF, bits >> 16 & 0xFF, bits >> 8 & 0xFF, bits & 0xFF);
}

}  // namespace moor::bluez
