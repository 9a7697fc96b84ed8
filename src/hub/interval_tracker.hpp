#pragma once
// How often a device advertises, learned from what its owner hears: the largest gap between 16 advertisements. Losses on the way make gaps
// longer, so this is what silence has to be measured against, not the device's own setting.

#include "hub/rules.hpp"
#include "moor/slab.hpp"

#include <vector>

namespace moor::hub {

class IntervalTracker {
public:
  explicit IntervalTracker(const Rules& rules) : rules_(rules) {}

  /// An advertisement from the radio that owns the device; no scan response. @returns whether the interval has changed by it.
  bool on_advertisement(DeviceSlot slot, SourceIndex source, TimePoint time);
  /// The radio pauses its scan, to connect: gaps that were being measured there say nothing.
  void pause(SourceIndex source);
  void forget(DeviceSlot slot) noexcept;
  /// Zero where it is not known.
  [[nodiscard]] Duration interval(DeviceSlot slot) const noexcept;

private:
  struct Record {
    Duration interval{};
    TimePoint last;
    Duration largest{};
    Duration second{};
    SourceIndex source = no_source;
    uint8_t samples = 0;
    uint8_t pauses = 0;  // of the source, when the samples began
  };
  [[nodiscard]] uint8_t pauses_of(SourceIndex source) const noexcept {
    return source < pauses_.size() ? pauses_[source] : uint8_t{0};
  }

  const Rules& rules_;
  Slab<Record> records_;
  std::vector<uint8_t> pauses_;
};

}  // namespace moor::hub
