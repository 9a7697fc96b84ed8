#include "presence/event_follower.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moor {
namespace {

struct Step {
  DeviceSlot slot;
  int64_t after_ms;
  int rssi;
  bool lets_time_pass;
};

rc::Gen<std::vector<Step>> steps() {
  // Most samples follow soon, some after a silence; RSSI of every kind, the impossible ones too.
  const auto after =
      rc::gen::weightedOneOf<int64_t>({{8, rc::gen::inRange<int64_t>(0, 3000)}, {1, rc::gen::inRange<int64_t>(0, 100'000)}});
  const auto rssi = rc::gen::weightedOneOf<int>({{8, rc::gen::inRange(-90, -40)}, {1, rc::gen::inRange(-128, 128)}});
  return rc::gen::container<std::vector<Step>>(
      rc::gen::construct<Step>(rc::gen::inRange<DeviceSlot>(0, 4), after, rssi, rc::gen::arbitrary<bool>()));
}

PresenceOptions options() {
  PresenceOptions made;
  made.smoothing.alpha = *rc::gen::inRange(1, 101) / 100.0;
  if (*rc::gen::arbitrary<bool>()) made.smoothing.tau = std::chrono::milliseconds(*rc::gen::inRange(1, 20'000));
  if (*rc::gen::arbitrary<bool>()) made.smoothing.reading_interval = std::chrono::milliseconds(*rc::gen::inRange(1, 5000));
  made.smoothing.window_value = *rc::gen::element(WindowValue::mean, WindowValue::strongest, WindowValue::last);
  made.zones.hysteresis_db = *rc::gen::inRange(0, 10);
  made.zones.min_samples = static_cast<uint16_t>(*rc::gen::inRange(1, 5));
  made.lost_after = std::chrono::milliseconds(*rc::gen::inRange(5001, 40'000));
  return made;
}

struct Said {
  TimePoint time;
  PresenceEvent event;
  std::optional<Zone> zone;
  double smoothed_dbm;
  friend bool operator==(const Said&, const Said&) = default;
};
using Story = std::map<DeviceSlot, std::vector<Said>>;

template <typename Passes>
Story tell(const PresenceOptions& options, const std::vector<Step>& steps, EventFollower& follower, Passes&& passes) {
  PresenceTracker tracker(options);
  Story story;
  const auto note = [&](const PresenceReading& reading) {
    follower(reading);
    story[reading.slot].push_back({reading.time, reading.event, reading.zone, reading.smoothed_dbm});
  };
  TimePoint now(std::chrono::hours(24));
  for (const Step& step : steps) {
    now += std::chrono::milliseconds(step.after_ms);
    if (passes(step)) tracker.advance(now, note);
    tracker.on_sample(step.slot, now, step.rssi, {}, note);
  }
  tracker.advance(now + std::chrono::hours(1), note);
  RC_ASSERT(tracker.present() == 0U);
  RC_ASSERT(tracker.next_deadline() == TimePoint::max());
  const PresenceStatistics& all = tracker.statistics();
  RC_ASSERT(all.samples + all.implausible + all.without_rssi == steps.size());
  RC_ASSERT(all.entered == all.lost);
  return story;
}

RC_GTEST_PROP(PresenceTracker, NeverContradictsItself, ()) {
  const PresenceOptions chosen = options();
  EventFollower follower(chosen);
  tell(chosen, *steps(), follower, [](const Step& step) { return step.lets_time_pass; });
  RC_ASSERT(follower.complaint() == "");
}

RC_GTEST_PROP(PresenceTracker, SaysTheSameOfADeviceHoweverOftenTimePasses, ()) {
  const PresenceOptions chosen = options();
  const auto taken = *steps();
  EventFollower often(chosen);
  EventFollower never(chosen);
  RC_ASSERT(tell(chosen, taken, often, [](const Step&) { return true; }) ==
            tell(chosen, taken, never, [](const Step&) { return false; }));
}

}  // namespace
}  // namespace moor
