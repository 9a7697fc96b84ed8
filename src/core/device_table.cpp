#include "moor/device_table.hpp"

#include "core/require.hpp"
#include "core/saturating.hpp"

#include <algorithm>

namespace moor {

DeviceTable::DeviceTable(const DeviceTableOptions& options)
    : options_(options), wheel_(std::max<Duration>(options.forget_after / 256, std::chrono::milliseconds(1))) {
  require(options.max_devices >= 1 && options.max_devices < UINT32_MAX, "the devices kept must be from 1 to 4,294,967,294");
  require(options.forget_after > Duration::zero(), "the silence after which a device is forgotten must be above 0");
}

DeviceSlot DeviceTable::add(const Sighting& sighting) {
  DeviceSlot slot = slots_;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    ++slots_;
    devices_.reach(slot);
  }
  devices_[slot].address = sighting.address;
  index_.insert(slot);
  wheel_.schedule(slot, sighting.time, add_saturated(sighting.time, options_.forget_after));
  return slot;
}

void DeviceTable::remove(DeviceSlot slot) {
  index_.erase(slot);
  wheel_.cancel(slot);
  devices_[slot] = Device();
  free_.push_back(slot);
}

// The longest silent of some: near enough to the longest silent of all, without a list that every sighting would have to touch.
DeviceSlot DeviceTable::find_victim() noexcept {
  constexpr int looked_at = 32;
  DeviceSlot victim = hand_ % slots_;
  for (int i = 0; i < looked_at; ++i, ++hand_) {
    const DeviceSlot candidate = hand_ % slots_;
    if (is_used(candidate) && (!is_used(victim) || devices_[candidate].last_seen < devices_[victim].last_seen))
      victim = candidate;
  }
  return victim;
}

std::optional<DeviceSlot> DeviceTable::next_silent(TimePoint now) {
  const auto due = wheel_.next_due(now, [this](DeviceSlot slot) -> std::optional<TimePoint> {
    return add_saturated(devices_[slot].last_seen, options_.forget_after);
  });
  return due ? std::optional(due->slot) : std::nullopt;
}

}  // namespace moor
