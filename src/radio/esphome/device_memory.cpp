#include "radio/esphome/link_state.hpp"

#include <algorithm>

namespace moor::esphome_radio {

const RememberedDevice* DeviceMemory::find(const Address& device) const {
  const auto found = entries_.find(device);
  if (found == entries_.end()) return nullptr;
  found->second.used = ++uses_;
  return &found->second.remembered;
}

void DeviceMemory::put(const Address& device, RememberedDevice remembered) {
  if (entries_.size() >= capacity && !entries_.contains(device))
    entries_.erase(std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.used; }));
  entries_[device] = {std::move(remembered), ++uses_};
}

bool DeviceMemory::forget(const Address& device) {
  return entries_.erase(device) > 0;
}

}  // namespace moor::esphome_radio
