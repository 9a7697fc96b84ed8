#include "moor/deadline_wheel.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>
#include <map>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint at(Duration d) {
  return TimePoint(1'000'000s) + d;
}

/// A wheel and the true deadlines of its owner.
class Deadlines {
public:
  explicit Deadlines(Duration resolution = 100ms) : wheel(resolution) {}

  void set(DeviceSlot slot, TimePoint deadline) { truth[slot] = deadline; }
  void schedule(DeviceSlot slot, TimePoint now, TimePoint deadline) {
    set(slot, deadline);
    wheel.schedule(slot, now, deadline);
  }
  std::vector<std::pair<DeviceSlot, TimePoint>> due(TimePoint now) {
    std::vector<std::pair<DeviceSlot, TimePoint>> found;
    while (const auto next = wheel.next_due(now, [this](DeviceSlot slot) { return ask(slot); })) {
      found.emplace_back(next->slot, next->deadline);
      truth.erase(next->slot);
    }
    return found;
  }
  std::optional<TimePoint> ask(DeviceSlot slot) {
    ++asked;
    const auto known = truth.find(slot);
    return known == truth.end() ? std::nullopt : std::optional(known->second);
  }

  DeadlineWheel wheel;
  std::map<DeviceSlot, TimePoint> truth;
  int asked = 0;
};

TEST(DeadlineWheel, ComesDueExactlyOnTimeAndInOrder) {
  Deadlines deadlines;
  deadlines.schedule(1, at(0s), at(30s + 7ns));
  deadlines.schedule(2, at(0s), at(30s + 3ns));
  deadlines.schedule(3, at(0s), at(10s));
  EXPECT_THAT(deadlines.due(at(10s - 1ns)), IsEmpty());
  EXPECT_THAT(deadlines.due(at(10s)), ElementsAre(std::pair(3U, at(10s))));
  EXPECT_THAT(deadlines.due(at(30s + 2ns)), IsEmpty());
  EXPECT_THAT(deadlines.due(at(31s)), ElementsAre(std::pair(2U, at(30s + 3ns)), std::pair(1U, at(30s + 7ns))));
  EXPECT_EQ(deadlines.wheel.size(), 0U);
}

TEST(DeadlineWheel, ADeadlineThatMovesLaterIsAskedForOncePerTurnOnly) {
  Deadlines deadlines;
  deadlines.schedule(1, at(0s), at(30s));
  for (Duration t = 100ms; t <= 300s; t += 100ms) {
    deadlines.set(1, at(t + 30s));
    ASSERT_THAT(deadlines.due(at(t)), IsEmpty());
  }
  EXPECT_LE(deadlines.asked, 11) << "3,000 postponements";
  EXPECT_THAT(deadlines.due(at(330s)), ElementsAre(std::pair(1U, at(330s))));
}

TEST(DeadlineWheel, TheEarlierOfTwoHolds) {
  Deadlines deadlines;
  deadlines.schedule(1, at(0s), at(30s));
  deadlines.schedule(1, at(0s), at(5s));
  EXPECT_EQ(deadlines.wheel.size(), 1U);
  EXPECT_THAT(deadlines.due(at(5s)), ElementsAre(std::pair(1U, at(5s))));
  // Also in the bucket that time is in, whose slots form a heap.
  deadlines.schedule(2, at(5s), at(5s + 50ms));
  deadlines.schedule(3, at(5s), at(5s + 40ms));
  deadlines.schedule(2, at(5s), at(5s + 30ms));
  EXPECT_THAT(deadlines.due(at(6s)), ElementsAre(std::pair(2U, at(5s + 30ms)), std::pair(3U, at(5s + 40ms))));
}

TEST(DeadlineWheel, WhatIsCancelledOrNoLongerMeantDoesNotCome) {
  Deadlines deadlines;
  for (DeviceSlot slot = 0; slot < 4; ++slot) deadlines.schedule(slot, at(0s), at(10s));
  deadlines.schedule(4, at(0s), at(0s));  // in the bucket that time is in
  deadlines.wheel.cancel(1);
  deadlines.wheel.cancel(1);
  deadlines.wheel.cancel(4);
  deadlines.wheel.cancel(1'000'000);
  deadlines.truth.erase(2);
  EXPECT_THAT(deadlines.due(at(1h)), ElementsAre(std::pair(0U, at(10s)), std::pair(3U, at(10s))));
  EXPECT_EQ(deadlines.wheel.size(), 0U);
  EXPECT_EQ(deadlines.wheel.next_deadline(), TimePoint::max());
}

TEST(DeadlineWheel, AJumpOfAHundredYearsCostsNoMoreThanATurn) {
  Deadlines deadlines;
  for (DeviceSlot slot = 0; slot < 1000; ++slot) deadlines.schedule(slot, at(0s), at(30s + slot * 1ms));
  const auto due = deadlines.due(at(100 * 365 * 24h));
  ASSERT_EQ(due.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(due.begin(), due.end(), [](const auto& a, const auto& b) { return a.second < b.second; }));
  EXPECT_LE(deadlines.asked, 3000);
}

TEST(DeadlineWheel, AJumpToADeadlineFarBeyondTheWheelIsOneStep) {
  Deadlines deadlines;
  deadlines.schedule(1, at(0s), at(100 * 365 * 24h + 50ms));  // as after a gap in a recording, before anybody let time pass
  EXPECT_THAT(deadlines.due(at(100 * 365 * 24h)), IsEmpty());
  EXPECT_THAT(deadlines.due(at(100 * 365 * 24h + 50ms)), ElementsAre(std::pair(1U, at(100 * 365 * 24h + 50ms))));
  EXPECT_LE(deadlines.asked, 3);
}

TEST(DeadlineWheel, ADeadlineBeyondTheWheelWaitsForItsTurn) {
  Deadlines deadlines;
  deadlines.schedule(1, at(0s), at(24h));
  EXPECT_LE(deadlines.wheel.next_deadline(), at(24h));
  EXPECT_THAT(deadlines.due(at(24h - 1ns)), IsEmpty());
  EXPECT_THAT(deadlines.due(at(24h)), ElementsAre(std::pair(1U, at(24h))));
}

TEST(DeadlineWheel, HoldsAtBothEndsOfTheTimeLine) {
  Deadlines deadlines(1ns);
  deadlines.schedule(1, TimePoint::min(), TimePoint::min());
  deadlines.schedule(2, TimePoint::min(), TimePoint::max());
  deadlines.schedule(3, TimePoint::min(), TimePoint(-1ns));
  EXPECT_THAT(deadlines.due(TimePoint::min()), ElementsAre(std::pair(1U, TimePoint::min())));
  EXPECT_EQ(deadlines.wheel.size(), 2U);
}

TEST(DeadlineWheel, NextDeadlineIsNeverTooLate) {
  Deadlines deadlines;
  deadlines.schedule(1, at(0s), at(30s + 50ms));
  TimePoint now = at(0s);
  for (int i = 0; i < 3 && deadlines.wheel.size() > 0; ++i) {
    ASSERT_LE(deadlines.wheel.next_deadline(), at(30s + 50ms));
    ASSERT_GT(deadlines.wheel.next_deadline(), now);
    now = deadlines.wheel.next_deadline();
    (void)deadlines.due(now);
  }
  EXPECT_EQ(now, at(30s + 50ms)) << "first the bucket, then the moment itself";
}

RC_GTEST_PROP(DeadlineWheel, DoesWhatASortedListWouldDo, ()) {
  Deadlines deadlines(std::chrono::milliseconds(*rc::gen::inRange(1, 200)));
  std::map<DeviceSlot, TimePoint> model;
  TimePoint now = at(0s);
  const auto steps = *rc::gen::container<std::vector<std::tuple<int, DeviceSlot, int>>>(
      rc::gen::tuple(rc::gen::inRange(0, 4), rc::gen::inRange<DeviceSlot>(0, 20), rc::gen::inRange(0, 200'000)));
  for (const auto& [kind, slot, ms] : steps) {
    const TimePoint then = now + std::chrono::milliseconds(ms);
    if (kind == 0) {
      deadlines.wheel.cancel(slot);
      deadlines.truth.erase(slot);
      model.erase(slot);
    } else if (kind == 1 || !model.contains(slot)) {
      deadlines.schedule(slot, now, then);
      model[slot] = then;
    } else if (kind == 2) {  // heard again: the owner's deadline moves later, the wheel is not told
      deadlines.set(slot, std::max(model[slot], then));
      model[slot] = std::max(model[slot], then);
    } else {
      now = then;
      std::vector<std::pair<DeviceSlot, TimePoint>> expected;
      for (const auto& [known, deadline] : model)
        if (deadline <= now) expected.emplace_back(known, deadline);
      std::sort(expected.begin(), expected.end(),
                [](const auto& a, const auto& b) { return std::tie(a.second, a.first) < std::tie(b.second, b.first); });
      for (const auto& [known, deadline] : expected) model.erase(known);
      RC_ASSERT(deadlines.due(now) == expected);
    }
    RC_ASSERT(deadlines.wheel.size() == model.size());
    for (const auto& [known, deadline] : model) RC_ASSERT(deadlines.wheel.next_deadline() <= deadline);
  }
}

}  // namespace
}  // namespace moor
