#pragma once
// Follows what a tracker says and notes the first thing that contradicts what it said before.

#include "moor/presence.hpp"

#include <map>
#include <string>

namespace moor {

class EventFollower {
public:
  explicit EventFollower(const PresenceOptions& options) : options_(options) {}

  void operator()(const PresenceReading& reading) {
    State& state = states_[reading.slot];
    check(reading.time >= state.time, "time goes back");
    check(reading.last_heard <= reading.time, "heard in the future");
    check(reading.smoothed_dbm >= -127 && reading.smoothed_dbm <= 20, "smoothed value out of range");
    check((reading.event == PresenceEvent::lost) != reading.rssi_dbm.has_value(), "only a loss has no RSSI");
    check(reading.rssi_dbm.has_value() == (reading.samples > 0), "a reading is made of samples");
    if (reading.distance)
      check(0 < reading.distance->low_m && reading.distance->low_m <= reading.distance->m &&
                reading.distance->m <= reading.distance->high_m,
            "distance outside its interval");
    follow(reading, state);
    state = State{reading.time, reading.zone};
  }
  void forget(DeviceSlot slot) { states_.erase(slot); }

  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }

private:
  struct State {
    TimePoint time = TimePoint::min();
    std::optional<Zone> zone;
  };

  void follow(const PresenceReading& reading, const State& state) {
    switch (reading.event) {
      case PresenceEvent::none:
        check(reading.zone == state.zone, "zone changed without an event");
        check(describe(reading).empty(), "nothing to describe");
        return;
      case PresenceEvent::entered: check(!state.zone && reading.zone && !reading.from, "entered twice"); break;
      case PresenceEvent::changed:
        check(state.zone && reading.zone && reading.from == state.zone && reading.zone != state.zone, "changed from elsewhere");
        break;
      case PresenceEvent::lost:
        check(state.zone && !reading.zone && reading.from == state.zone, "lost without having been there");
        check(reading.time == TimePoint::max() || reading.time == reading.last_heard + options_.lost_after,
              "lost at another time");
        break;
    }
    if (reading.zone) {
      check(reading.readings_in_a_row >= options_.zones.min_samples, "too few readings for a zone");
      check(reading.limit_dbm.has_value(), "no limit was crossed");
    }
    check(!describe(reading).empty(), "an event without description");
  }
  void check(bool holds, const char* what) {
    if (!holds && complaint_.empty()) complaint_ = what;
  }

  PresenceOptions options_;
  std::map<DeviceSlot, State> states_;
  std::string complaint_;
};

}  // namespace moor
