#pragma once
// The way of every advertisement through the hub: whose it is, whether it counts, whether it brings news. Without I/O, and without an allocation
// once a device is known and its payload has been seen.

#include "hub/availability.hpp"
#include "hub/compat_view.hpp"
#include "hub/interval_tracker.hpp"
#include "hub/ownership.hpp"
#include "moor/device_table.hpp"

namespace moor::hub {

class Reception {
public:
  explicit Reception(const Rules& rules, const DeviceTableOptions& devices = {})
      : rules_(rules), devices_(devices), ownership_(rules), intervals_(rules), availability_(rules) {}

  void begin(TimePoint now) noexcept { availability_.begin(now); }
  void set_source(SourceIndex source, bool can_connect, bool listens) { ownership_.set_source(source, can_connect, listens); }
  /// The radio pauses its scan to connect.
  void pause(SourceIndex source) { intervals_.pause(source); }

  struct Outcome {
    DeviceSlot slot = 0;
    bool owned = false;                  ///< it is from the radio that owns the device
    bool changed = false;                ///< and brings news
    bool new_path = false;               ///< the device was not there, or not for this radio
    bool sooner = false;                 ///< `next_deadline` may be earlier now
    SourceIndex taken_from = no_source;  ///< the owner before, where it has changed
  };
  /// @returns nothing for one that is dropped (compat: noise of Apple devices).
  [[nodiscard]] std::optional<Outcome> on_sighting(SourceIndex source, const Sighting& sighting);

  /// Lets time pass. Calls `gone(DeviceSlot)` for the devices that nobody hears any more.
  template <typename Gone>
  void advance(TimePoint now, Gone&& gone) {
    availability_.advance(
        now, [this](DeviceSlot slot) { return silence_of(slot); },
        [&](DeviceSlot slot) {
          gone(slot);
          leave(slot);
        });
    devices_.advance(now, [this](DeviceSlot slot, const Device&) { forget(slot); });
  }
  [[nodiscard]] TimePoint next_deadline() const noexcept {
    return std::min(availability_.next_deadline(), devices_.next_deadline());
  }

  [[nodiscard]] const DeviceTable& devices() const noexcept { return devices_; }
  [[nodiscard]] const Ownership& ownership() const noexcept { return ownership_; }
  [[nodiscard]] Duration interval(DeviceSlot slot) const noexcept { return intervals_.interval(slot); }
  /// The name as the profile has it; empty where there is none.
  [[nodiscard]] std::string name(DeviceSlot slot) const;
  [[nodiscard]] bool is_present(DeviceSlot slot) const noexcept { return slot < present_.size() && present_[slot] != 0; }
  [[nodiscard]] uint64_t dropped() const noexcept { return dropped_; }  ///< see `on_sighting`

private:
  [[nodiscard]] Availability::Silence silence_of(DeviceSlot slot) const noexcept;
  void leave(DeviceSlot slot);
  void forget(DeviceSlot slot);

  const Rules& rules_;
  DeviceTable devices_;
  Ownership ownership_;
  IntervalTracker intervals_;
  Availability availability_;
  Slab<CompatView, 64> views_;  // compat only
  std::vector<uint8_t> present_;
  uint64_t dropped_ = 0;
};

}  // namespace moor::hub
