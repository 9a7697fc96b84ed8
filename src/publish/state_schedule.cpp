#include "publish/state_schedule.hpp"

namespace moor::publish {

void StateSchedule::hurry(DeviceSlot slot) {
  touch(slot);
  State& state = states_[slot];
  if (state.place != Place::resting) return;
  state.place = Place::ready;
  ready_.push_front(slot);
}

void StateSchedule::forget(DeviceSlot slot) {
  if (slot >= states_.size()) return;
  State& state = states_[slot];
  state.dirty = false;
  if (state.place == Place::resting) state.place = Place::idle;
}

std::optional<DeviceSlot> StateSchedule::take(TimePoint now) {
  for (; !resting_.empty() && resting_.front().until <= now; resting_.pop_front()) {
    const Resting& rested = resting_.front();
    State& state = states_[rested.slot];
    if (state.place != Place::resting || state.rest != rested.rest) continue;  // it was in a hurry meanwhile
    state.place = state.dirty ? Place::ready : Place::idle;
    if (state.dirty) ready_.push_back(rested.slot);
  }
  while (!ready_.empty()) {
    const DeviceSlot slot = ready_.front();
    ready_.pop_front();
    State& state = states_[slot];
    if (!state.dirty) {
      state.place = Place::idle;
      continue;
    }
    state.dirty = false;
    state.place = Place::resting;
    resting_.push_back({.until = now + interval_, .slot = slot, .rest = ++state.rest});
    return slot;
  }
  return std::nullopt;
}

void StateSchedule::put_back(DeviceSlot slot) {
  State& state = states_[slot];
  state.dirty = true;
  state.place = Place::ready;
  ready_.push_front(slot);
}

}  // namespace moor::publish
