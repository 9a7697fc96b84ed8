#pragma once
// When the states of devices are due: at once where a zone has changed, else each `interval` for as long as they are heard. Without I/O; a sighting costs
// one comparison.

#include "moor/device_table.hpp"
#include "moor/time.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace moor::publish {

class StateSchedule {
public:
  explicit StateSchedule(Duration interval) : interval_(interval) {}

  /// Something of the device is new.
  void touch(DeviceSlot slot) {
    if (slot >= states_.size()) states_.resize(slot + size_t{1});
    State& state = states_[slot];
    state.dirty = true;
    if (state.place == Place::idle) {
      state.place = Place::ready;
      ready_.push_back(slot);
    }
  }
  /// And it cannot wait.
  void hurry(DeviceSlot slot);
  void forget(DeviceSlot slot);

  /// The next that is due, which counts as published now.
  [[nodiscard]] std::optional<DeviceSlot> take(TimePoint now);
  /// It was not published after all, and is the next again.
  void put_back(DeviceSlot slot);

private:
  enum class Place : uint8_t { idle, ready, resting };
  struct State {
    Place place = Place::idle;
    bool dirty = false;
    uint32_t rest = 0;  // which of its entries in `resting_` counts
  };
  struct Resting {
    TimePoint until;
    DeviceSlot slot;
    uint32_t rest;
  };
  Duration interval_;
  std::vector<State> states_;
  std::deque<DeviceSlot> ready_;  // in the order in which they are due
  std::deque<Resting> resting_;   // published less than an interval ago
};

}  // namespace moor::publish
