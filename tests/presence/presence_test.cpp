#include "moor/presence.hpp"

#include "moor/error.hpp"

#include <gmock/gmock.h>
#include <cmath>
#include <limits>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

TimePoint at(Duration d) {
  return TimePoint(1'700'000'000s) + d;
}

class Presence : public testing::Test {
protected:
  void start(const PresenceOptions& options) { tracker = PresenceTracker(options); }
  std::vector<PresenceReading> sample(DeviceSlot slot, Duration t, double rssi, std::optional<int8_t> power = {}) {
    std::vector<PresenceReading> readings;
    tracker.on_sample(slot, at(t), rssi, power, [&](const PresenceReading& reading) { readings.push_back(reading); });
    return readings;
  }
  std::vector<PresenceReading> advance(Duration t) {
    std::vector<PresenceReading> readings;
    tracker.advance(at(t), [&](const PresenceReading& reading) { readings.push_back(reading); });
    return readings;
  }
  /// One sample a second from second `from` on. @returns the last one's reading.
  PresenceReading samples(DeviceSlot slot, int from, std::initializer_list<double> rssi) {
    PresenceReading last;
    for (const double value : rssi) last = sample(slot, from++ * 1s, value).back();
    return last;
  }

  PresenceTracker tracker;
};

TEST_F(Presence, FollowsTheWorkedCase) {
  std::vector<double> smoothed;
  for (const double rssi : {-68.0, -72.0, -65.0, -70.0, -66.0}) {
    const auto reading = sample(0, std::chrono::seconds(smoothed.size()), rssi, -59).at(0);
    smoothed.push_back(std::round(reading.smoothed_dbm * 10) / 10);
    EXPECT_EQ(reading.zone.has_value(), smoothed.size() >= 3);
    EXPECT_EQ(reading.event, smoothed.size() == 3 ? PresenceEvent::entered : PresenceEvent::none);
    if (smoothed.size() < 5) continue;
    EXPECT_EQ(reading.zone, Zone::near);
    EXPECT_NEAR(reading.distance->m, 2.25, 0.005);
    EXPECT_NEAR(reading.distance->low_m, 1.29, 0.005);
    EXPECT_NEAR(reading.distance->high_m, 3.91, 0.005);
  }
  EXPECT_THAT(smoothed, ElementsAre(-68, -69.2, -67.9, -68.6, -67.8));
}

TEST_F(Presence, EventsCarryTheirCause) {
  const PresenceReading entered = samples(0, 0, {-68, -72, -65});
  EXPECT_EQ(describe(entered), "entered near: 3 readings in a row, smoothed -67.9 dBm is above -70 dBm");
  const PresenceReading changed = samples(0, 3, {-90, -90, -90});
  EXPECT_EQ(changed.event, PresenceEvent::changed);
  EXPECT_EQ(describe(changed), "changed from near to far: 3 readings in a row, smoothed -82.4 dBm is not above -70 dBm");
  const auto lost = advance(35s);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(describe(lost[0]), "lost: silent for 30 s, was far at -82.4 dBm");
  EXPECT_EQ(describe(PresenceReading{}), "");
}

TEST_F(Presence, ASilentDeviceIsLostAtAnExactMoment) {
  samples(7, 0, {-60, -60, -60});
  EXPECT_THAT(advance(32s - 1ns), IsEmpty());
  EXPECT_LE(tracker.next_deadline(), at(32s));
  const auto lost = advance(1h);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].event, PresenceEvent::lost);
  EXPECT_EQ(lost[0].slot, 7U);
  EXPECT_EQ(lost[0].time, at(32s));
  EXPECT_EQ(lost[0].last_heard, at(2s));
  EXPECT_EQ(lost[0].from, Zone::near);
  EXPECT_EQ(lost[0].zone, std::nullopt);
  EXPECT_EQ(lost[0].rssi_dbm, std::nullopt);
  EXPECT_EQ(tracker.present(), 0U);
  EXPECT_EQ(tracker.next_deadline(), TimePoint::max());
}

TEST_F(Presence, OneThatReturnsAfterItsLossBeginsAnewEvenIfNobodyLetTimePass) {
  samples(0, 0, {-60, -60, -60});
  const auto readings = sample(0, 10min, -80);
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings[0].event, PresenceEvent::lost);
  EXPECT_EQ(readings[0].time, at(32s));
  EXPECT_EQ(readings[1].smoothed_dbm, -80);
  EXPECT_EQ(readings[1].zone, std::nullopt);
  EXPECT_EQ(tracker.present(), 1U);
}

TEST_F(Presence, SilenceBeforeTheFirstZoneIsNoEvent) {
  samples(0, 0, {-60, -60});
  EXPECT_THAT(advance(1h), IsEmpty());
  EXPECT_EQ(tracker.statistics().faded, 1U);
  EXPECT_EQ(samples(0, 4000, {-60, -60}).zone, std::nullopt) << "the count begins anew";
}

TEST_F(Presence, LossesComeInTheOrderOfTheirTimes) {
  for (DeviceSlot slot = 0; slot < 300; ++slot) {
    const auto begin = slot * 37 % 300 * 10ms;
    for (int i = 0; i < 3; ++i) (void)sample(slot, begin, -60);
  }
  const auto lost = advance(1h);
  ASSERT_EQ(lost.size(), 300U);
  EXPECT_TRUE(std::is_sorted(lost.begin(), lost.end(), [](const auto& a, const auto& b) { return a.time < b.time; }));
}

TEST_F(Presence, WhatIsNoSampleIsCountedAndChangesNothing) {
  samples(0, 0, {-60, -60, -60});
  for (const double rssi : {127.0, 0.0, 29.0, 42.0, -128.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THAT(sample(0, 3s, rssi), IsEmpty()) << rssi;
  EXPECT_EQ(tracker.statistics().without_rssi, 1U);
  EXPECT_EQ(tracker.statistics().implausible, 5U);
  EXPECT_EQ(tracker.statistics().samples, 3U);
  EXPECT_EQ(advance(32s).size(), 1U) << "nor does it put off the loss";
}

TEST_F(Presence, AnOutlierThatAControllerInventsDoesNotMakeADeviceImmediate) {
  const auto last = samples(0, 0, {-75, -75, -75, -75});
  EXPECT_EQ(last.zone, Zone::far);
  EXPECT_THAT(sample(0, 4s, 42), IsEmpty());
  EXPECT_EQ(tracker.zone(0), Zone::far);
}

TEST_F(Presence, ASampleFromThePastCountsAsNow) {
  start({.smoothing = {.tau = 5s}});
  (void)sample(0, 10s, -60);
  const auto late = sample(0, 5s, -80);
  EXPECT_EQ(late.at(0).time, at(10s));
  EXPECT_EQ(late.at(0).smoothed_dbm, -60) << "no time has passed";
  EXPECT_EQ(tracker.statistics().out_of_order, 1U);
  samples(0, 11, {-60, -60});
  EXPECT_EQ(advance(1h).at(0).time, at(42s));
  EXPECT_EQ(sample(0, 20s, -60).at(0).time, at(42s)) << "not before the loss either";
}

TEST_F(Presence, OneReadingPerWindow) {
  start({.smoothing = {.alpha = 0.2, .reading_interval = 2s}, .zones = {.min_samples = 2}});
  std::vector<PresenceReading> readings;
  for (int i = 0; i < 40; ++i)
    for (const auto& reading : sample(0, i * 100ms, i % 2 == 0 ? -60 : -64)) readings.push_back(reading);
  for (const auto& reading : advance(1h)) readings.push_back(reading);
  ASSERT_EQ(readings.size(), 3U);
  EXPECT_EQ(readings[0].time, at(2s));
  EXPECT_EQ(readings[0].rssi_dbm, -62);
  EXPECT_EQ(readings[0].samples, 20U);
  EXPECT_EQ(readings[1].time, at(4s));
  EXPECT_EQ(readings[1].event, PresenceEvent::entered);
  EXPECT_EQ(readings[2].event, PresenceEvent::lost);
  EXPECT_EQ(readings[2].time, at(33900ms)) << "thirty seconds after the last sample, not after the window";
}

/// Low readings until a device that stood at `from` has left near for far.
int readings_to_change_zone(double alpha, double from, double drop) {
  Ema smoothed;
  ZoneMachine machine;
  for (int i = 0; i < 3; ++i) machine.on_reading(smoothed.add(from, alpha), {});
  int readings = 0;
  do ++readings;
  while (!machine.on_reading(smoothed.add(from - drop, alpha), {}));
  return readings;
}

// The last table of docs/presence.md: three readings in a row come on top of what the smoothed value needs to get there.
TEST(PresenceOfSomebodyWhoStepsBehindAShelf, EndsTwoReadingsAfterTheLimitIsCrossed) {
  EXPECT_EQ(readings_to_change_zone(0.1, -65, 10), 9);
  EXPECT_EQ(readings_to_change_zone(0.2, -65, 10), 6);
  EXPECT_EQ(readings_to_change_zone(0.3, -65, 10), 4);
  EXPECT_EQ(readings_to_change_zone(0.1, -65, 15), 6);
  EXPECT_EQ(readings_to_change_zone(0.2, -65, 15), 4);
  EXPECT_EQ(readings_to_change_zone(0.3, -65, 15), 4);
  for (const double alpha : {0.1, 0.2, 0.3})
    for (const double drop : {10.0, 15.0})
      EXPECT_EQ(readings_to_change_zone(alpha, -63, drop), 2 + *readings_to_reach(alpha, -63, -63 - drop, -70));
}

TEST_F(Presence, TheBeaconsOwnPowerIsKeptUntilItTellsAnother) {
  EXPECT_NEAR(sample(0, 0s, -70, -65).at(0).distance->m, 1.585, 0.001);
  EXPECT_NEAR(sample(0, 1s, -70).at(0).distance->m, 1.585, 0.001);
  EXPECT_NEAR(sample(0, 2s, -70, 4).at(0).distance->m, 1.585, 0.001);
  EXPECT_NEAR(sample(0, 3s, -70, -59).at(0).distance->m, 2.754, 0.001);
}

TEST_F(Presence, AForgottenSlotServesAnotherDevice) {
  samples(0, 0, {-60, -60, -60});
  tracker.forget(0);
  EXPECT_EQ(tracker.zone(0), std::nullopt);
  EXPECT_EQ(tracker.present(), 0U);
  EXPECT_EQ(sample(0, 1s, -80).at(0).smoothed_dbm, -80);
  tracker.forget(123'456);
  EXPECT_EQ(tracker.zone(123'456), std::nullopt);
}

TEST_F(Presence, DevicesDoNotDisturbEachOther) {
  for (int i = 0; i < 3; ++i) {
    (void)sample(0, i * 1s, -50);
    (void)sample(5000, i * 1s, -80);
  }
  EXPECT_EQ(tracker.zone(0), Zone::immediate);
  EXPECT_EQ(tracker.zone(5000), Zone::far);
  EXPECT_EQ(tracker.zone(1), std::nullopt);
}

TEST_F(Presence, HoldsAtTheEndsOfTheTimeLine) {
  const auto ignore = [](const PresenceReading&) {};
  for (const TimePoint t : {TimePoint::min(), TimePoint(0s), TimePoint::max(), TimePoint::min()})
    for (int i = 0; i < 3; ++i) tracker.on_sample(0, t, -60, {}, ignore);
  tracker.advance(TimePoint::max(), ignore);
  EXPECT_EQ(tracker.statistics().lost, 3U);
}

TEST_F(Presence, SlotsMayBeManyAndTimeMayJump) {
  constexpr DeviceSlot devices = 20'000;
  for (int round = 0; round < 3; ++round)
    for (DeviceSlot slot = 0; slot < devices; ++slot) (void)sample(slot, round * 1s, -60);
  EXPECT_EQ(tracker.present(), devices);
  EXPECT_EQ(advance(20 * 365 * 24h).size(), devices);
  EXPECT_EQ(tracker.statistics().readings, 3U * devices);
}

TEST(PresenceOptions, RefuseWhatCannotBeMeant) {
  EXPECT_THROW(PresenceTracker({.lost_after = 0s}), UsageError);
  EXPECT_THROW(PresenceTracker({.smoothing = {.reading_interval = 30s}}), UsageError);
  EXPECT_THROW(PresenceTracker({.smoothing = {.alpha = 2}}), UsageError);
  EXPECT_THROW(PresenceTracker({.path_loss = {.exponent = 0}}), UsageError);
  EXPECT_THROW(PresenceTracker({.zones = {.min_samples = 0}}), UsageError);
}

}  // namespace
}  // namespace moor
