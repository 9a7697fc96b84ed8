#pragma once
// The devices around, each in a slot of its own: a dense number by which other tables keep what they know of it. Bounded: one that has been
// silent for long enough is forgotten, and when the table is full, one of the longest silent makes room.

#include "moor/deadline_wheel.hpp"
#include "moor/device.hpp"
#include "moor/slab_index.hpp"

namespace moor {

struct DeviceTableOptions {
  size_t max_devices = 100'000;
  Duration forget_after = std::chrono::hours(1);  ///< silence after which a device is forgotten; above 0
};

class DeviceTable {
public:
  /// @throws UsageError if nothing could be kept.
  explicit DeviceTable(const DeviceTableOptions& options = {});

  struct Heard {
    DeviceSlot slot;
    bool new_device;
    bool new_payload;  ///< the payload differs from the last one of its part
  };
  /// Takes a sighting in.
  /// @param forget  void(DeviceSlot, const Device&), for a device that has to make room; its slot may be the one returned.
  template <typename Forget>
  Heard apply(const Sighting& sighting, Forget&& forget) {
    if (const auto known = index_.find(sighting.address)) return {*known, false, devices_[*known].apply(sighting)};
    if (size() >= options_.max_devices) {
      const DeviceSlot victim = find_victim();
      forget(victim, devices_[victim]);
      remove(victim);
      ++evicted_;
    }
    const DeviceSlot slot = add(sighting);
    return {slot, true, devices_[slot].apply(sighting)};
  }

  /// Takes a sighting of a device in that has a slot. @returns whether its payload differs from the last one of its part.
  bool apply(DeviceSlot slot, const Sighting& sighting) { return devices_[slot].apply(sighting); }

  /// Lets time pass: forgets the devices that have been silent for too long, in the order of their silence.
  template <typename Forget>
  void advance(TimePoint now, Forget&& forget) {
    while (const auto due = next_silent(now)) {
      forget(*due, devices_[*due]);
      remove(*due);
      ++forgotten_;
    }
  }
  /// `advance` has nothing to do before this moment.
  [[nodiscard]] TimePoint next_deadline() const noexcept { return wheel_.next_deadline(); }

  [[nodiscard]] const Device& operator[](DeviceSlot slot) const noexcept { return devices_[slot]; }
  [[nodiscard]] std::optional<DeviceSlot> find(const Address& address) const noexcept { return index_.find(address); }
  [[nodiscard]] size_t size() const noexcept { return index_.size(); }
  /// Slots are below this; some may be free.
  [[nodiscard]] DeviceSlot slots() const noexcept { return slots_; }
  [[nodiscard]] bool is_used(DeviceSlot slot) const noexcept { return devices_[slot].sightings != 0; }
  [[nodiscard]] uint64_t forgotten() const noexcept { return forgotten_; }  ///< for their silence
  [[nodiscard]] uint64_t evicted() const noexcept { return evicted_; }      ///< for want of room

private:
  [[nodiscard]] DeviceSlot add(const Sighting& sighting);
  void remove(DeviceSlot slot);
  [[nodiscard]] DeviceSlot find_victim() noexcept;
  [[nodiscard]] std::optional<DeviceSlot> next_silent(TimePoint now);

  DeviceTableOptions options_;
  Slab<Device> devices_;
  SlabIndex<&Device::address> index_{devices_};
  std::vector<DeviceSlot> free_;
  DeviceSlot slots_ = 0;
  DeviceSlot hand_ = 0;  // where the search for a victim goes on
  DeadlineWheel wheel_;
  uint64_t forgotten_ = 0;
  uint64_t evicted_ = 0;
};

}  // namespace moor
