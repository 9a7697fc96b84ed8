#pragma once
// A device with what makes names hard: a service twice, a characteristic twice in one service and in two services, a vendor's own.

#include "moor/gatt.hpp"

namespace moor {

inline const Uuid vendor_service(0x6e400001b5a3f393, 0xe0a9e50e24dcca9e);
inline const Uuid vendor_characteristic(0x6e400002b5a3f393, 0xe0a9e50e24dcca9e);

inline GattCharacteristic a_characteristic(const Uuid& service, const Uuid& uuid, uint16_t handle, Properties properties,
                                           std::vector<GattDescriptor> descriptors = {}) {
  GattCharacteristic made;
  made.uuid = uuid;
  made.handle = handle;
  made.properties = properties;
  made.descriptors = std::move(descriptors);
  made.service = service;
  return made;
}

inline GattServices a_device() {
  const Uuid battery(0x180F);
  const Uuid environment(0x181A);
  const Uuid level(0x2A19);
  const Uuid temperature(0x2A6E);
  const Properties read_notify{Property::read, Property::notify};
  std::vector<GattService> services(4);
  services[0] = {battery, 1,  4,
                 true,    {}, {a_characteristic(battery, level, 3, read_notify, {{client_characteristic_configuration, 4}})}};
  services[1] = {
      environment,
      5,
      12,
      true,
      {1},
      {a_characteristic(environment, temperature, 7, read_notify, {{client_characteristic_configuration, 8}, {Uuid(0x2901), 9}}),
       a_characteristic(environment, temperature, 11, Properties{Property::read})}};
  services[2] = {vendor_service,
                 20,
                 24,
                 true,
                 {},
                 {a_characteristic(vendor_service, vendor_characteristic, 22, Properties{Property::write}),
                  a_characteristic(vendor_service, level, 24, Properties{Property::read})}};
  services[3] = {battery, 65530, 65535, false, {}, {a_characteristic(battery, level, 65532, Properties(0xFF))}};
  return GattServices(std::move(services));
}

}  // namespace moor
