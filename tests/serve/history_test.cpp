// What is remembered of each device's last minutes, and who is remembered.

#include "serve/history.hpp"

#include "serve/activity.hpp"

#include <gmock/gmock.h>

namespace moor::serve {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const TimePoint start(1'700'000'000s);

class HistoryTest : public ::testing::Test {
protected:
  static void hear(History& history, DeviceSlot slot, TimePoint t, double rssi_dbm, double smoothed_dbm) {
    PresenceReading reading;
    reading.slot = slot;
    reading.time = t;
    reading.rssi_dbm = rssi_dbm;
    reading.smoothed_dbm = smoothed_dbm;
    history.on_presence(Device(), reading, 0);
  }
  static ZoneEvent move(DeviceSlot slot, TimePoint t, const char* to) {
    ZoneEvent event;
    event.slot = slot;
    event.time = t;
    event.to = to;
    return event;
  }
  static std::vector<int64_t> seconds(const History::Answer& answer) {
    std::vector<int64_t> found;
    for (const History::Point& point : answer.points) found.push_back(point.second - 1'700'000'000);
    return found;
  }
};

TEST_F(HistoryTest, HasAPointForEachSecondWithAReading) {
  History history;
  hear(history, 7, start, -60, -60);
  hear(history, 7, start + 1s, -62, -60.55);
  hear(history, 7, start + 4s, -64, -61.5);
  const History::Answer answer = history.ask(7, start, start + 5s);
  EXPECT_TRUE(answer.kept);
  EXPECT_THAT(seconds(answer), ElementsAre(0, 1, 4));
  EXPECT_EQ(answer.points[1].rssi_dbm, -62);
  EXPECT_NEAR(*answer.points[1].smoothed_dbm, -60.5, 0.11);
  EXPECT_THAT(seconds(history.ask(7, start + 2s, start + 5s)), ElementsAre(4));
}

TEST_F(HistoryTest, ForgetsWhatIsOlderThanItsPoints) {
  History history;
  for (int s = 0; s < 2000; ++s) hear(history, 0, start + std::chrono::seconds(s), -60, -60);
  const History::Answer answer = history.ask(0, start, start + 2000s);
  EXPECT_THAT(answer.points, SizeIs(History::points));
  EXPECT_EQ(answer.points.front().second, 1'700'000'000 + 1100);
  hear(history, 0, start + 100s, -10, -10);  // late by more than all of it
  EXPECT_THAT(history.ask(0, start, start + 2000s).points, SizeIs(History::points));
}

TEST_F(HistoryTest, TellsTheZonesWithTheirTimes) {
  History history;
  hear(history, 0, start, -60, -60);
  history.on_zone(move(0, start + 1s, "near"));
  history.on_zone(move(0, start + 5s, "far"));
  history.on_zone(move(0, start + 9s, ""));
  const auto stays = history.ask(0, start, start + 10s).stays;
  ASSERT_THAT(stays, SizeIs(2));
  EXPECT_EQ(stays[0].zone, "near");
  EXPECT_EQ(stays[0].to, start + 5s);
  EXPECT_EQ(stays[1].to, start + 9s);
  EXPECT_THAT(history.ask(0, start + 6s, start + 10s).stays, SizeIs(1));
}

TEST_F(HistoryTest, ZonesAreBounded) {
  History history;
  hear(history, 0, start, -60, -60);
  for (int i = 0; i < 1000; ++i) history.on_zone(move(0, start + i * 1ms, i % 2 == 0 ? "near" : "far"));
  EXPECT_LE(history.ask(0, start, start + 1s).stays.size(), History::max_zones);
}

TEST_F(HistoryTest, ARingGoesToWhoIsHeardWhenItsOwnerHasFallenSilent) {
  History history(1);
  hear(history, 0, start, -60, -60);
  hear(history, 1, start + 30s, -70, -70);  // the ring is in use
  EXPECT_EQ(history.rings(), 1U);
  hear(history, 1, start + 61s, -71, -71);
  EXPECT_THAT(seconds(history.ask(1, start, start + 62s)), ElementsAre(61));
}

TEST_F(HistoryTest, WhoIsAskedForGetsARingFromWhoIsNot) {
  History history(1);
  hear(history, 0, start, -60, -60);
  EXPECT_TRUE(history.ask(5, start, start + 1s).kept);
  hear(history, 5, start + 2s, -50, -50);
  hear(history, 0, start + 2s, -60, -60);
  EXPECT_THAT(seconds(history.ask(5, start, start + 3s)), ElementsAre(2));
}

TEST_F(HistoryTest, AForgottenDeviceGivesItsRingBack) {
  History history(1);
  hear(history, 0, start, -60, -60);
  history.on_forgotten(0, Device());
  hear(history, 1, start + 1s, -70, -70);
  EXPECT_THAT(seconds(history.ask(1, start, start + 2s)), ElementsAre(1));
}

class ActivityTest : public ::testing::Test {
protected:
  void hear(TimePoint t, int8_t rssi_dbm, RadioId radio = 0, AdvertisingProperties properties = AdvertisingProperties::none) {
    Sighting sighting;
    sighting.time = t;
    sighting.rssi_dbm = rssi_dbm;
    sighting.radio = radio;
    sighting.properties = properties;
    activity_.on_heard(0, device_, sighting);
  }
  ActivityTest() {
    device_.last_seen = start;
    activity_.on_device(0, device_);
  }
  Device device_;
  Activity activity_;
};

TEST_F(ActivityTest, TheSparkHasTheStrongestOfEachStep) {
  hear(start, -60);
  hear(start + 1s, -50);
  hear(start + 4s, -70);
  const auto spark = activity_.spark(0, start + 5s);
  EXPECT_EQ(spark[Activity::steps - 1], -70);
  EXPECT_EQ(spark[Activity::steps - 2], std::nullopt);
  EXPECT_EQ(spark[Activity::steps - 3], -50);
  EXPECT_EQ(spark[0], std::nullopt);
  EXPECT_THAT(activity_.spark(0, start + 5min), testing::Each(std::nullopt));
}

TEST_F(ActivityTest, OnlyTheRadioThatOwnsTheDeviceCounts) {
  hear(start, -60, 3);
  EXPECT_EQ(activity_.rate(0, start + 1s), 0);
}

TEST_F(ActivityTest, TheRateIsOfTheLastSeconds) {
  for (int i = 0; i < 100; ++i) hear(start + i * 500ms, -60);
  EXPECT_NEAR(activity_.rate(0, start + 50s), 2, 0.3);
  EXPECT_EQ(activity_.rate(0, start + 5min), 0);
  EXPECT_EQ(activity_.rate(99, start), 0);
}

TEST_F(ActivityTest, KnowsWhoCanBeConnectedTo) {
  EXPECT_FALSE(activity_.is_connectable(0));
  hear(start, -60, 0, AdvertisingProperties::connectable);
  EXPECT_TRUE(activity_.is_connectable(0));
}

TEST_F(ActivityTest, ATimeThatGoesBackIsNoHarm) {
  hear(start + 100s, -60);
  hear(start, -10);
  hear(start + 99s, -50);
  EXPECT_EQ(activity_.spark(0, start + 100s)[Activity::steps - 1], -60);
}

}  // namespace
}  // namespace moor::serve
