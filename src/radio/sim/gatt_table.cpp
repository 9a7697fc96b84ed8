#include "radio/sim/gatt_table.hpp"

#include "crypto/aes_modes.hpp"
#include "hci/att.hpp"

#include <algorithm>

namespace moor::sim {

namespace {

constexpr Uuid primary_service(0x2800);
constexpr Uuid secondary_service(0x2801);
constexpr Uuid characteristic_declaration(0x2803);
constexpr Uuid generic_access(0x1800);
constexpr Uuid generic_attribute(0x1801);
constexpr Uuid device_name(0x2A00);
constexpr Uuid appearance(0x2A01);

size_t uuid_size(const Uuid& uuid) noexcept {
  const auto number = uuid.assigned_number();
  return number && *number <= 0xFFFF ? 2 : 16;
}

bool has_service(const std::vector<Service>& services, const Uuid& uuid) {
  return std::any_of(services.begin(), services.end(), [&](const Service& each) { return each.uuid == uuid; });
}

bool needs_configuration(const Characteristic& characteristic) {
  const Properties properties = characteristic.properties;
  if (!properties.has(Property::notify) && !properties.has(Property::indicate)) return false;
  const auto& descriptors = characteristic.descriptors;
  return std::none_of(descriptors.begin(), descriptors.end(),
                      [](const Descriptor& each) { return each.uuid == client_characteristic_configuration; });
}

// Requests for so many entries of one kind, the last of which gets the answer that there are no more. Entries of the two sizes of UUIDs do
// not share an answer.
class EntryCounter {
public:
  EntryCounter(uint16_t mtu, size_t header, size_t without_uuid) : room_(mtu - header), without_uuid_(without_uuid) {}
  void add(const Uuid& uuid) {
    const size_t size = without_uuid_ + uuid_size(uuid);
    if (size == last_size_ && used_ + size <= room_) {
      used_ += size;
      return;
    }
    ++requests_;
    last_size_ = size;
    used_ = size;
  }
  [[nodiscard]] unsigned requests() const noexcept { return requests_ + 1; }

private:
  size_t room_;
  size_t without_uuid_;
  size_t used_ = 0;
  size_t last_size_ = 0;
  unsigned requests_ = 0;
};

}  // namespace

std::vector<Service> services_of(const DeviceEntry& device) {
  std::vector<Service> services;
  if (!has_service(device.services, generic_access)) {
    Characteristic name{.uuid = device_name};
    name.value = Constant{{device.name.begin(), device.name.end()}};
    Characteristic category{.uuid = appearance};
    category.value = Constant{{0x00, 0x00}};
    services.push_back({.uuid = generic_access, .characteristics = {std::move(name), std::move(category)}});
  }
  if (!has_service(device.services, generic_attribute) && (device.has_service_changed || device.has_database_hash)) {
    Service generic{.uuid = generic_attribute};
    if (device.has_service_changed) {
      Characteristic changed{.uuid = service_changed};
      changed.properties = Properties{Property::indicate};
      generic.characteristics.push_back(std::move(changed));
    }
    if (device.has_database_hash) generic.characteristics.push_back({.uuid = database_hash});
    services.push_back(std::move(generic));
  }
  services.insert(services.end(), device.services.begin(), device.services.end());
  return services;
}

GattTable::GattTable(const DeviceEntry& device, const std::vector<Service>& services, unsigned generation) {
  const size_t own = device.services.size();
  const size_t generic = services.size() - own;
  const size_t shown = services.size() - (generation % 2 == 1 && own >= 2 ? 1 : 0);
  std::vector<GattService> found;
  size_t characteristic = 0;
  for (size_t i = 0; i < shown; ++i) {
    // The generic services stay where they are, as with real firmware: they are registered first.
    if (i == generic) next_handle_ = static_cast<uint16_t>(next_handle_ + generation % 256 * 16);
    add(services[i], characteristic, found);
    characteristic += services[i].characteristics.size();
  }
  services_ = GattServices(std::move(found));
}

void GattTable::add(const Service& service, size_t first_characteristic, std::vector<GattService>& services) {
  GattService shown;
  shown.uuid = service.uuid;
  shown.handle = next_handle_;
  shown.primary = service.primary;
  attributes_.push_back({.handle = next_handle_++,
                         .type = service.primary ? primary_service : secondary_service,
                         .value = hci::att_uuid(service.uuid)});
  for (size_t i = 0; i < service.characteristics.size(); ++i) {
    const Characteristic& each = service.characteristics[i];
    const size_t number = first_characteristic + i;
    const auto value_handle = static_cast<uint16_t>(next_handle_ + 1);
    std::vector<uint8_t> declaration{each.properties.bits()};
    hci::put_le16(declaration, value_handle);
    const std::vector<uint8_t> uuid = hci::att_uuid(each.uuid);
    declaration.insert(declaration.end(), uuid.begin(), uuid.end());
    attributes_.push_back({.handle = next_handle_, .type = characteristic_declaration, .value = std::move(declaration)});
    attributes_.push_back({.handle = value_handle, .type = each.uuid, .kind = Attribute::Kind::value, .characteristic = number});
    next_handle_ = static_cast<uint16_t>(next_handle_ + 2);
    GattCharacteristic characteristic{each.uuid, value_handle, each.properties, {}, service.uuid};
    const auto describe = [&](const Uuid& type, Attribute::Kind kind, size_t descriptor) {
      attributes_.push_back(
          {.handle = next_handle_, .type = type, .kind = kind, .characteristic = number, .descriptor = descriptor});
      characteristic.descriptors.push_back({type, next_handle_++});
    };
    if (needs_configuration(each)) describe(client_characteristic_configuration, Attribute::Kind::configuration, 0);
    for (size_t j = 0; j < each.descriptors.size(); ++j) {
      const Uuid& type = each.descriptors[j].uuid;
      const bool configures = type == client_characteristic_configuration;
      describe(type, configures ? Attribute::Kind::configuration : Attribute::Kind::descriptor, j);
    }
    shown.characteristics.push_back(std::move(characteristic));
  }
  shown.end_handle = static_cast<uint16_t>(next_handle_ - 1);
  services.push_back(std::move(shown));
}

const Attribute* GattTable::find(uint16_t handle) const noexcept {
  const auto found = std::lower_bound(attributes_.begin(), attributes_.end(), handle,
                                      [](const Attribute& each, uint16_t wanted) { return each.handle < wanted; });
  return found != attributes_.end() && found->handle == handle ? &*found : nullptr;
}

uint16_t GattTable::value_handle(size_t characteristic) const noexcept {
  for (const Attribute& each : attributes_)
    if (each.kind == Attribute::Kind::value && each.characteristic == characteristic) return each.handle;
  return 0;
}

std::vector<uint8_t> database_hash_of(const std::vector<Attribute>& attributes) {
  std::vector<uint8_t> message;
  for (const Attribute& each : attributes) {
    const uint32_t type = each.type.assigned_number().value_or(0);
    const bool whole = type >= 0x2800 && type <= 0x2803;
    // Extended properties (0x2900) count with their value, the other standard descriptors without.
    if (!whole && (type < 0x2900 || type > 0x2905)) continue;
    hci::put_le16(message, each.handle);
    hci::put_le16(message, static_cast<uint16_t>(type));
    if (whole || type == 0x2900) message.insert(message.end(), each.value.begin(), each.value.end());
  }
  const std::array<uint8_t, 16> zero_key{};
  const std::optional<crypto::Block> mac = crypto::cmac(zero_key, message);
  if (!mac) return std::vector<uint8_t>(16);
  return {mac->rbegin(), mac->rend()};
}

unsigned discovery_requests(const GattServices& services, uint16_t mtu) {
  // Sizes of answers: Core 5.4, Vol 3, Part F, 3.4.4.10 (group type), 3.4.4.2 (by type), 3.4.3.2 (information).
  EntryCounter groups(mtu, 2, 4);
  unsigned inside = 0;
  for (const GattService& service : services) {
    if (service.primary) groups.add(service.uuid);
    inside += 1;  // included services: there are none
    EntryCounter characteristics(mtu, 2, 5);
    for (const GattCharacteristic& characteristic : service.characteristics) {
      characteristics.add(characteristic.uuid);
      if (characteristic.descriptors.empty()) continue;
      EntryCounter descriptors(mtu, 2, 2);
      for (const GattDescriptor& descriptor : characteristic.descriptors) descriptors.add(descriptor.uuid);
      inside += descriptors.requests();
    }
    inside += characteristics.requests();
  }
  return groups.requests() + inside;
}

}  // namespace moor::sim
