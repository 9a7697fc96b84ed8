#include "hub/ownership.hpp"

#include <gtest/gtest.h>
#include <cmath>

namespace moor::hub {
namespace {

using namespace std::chrono_literals;

constexpr SourceIndex hall = 0;
constexpr SourceIndex attic = 1;
constexpr SourceIndex ear = 2;  // cannot connect

class Story {
public:
  explicit Story(const Rules& rules, Duration interval = 60s) : ownership(rules), interval_(interval) {
    for (SourceIndex source = 0; source < 20; ++source) ownership.set_source(source, source != ear, true);
  }
  Ownership::Verdict hears(SourceIndex source, double t, int rssi) {
    return ownership.on_advertisement(
        0, {.source = source, .time = TimePoint(1h) + from_seconds(t), .rssi_dbm = static_cast<int8_t>(rssi)}, interval_);
  }
  void hears_each_second(SourceIndex source, double from, double to, int rssi) {
    for (double t = from; t < to; ++t) hears(source, t, rssi);
  }
  [[nodiscard]] SourceIndex owner() const { return ownership.owner(0); }

  Ownership ownership;

private:
  Duration interval_;
};

TEST(Ownership, TheFirstThatHearsADeviceOwnsIt) {
  Story story(standard_rules);
  const auto first = story.hears(attic, 0, -90);
  EXPECT_TRUE(first.owned && first.new_hearing);
  EXPECT_EQ(first.taken_from, no_source);
  EXPECT_FALSE(story.hears(hall, 1, -88).owned);
  EXPECT_EQ(story.owner(), attic);
}

TEST(Ownership, CompatSwitchesAtMoreThanSixteenDecibels) {
  Story exactly(compat_rules);
  exactly.hears(hall, 0, -80);
  EXPECT_FALSE(exactly.hears(attic, 1, -64).owned);
  Story more(compat_rules);
  more.hears(hall, 0, -80);
  const auto verdict = more.hears(attic, 1, -63);
  EXPECT_TRUE(verdict.owned);
  EXPECT_EQ(verdict.taken_from, hall);
  EXPECT_TRUE(more.ownership.is_demoted(more.ownership.hearings(0)[0], TimePoint(2h)));
}

TEST(Ownership, StandardWantsThreeSamplesBeforeARadioTakesADevice) {
  Story story(standard_rules);
  story.hears_each_second(hall, 0, 5, -80);
  EXPECT_FALSE(story.hears(attic, 5, -40).owned) << "one strong sample may be a reflection";
  EXPECT_FALSE(story.hears(attic, 6, -40).owned);
  EXPECT_TRUE(story.hears(attic, 7, -40).owned);
}

// Two radios that hear a device each second; how far apart they have to be is what both levels have wandered.
class Levels {
public:
  explicit Levels(double alike_s) : alike_s_(alike_s) {}
  void run(double seconds, double hall_dbm, double attic_dbm) {
    for (const double end = t_ + seconds; t_ < end; ++t_) {
      story.hears(hall, t_, static_cast<int>(std::lround(hall_dbm + swing())));
      story.hears(attic, t_ + 0.5, static_cast<int>(std::lround(attic_dbm - swing())));
    }
  }
  Story story{standard_rules};

private:
  [[nodiscard]] double swing() const { return alike_s_ > 0 ? 10 * std::sin(t_ * 2 * 3.14159265 / alike_s_) : 0; }
  double alike_s_;
  double t_ = 0;
};

TEST(Ownership, StandardFollowsASmallDifferenceWhereLevelsAreCalm) {
  Levels calm(0);
  calm.run(600, -70, -70);
  calm.run(20, -70, -56);
  EXPECT_EQ(calm.story.owner(), hall) << "14 dB";
  calm.run(20, -72, -56);
  EXPECT_EQ(calm.story.owner(), attic) << "16 dB";
}

TEST(Ownership, StandardWaitsForMoreWhereLevelsWander) {
  Levels wild(60);
  wild.run(600, -70, -70);
  EXPECT_EQ(wild.story.owner(), hall) << "up to 20 dB apart, for a while";
  const Hearing& hearing = wild.story.ownership.hearings(0)[0];
  EXPECT_NEAR(std::sqrt(hearing.wander), 7, 2);
  wild.run(10, -90, -50);
  EXPECT_EQ(wild.story.owner(), attic) << "40 dB are more than any wandering";
}

TEST(Ownership, StandardTakesALargeDifferenceAtOnce) {
  Levels calm(0);
  calm.run(600, -60, -90);
  calm.run(5, -90, -60);
  EXPECT_EQ(calm.story.owner(), attic);
}

TEST(Ownership, ARadioThatHearsOnlyTheStrongestAdvertisementsIsNotBetter) {
  Story story(standard_rules);
  for (int t = 0; t < 400; ++t) {
    story.hears(hall, t, -80);
    if (t % 10 == 9) story.hears(attic, t + 0.5, -62);  // a tenth of them: 18 dB stronger on average, as it seems
  }
  EXPECT_EQ(story.owner(), hall);
  for (int t = 400; t < 500; ++t) {
    story.hears(hall, t, -80);
    story.hears(attic, t + 0.5, -62);
  }
  EXPECT_EQ(story.owner(), attic) << "now it hears all of them";
}

TEST(Ownership, WithoutAnRssiNothingIsLearned) {
  for (const int none : {0, static_cast<int>(no_rssi)}) {
    Story story(compat_rules);
    story.hears(hall, 0, -60);
    story.hears(attic, 1, none);
    EXPECT_FALSE(story.ownership.hearings(0)[1].has_level());
    EXPECT_EQ(story.owner(), hall);
  }
}

TEST(Ownership, ARadioThatDoesNotListenLosesTheDeviceAtOnce) {
  Story story(standard_rules);
  story.hears(hall, 0, -40);
  story.ownership.set_source(hall, true, false);
  EXPECT_TRUE(story.hears(attic, 1, -95).owned);
  EXPECT_FALSE(story.ownership.is_demoted(story.ownership.hearings(0)[0], TimePoint(1h) + 2s)) << "it was not beaten";
}

TEST(Ownership, AnOwnerIsNotGoneBeforeItIsDue) {
  Story standard(standard_rules, 30min);
  standard.hears(hall, 0, -60);
  EXPECT_FALSE(standard.hears(attic, 1000, -60).owned) << "it advertises every half hour";
  EXPECT_TRUE(standard.hears(attic, 1806, -60).owned);
  Story compat(compat_rules, 30min);
  compat.hears(hall, 0, -60);
  EXPECT_TRUE(compat.hears(attic, 1000, -60).owned) << "900 s at most";
}

TEST(Ownership, TheBestThatCanConnectIsKeptApart) {
  Story story(compat_rules);
  story.hears(hall, 0, -80);
  EXPECT_EQ(story.ownership.connectable_owner(0), hall);
  EXPECT_TRUE(story.hears(ear, 1, -40).owned);
  EXPECT_EQ(story.owner(), ear);
  EXPECT_EQ(story.ownership.connectable_owner(0), hall);
  EXPECT_FALSE(story.hears(attic, 2, -60).owned) << "the ear is nearer";
  EXPECT_EQ(story.ownership.connectable_owner(0), attic) << "20 dB better than the hall";
}

TEST(Ownership, KeepsTheEightThatHearBest) {
  Story story(standard_rules);
  for (SourceIndex source = 0; source < 8; ++source) story.hears(source, source, -60 - source);
  story.hears(10, 10, -90);
  EXPECT_EQ(story.ownership.unplaced(), 1U);
  story.hears(11, 11, -50);
  bool has_new = false;
  bool has_worst = false;
  for (const Hearing& each : story.ownership.hearings(0)) {
    has_new |= each.source == 11;
    has_worst |= each.source == 7;
  }
  EXPECT_TRUE(has_new);
  EXPECT_FALSE(has_worst);
  EXPECT_EQ(story.owner(), 0);
  EXPECT_TRUE(story.hears(12, 300, -100).new_hearing) << "who has not heard it for long makes room";
}

TEST(Ownership, WhatIsForgottenBeginsAnew) {
  Story story(standard_rules);
  story.hears(hall, 0, -40);
  story.ownership.forget(0);
  EXPECT_EQ(story.owner(), no_source);
  EXPECT_TRUE(story.hears(attic, 1, -95).owned);
  EXPECT_EQ(story.ownership.hearings(0).size(), 1U);
}

}  // namespace
}  // namespace moor::hub
