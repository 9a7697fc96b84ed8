#pragma once
// What answers and events of the management socket have in common.

#include "hci/management.hpp"

namespace moor::hci {

struct ManagedDevice {
  Address address;
  ManagementAddressType type{};
};

/// Address and type, 7 bytes. Of use only where the reader is still ok.
[[nodiscard]] inline ManagedDevice read_managed_device(ByteReader& reader) noexcept {
  const Bytes address = reader.take(6);
  ManagedDevice device;
  device.type = static_cast<ManagementAddressType>(reader.u8());
  if (reader.ok()) device.address = Address::from_le(address.data(), device.type == ManagementAddressType::le_random);
  return device;
}

}  // namespace moor::hci
