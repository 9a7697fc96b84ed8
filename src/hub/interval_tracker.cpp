#include "hub/interval_tracker.hpp"

#include "core/saturating.hpp"

#include <algorithm>

namespace moor::hub {

bool IntervalTracker::on_advertisement(DeviceSlot slot, SourceIndex source, TimePoint time) {
  records_.reach(slot);
  Record& record = records_[slot];
  const Duration before = record.interval;
  if (record.source != source) {
    record = {.interval = rules_.keeps_learning_intervals ? before : Duration::zero(), .last = {}, .source = source};
    record.pauses = pauses_of(source);
  }
  if (record.interval > Duration::zero() && !rules_.keeps_learning_intervals) return false;
  if (record.pauses != pauses_of(source)) {
    record.pauses = pauses_of(source);
    record.samples = 0;
  }
  if (record.samples == 0) {
    record.largest = record.second = Duration::zero();
  } else {
    const Duration gap = std::max(subtract_saturated(time, record.last), Duration::zero());
    record.second = std::max(record.second, std::min(gap, record.largest));
    record.largest = std::max(record.largest, gap);
  }
  record.last = time;
  if (++record.samples >= rules_.interval_samples) {
    record.interval = record.largest;
    record.samples = 1;  // the first of the next sixteen
    record.largest = record.second = Duration::zero();
  } else if (record.interval > Duration::zero()) {
    // One long gap is a loss; two are a device that has become slower.
    record.interval = std::max(record.interval, record.second);
  }
  return record.interval != before;
}

void IntervalTracker::pause(SourceIndex source) {
  if (pauses_.size() <= source) pauses_.resize(source + size_t{1});
  ++pauses_[source];
}

void IntervalTracker::forget(DeviceSlot slot) noexcept {
  if (slot < records_.capacity()) records_[slot] = Record();
}

Duration IntervalTracker::interval(DeviceSlot slot) const noexcept {
  return slot < records_.capacity() ? records_[slot].interval : Duration::zero();
}

}  // namespace moor::hub
