#include "hub/interval_tracker.hpp"

#include <gtest/gtest.h>

namespace moor::hub {
namespace {

using namespace std::chrono_literals;

class Story {
public:
  explicit Story(const Rules& rules) : tracker(rules) {}
  void hears(int times, Duration gap, SourceIndex source = 0) {
    for (int i = 0; i < times; ++i) {
      now_ += gap;
      tracker.on_advertisement(0, source, now_);
    }
  }
  IntervalTracker tracker;

private:
  TimePoint now_ = TimePoint(1h);
};

TEST(IntervalTracker, TheLargestGapOfSixteenIsTheInterval) {
  for (const Rules& rules : {compat_rules, standard_rules}) {
    Story story(rules);
    story.hears(10, 1s);
    story.hears(1, 3s);
    story.hears(4, 1s);
    EXPECT_EQ(story.tracker.interval(0), 0s) << "15 say nothing yet";
    story.hears(1, 1s);
    EXPECT_EQ(story.tracker.interval(0), 3s);
  }
}

TEST(IntervalTracker, CompatLearnsOnceAndForgetsWithTheOwner) {
  Story story(compat_rules);
  story.hears(16, 1s);
  story.hears(40, 10s);
  EXPECT_EQ(story.tracker.interval(0), 1s);
  story.hears(1, 1s, 1);
  EXPECT_EQ(story.tracker.interval(0), 0s);
}

TEST(IntervalTracker, StandardFollowsADeviceThatChangesItsPace) {
  Story story(standard_rules);
  story.hears(16, 1s);
  story.hears(1, 60s);
  EXPECT_EQ(story.tracker.interval(0), 1s) << "one long gap may be a loss";
  story.hears(1, 60s);
  EXPECT_EQ(story.tracker.interval(0), 60s);
  story.hears(32, 1s);
  EXPECT_EQ(story.tracker.interval(0), 1s);
}

TEST(IntervalTracker, StandardKeepsTheIntervalOverAChangeOfOwner) {
  Story story(standard_rules);
  story.hears(16, 5s);
  story.hears(1, 1s, 1);
  EXPECT_EQ(story.tracker.interval(0), 5s) << "it is the device's, not the radio's";
}

TEST(IntervalTracker, AGapThatAPauseMadeDoesNotCount) {
  for (const Rules& rules : {compat_rules, standard_rules}) {
    Story story(rules);
    story.hears(10, 1s);
    story.tracker.pause(0);
    story.hears(1, 30s);
    story.hears(14, 1s);
    EXPECT_EQ(story.tracker.interval(0), 0s);
    story.hears(1, 1s);
    EXPECT_EQ(story.tracker.interval(0), 1s);
  }
}

TEST(IntervalTracker, ThePauseOfAnotherRadioDoesNotMatter) {
  Story story(standard_rules);
  story.hears(10, 1s);
  story.tracker.pause(1);
  story.hears(6, 1s);
  EXPECT_EQ(story.tracker.interval(0), 1s);
  story.tracker.forget(0);
  EXPECT_EQ(story.tracker.interval(0), 0s);
}

}  // namespace
}  // namespace moor::hub
