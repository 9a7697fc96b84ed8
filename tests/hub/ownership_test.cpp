#include "hub/ownership.hpp"

#include <gtest/gtest.h>

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

TEST(Ownership, StandardForgivesALostOwnershipAfterFiveMinutes) {
  Story story(standard_rules);
  story.hears_each_second(hall, 0, 5, -80);
  story.hears_each_second(attic, 5, 10, -60);
  ASSERT_EQ(story.owner(), attic);
  const Hearing& loser = story.ownership.hearings(0)[0];
  EXPECT_TRUE(story.ownership.is_demoted(loser, TimePoint(1h) + 5min));
  EXPECT_FALSE(story.ownership.is_demoted(loser, TimePoint(1h) + 5min + 8s));
}

TEST(Ownership, ARadioThatHearsOnlyTheStrongestAdvertisementsIsNotBetter) {
  Story story(standard_rules);
  for (int t = 0; t < 400; ++t) {
    story.hears(hall, t, -80);
    if (t % 10 == 9) story.hears(attic, t + 0.5, -66);  // a tenth of them: 14 dB stronger on average, as it seems
  }
  EXPECT_EQ(story.owner(), hall);
  for (int t = 400; t < 500; ++t) {
    story.hears(hall, t, -80);
    story.hears(attic, t + 0.5, -66);
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
