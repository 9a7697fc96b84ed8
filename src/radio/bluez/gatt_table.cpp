#include "radio/bluez/object_path.hpp"
#include "radio/bluez/object_tree.hpp"

namespace moor::bluez {

namespace {

std::optional<GattCharacteristic> to_characteristic(const CharacteristicObject& object, const Uuid& service) {
  if (object.path.empty()) return std::nullopt;
  GattCharacteristic characteristic{.uuid = object.uuid,
                                    .handle = static_cast<uint16_t>(object.handle + 1),
                                    .properties = object.properties,
                                    .descriptors = {},
                                    .service = service};
  for (const auto& [handle, descriptor] : object.descriptors)
    characteristic.descriptors.push_back({.uuid = descriptor.uuid, .handle = handle});
  return characteristic;
}

}  // namespace

// BlueZ does not say where a service ends; it is before the next one begins, and after all that is known of it.
std::optional<GattServices> services_of(const DeviceObject& device) {
  if (!device.services_resolved) return std::nullopt;
  std::vector<GattService> services;
  for (const auto& [handle, object] : device.services) {
    if (object.path.empty()) return std::nullopt;
    GattService service{.uuid = object.uuid,
                        .handle = handle,
                        .end_handle = handle,
                        .primary = object.primary,
                        .included = {},
                        .characteristics = {}};
    for (const std::string& path : object.includes) {
      const ObjectPath included = ObjectPath::parse(path);
      if (included.kind == ObjectPath::Kind::service) service.included.push_back(included.service);
    }
    for (const auto& [declaration, characteristic] : object.characteristics) {
      auto made = to_characteristic(characteristic, object.uuid);
      if (!made) return std::nullopt;
      service.end_handle = made->descriptors.empty() ? made->handle : std::max(made->handle, made->descriptors.back().handle);
      service.characteristics.push_back(*std::move(made));
    }
    services.push_back(std::move(service));
  }
  return GattServices(std::move(services));
}

}  // namespace moor::bluez
