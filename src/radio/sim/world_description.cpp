#include "radio/sim/world_description.hpp"

#include "moor/decoder.hpp"
#include "radio/sim/world_file_keys.hpp"

namespace moor::sim {

namespace {

std::string_view stem_of(std::string_view name) {
  while (!name.empty() && name.back() >= '0' && name.back() <= '9') name.remove_suffix(1);
  return name;
}

std::string_view movement_of(const DeviceEntry& device) {
  constexpr std::string_view words[] = {"stands", "moves along a path", "walks about"};
  return words[device.movement.index()];
}

std::string format_of(const DeviceEntry& device) {
  if (!device.advertising) return {};
  Decoded decoded;
  decode(AdvertisementData(device.advertising->payload), decoded);
  return std::string(decoded.format());
}

DeviceGroup group_of(const DeviceEntry& device, size_t index) {
  DeviceGroup group{.first = index,
                    .count = 1,
                    .name = device.name,
                    .format = format_of(device),
                    .movement = movement_of(device),
                    .services = device.services.size()};
  for (const Service& service : device.services) group.characteristics += service.characteristics.size();
  for (const DeviceFault& fault : device.faults) {
    const std::string_view kind = config::names_of<DeviceFault::Kind>()[static_cast<size_t>(fault.kind)];
    if (std::ranges::find(group.faults, kind) == group.faults.end()) group.faults.push_back(kind);
  }
  return group;
}

bool continues(const DeviceGroup& group, const DeviceEntry& first, const DeviceEntry& device) {
  return stem_of(group.name) == stem_of(device.name) && group.movement == movement_of(device) &&
         group.services == device.services.size() && first.faults.size() == device.faults.size() &&
         first.address.bits() + group.count == device.address.bits();
}

}  // namespace

WorldDescription describe(const WorldSpec& world) {
  constexpr double mean_delay_s = 0.005;  // of the 0 to 10 ms that come to an interval
  WorldDescription description;
  for (size_t i = 0; i < world.devices.size(); ++i) {
    const DeviceEntry& device = world.devices[i];
    if (!description.groups.empty() &&
        continues(description.groups.back(), world.devices[description.groups.back().first], device))
      ++description.groups.back().count;
    else
      description.groups.push_back(group_of(device, i));
    if (device.advertising) {
      ++description.advertisers;
      description.events_per_second += 1 / (to_seconds(device.advertising->interval) + mean_delay_s);
    }
    for (const Service& service : device.services)
      for (const Characteristic& characteristic : service.characteristics)
        if (characteristic.notify_every) description.notifications_per_second += 1 / to_seconds(*characteristic.notify_every);
  }
  return description;
}

std::string_view to_string(RadioKind kind) noexcept {
  return config::names_of<RadioKind>()[static_cast<size_t>(kind)];
}
std::string_view to_string(RadioFault::Kind kind) noexcept {
  return config::names_of<RadioFault::Kind>()[static_cast<size_t>(kind)];
}

}  // namespace moor::sim
