#include "radio/esphome/services_assembly.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace moor::esphome_radio {

namespace {

constexpr uint32_t last_possible_handle = 0xFFFF;

size_t attributes_of(const esphome::ServiceEntry& entry) {
  size_t count = 1 + entry.characteristics.size();
  for (const esphome::CharacteristicEntry& each : entry.characteristics) count += each.descriptors.size();
  return count;
}

}  // namespace

void ServicesAssembly::add(const esphome::Services& part) {
  for (const esphome::ServiceEntry& each : part.services) {
    if (!problem_.empty()) return;
    const auto same =
        std::ranges::find(services_, each.handle, [](const GattService& service) { return uint32_t{service.handle}; });
    if (same == services_.end()) add(each);
  }
}

void ServicesAssembly::add(const esphome::ServiceEntry& entry) {
  attributes_ += attributes_of(entry);
  if (attributes_ > max_attributes) return fail(fmt::format("more than {} attributes", max_attributes));
  GattService service;
  if (!take_handle(entry.handle, "service", service.handle) ||
      !take_uuid(entry.uuid, entry.short_uuid, entry.handle, service.uuid))
    return;
  for (const esphome::CharacteristicEntry& each : entry.characteristics)
    if (!add_characteristic(each, service)) return;
  services_.push_back(std::move(service));
}

bool ServicesAssembly::add_characteristic(const esphome::CharacteristicEntry& entry, GattService& service) {
  GattCharacteristic characteristic;
  if (!take_handle(entry.handle, "characteristic", characteristic.handle) ||
      !take_uuid(entry.uuid, entry.short_uuid, entry.handle, characteristic.uuid))
    return false;
  characteristic.properties = Properties(static_cast<uint8_t>(entry.properties & 0xFF));
  characteristic.service = service.uuid;
  for (const esphome::DescriptorEntry& each : entry.descriptors) {
    GattDescriptor descriptor;
    if (!take_handle(each.handle, "descriptor", descriptor.handle) ||
        !take_uuid(each.uuid, each.short_uuid, each.handle, descriptor.uuid))
      return false;
    characteristic.descriptors.push_back(descriptor);
  }
  service.characteristics.push_back(std::move(characteristic));
  return true;
}

bool ServicesAssembly::take_handle(uint32_t handle, const char* what, uint16_t& into) {
  if (handle == 0 || handle > last_possible_handle)
    fail(fmt::format("a {} has the handle 0x{:04x}", what, handle));
  else
    into = static_cast<uint16_t>(handle);
  return problem_.empty();
}

void ServicesAssembly::sort() {
  std::ranges::sort(services_, {}, &GattService::handle);
  for (GattService& service : services_) {
    std::ranges::sort(service.characteristics, {}, &GattCharacteristic::handle);
    for (GattCharacteristic& each : service.characteristics) std::ranges::sort(each.descriptors, {}, &GattDescriptor::handle);
  }
}

// Handles only rise through a table (Core 5.4, Vol 3, Part G, 2.5.1): what is sorted and does not is no table.
void ServicesAssembly::check_order() {
  uint16_t last = 0;
  const auto check = [&](uint16_t handle, const char* what) {
    if (handle <= last && problem_.empty())
      fail(fmt::format("the {} with handle 0x{:04x} comes after handle 0x{:04x}", what, handle, last));
    last = handle;
  };
  for (const GattService& service : services_) {
    check(service.handle, "service");
    for (const GattCharacteristic& characteristic : service.characteristics) {
      check(characteristic.handle, "characteristic");
      for (const GattDescriptor& each : characteristic.descriptors) check(each.handle, "descriptor");
    }
  }
}

bool ServicesAssembly::take_uuid(const esphome::UuidPair& pair, uint32_t short_uuid, uint32_t handle, Uuid& into) {
  if (short_uuid != 0)
    into = Uuid(short_uuid);
  else if (pair.count == pair.parts.size())
    into = Uuid(pair.parts[0], pair.parts[1]);
  else
    fail(fmt::format("the attribute with handle 0x{:04x} has no UUID", handle));
  return problem_.empty();
}

void ServicesAssembly::fail(std::string problem) {
  problem_ = std::move(problem);
}

// A proxy does not tell where a service ends: at the next one, at the latest.
ServicesAssembly::Result ServicesAssembly::finish() {
  if (problem_.empty() && services_.empty()) problem_ = "the proxy has no services of the device";
  sort();
  if (problem_.empty()) check_order();
  Result result;
  result.problem = std::exchange(problem_, {});
  std::vector<GattService> services = std::exchange(services_, {});
  attributes_ = 0;
  if (!result.problem.empty()) return result;
  for (size_t i = 0; i < services.size(); ++i) {
    const uint32_t next = i + 1 < services.size() ? services[i + 1].handle : last_possible_handle + 1;
    services[i].end_handle = static_cast<uint16_t>(next - 1);
  }
  result.services = GattServices(std::move(services));
  return result;
}

}  // namespace moor::esphome_radio
