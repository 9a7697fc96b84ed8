#include "moor/visits.hpp"

#include "moor/error.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr ZoneId hall = 10;
constexpr ZoneId shop = 11;
constexpr VisitorId ann = 1;
constexpr VisitorId bob = 2;

TimePoint at(Duration d) {
  return TimePoint(24h) + d;
}

class Visits : public testing::Test {
protected:
  void start(const VisitOptions& options) { tracker = VisitTracker(options); }
  void enter(VisitorId visitor, ZoneId zone, Duration t) { tracker.enter(visitor, zone, at(t), note); }
  void leave(VisitorId visitor, Duration t) { tracker.leave(visitor, at(t), VisitEnd::lost, note); }
  void advance(Duration t) { tracker.advance(at(t), note); }
  static Visit visit(VisitorId visitor, ZoneId zone, Duration from, Duration to, VisitEnd end, uint32_t breaks = 0) {
    return Visit{.visitor = visitor, .zone = zone, .entered = at(from), .left = at(to), .end = end, .breaks = breaks};
  }

  VisitTracker tracker;
  std::vector<Visit> ended;
  std::function<void(const Visit&)> note = [this](const Visit& visit) { ended.push_back(visit); };
};

TEST_F(Visits, LastFromEnteringToLeaving) {
  enter(ann, hall, 0s);
  enter(ann, shop, 60s);
  leave(ann, 90s);
  EXPECT_THAT(ended, ElementsAre(visit(ann, hall, 0s, 60s, VisitEnd::moved), visit(ann, shop, 60s, 90s, VisitEnd::lost)));
  EXPECT_EQ(ended[0].dwell(), 60s);
  EXPECT_EQ(tracker.size(), 0U);
}

TEST_F(Visits, EnteringWhereOneIsAndLeavingWhereOneIsNotChangeNothing) {
  leave(ann, 0s);
  enter(ann, hall, 1s);
  enter(ann, hall, 5s);
  leave(bob, 6s);
  leave(ann, 7s);
  leave(ann, 8s);
  EXPECT_THAT(ended, ElementsAre(visit(ann, hall, 1s, 7s, VisitEnd::lost)));
}

TEST_F(Visits, AShortBreakIsJoined) {
  start({.rejoin_within = 10s});
  enter(ann, hall, 0s);
  leave(ann, 60s);
  enter(ann, hall, 69s);
  leave(ann, 100s);
  EXPECT_THAT(ended, IsEmpty());
  EXPECT_EQ(tracker.next_deadline() <= at(110s), true);
  advance(110s - 1ns);
  EXPECT_THAT(ended, IsEmpty());
  advance(110s);
  EXPECT_THAT(ended, ElementsAre(visit(ann, hall, 0s, 100s, VisitEnd::lost, 1)));
}

TEST_F(Visits, ALongBreakIsNot) {
  start({.rejoin_within = 10s});
  enter(ann, hall, 0s);
  leave(ann, 60s);
  enter(ann, hall, 70s);
  EXPECT_THAT(ended, ElementsAre(visit(ann, hall, 0s, 60s, VisitEnd::lost)));
  EXPECT_THAT(tracker.open_visits(), ElementsAre(OpenVisit{.visitor = ann, .zone = hall, .entered = at(70s), .left = {}}));
}

TEST_F(Visits, AShortStayElsewhereIsAVisitOfItsOwn) {
  start({.rejoin_within = 10s});
  enter(ann, hall, 0s);
  enter(ann, shop, 60s);
  enter(ann, hall, 64s);
  advance(1h);
  tracker.close_all(at(1h), note);
  EXPECT_THAT(ended, ElementsAre(visit(ann, shop, 60s, 64s, VisitEnd::moved), visit(ann, hall, 0s, 1h, VisitEnd::closed, 1)));
}

TEST_F(Visits, ClosingEndsAllThatGoOnAndKeepsTheTimeOfThoseWhoLeft) {
  start({.rejoin_within = 60s});
  enter(bob, shop, 2s);
  enter(ann, hall, 1s);
  leave(ann, 20s);
  tracker.close_all(at(30s), note);
  EXPECT_THAT(ended, ElementsAre(visit(ann, hall, 1s, 20s, VisitEnd::lost), visit(bob, shop, 2s, 30s, VisitEnd::closed)));
  EXPECT_EQ(tracker.size(), 0U);
  EXPECT_EQ(tracker.next_deadline(), TimePoint::max());
}

TEST_F(Visits, FollowAPresenceTracker) {
  PresenceTracker presence({.zones = {.min_samples = 1}});
  const auto follow = [this](const PresenceReading& reading) { tracker.on_reading(ann, reading, note); };
  for (const auto& [t, rssi] : {std::pair(0s, -60.0), {5s, -60.0}, {6s, -90.0}, {7s, -90.0}})
    presence.on_sample(0, at(t), rssi, {}, follow);
  presence.advance(at(1h), follow);
  // At 6 s the smoothed value is -69, at 7 s -75.3; the silence after 7 s is no dwell.
  EXPECT_THAT(ended, ElementsAre(visit(ann, zone_id(Zone::near), 0s, 7s, VisitEnd::moved),
                                 visit(ann, zone_id(Zone::far), 7s, 7s, VisitEnd::lost)));
}

TEST_F(Visits, ALossIsABreakThatBeginsWhenTheVisitorWasLastHeard) {
  start({.rejoin_within = 40s});
  PresenceTracker presence({.zones = {.min_samples = 1}});
  const auto follow = [this](const PresenceReading& reading) { tracker.on_reading(ann, reading, note); };
  for (const Duration t : {0s, 35s, 80s}) presence.on_sample(0, at(t), -60, {}, follow);
  presence.advance(at(1h), follow);
  advance(1h);
  // Lost at 30 s and back at 35 s: joined. Lost at 65 s, but back only 45 s after the last sample: not.
  EXPECT_THAT(ended, ElementsAre(visit(ann, zone_id(Zone::near), 0s, 35s, VisitEnd::lost, 1),
                                 visit(ann, zone_id(Zone::near), 80s, 80s, VisitEnd::lost)));
}

TEST_F(Visits, SurviveARestart) {
  start({.rejoin_within = 10s});
  enter(ann, hall, 0s);
  enter(bob, hall, 1s);
  leave(bob, 5s);
  const auto stored = tracker.open_visits();
  start({.rejoin_within = 10s});
  for (const OpenVisit& open : stored) EXPECT_TRUE(tracker.restore(open));
  EXPECT_EQ(tracker.open_visits(), stored);
  enter(bob, hall, 9s);
  leave(ann, 20s);
  tracker.close_all(at(30s), note);
  EXPECT_THAT(ended, ElementsAre(visit(ann, hall, 0s, 20s, VisitEnd::lost), visit(bob, hall, 1s, 30s, VisitEnd::closed, 1)));
}

TEST_F(Visits, WhatContradictsIsNotRestored) {
  enter(ann, hall, 10s);
  EXPECT_FALSE(tracker.restore({.visitor = ann, .zone = hall, .entered = at(0s), .left = {}}));
  EXPECT_FALSE(tracker.restore({.visitor = ann, .zone = shop, .entered = at(0s), .left = {}})) << "nobody is in two zones";
  EXPECT_FALSE(tracker.restore({.visitor = bob, .zone = hall, .entered = at(9s), .left = at(8s)}));
  EXPECT_EQ(tracker.size(), 1U);
}

TEST_F(Visits, AreBoundedAndSayWhatTheyDrop) {
  start({.max_open = 2});
  for (VisitorId visitor = 0; visitor < 5; ++visitor) enter(visitor, hall, 0s);
  EXPECT_EQ(tracker.size(), 2U);
  EXPECT_EQ(tracker.dropped(), 3U);
  EXPECT_FALSE(tracker.restore({.visitor = 9, .zone = hall, .entered = at(0s), .left = {}}));
  leave(0, 1s);
  enter(7, hall, 2s);
  EXPECT_EQ(tracker.size(), 2U);
}

TEST_F(Visits, ATimeFromThePastEndsNoVisitBeforeItBegan) {
  enter(ann, hall, 10s);
  leave(ann, 5s);
  EXPECT_THAT(ended, ElementsAre(visit(ann, hall, 10s, 10s, VisitEnd::lost)));
}

TEST(VisitOptions, RefuseWhatCannotBeMeant) {
  EXPECT_THROW(VisitTracker({.rejoin_within = -1s}), UsageError);
  EXPECT_THROW(VisitTracker({.max_open = 0}), UsageError);
}

// Without joining, a visitor's visits follow each other without overlap, and their dwell is all of the time between entering and
// leaving.
RC_GTEST_PROP(VisitTracker, AccountsForAllTimeOnce, ()) {
  VisitTracker tracker;
  std::map<VisitorId, Duration> dwelt;
  std::map<VisitorId, TimePoint> last_left;
  const auto note = [&](const Visit& visit) {
    RC_ASSERT(visit.entered >= last_left[visit.visitor]);
    last_left[visit.visitor] = visit.left;
    dwelt[visit.visitor] += visit.dwell();
  };
  std::map<VisitorId, Duration> expected;
  std::map<VisitorId, bool> is_in;
  TimePoint now{};
  const auto steps = *rc::gen::container<std::vector<std::tuple<VisitorId, ZoneId, int>>>(
      rc::gen::tuple(rc::gen::inRange<VisitorId>(0, 3), rc::gen::inRange<ZoneId>(0, 4), rc::gen::inRange(0, 100)));
  for (const auto& [visitor, zone, after] : steps) {
    now += std::chrono::seconds(after);
    for (const auto& [known, in] : is_in)
      if (in) expected[known] += std::chrono::seconds(after);
    is_in[visitor] = zone != 0;
    if (zone == 0)
      tracker.leave(visitor, now, VisitEnd::lost, note);
    else
      tracker.enter(visitor, zone, now, note);
  }
  tracker.close_all(now, note);
  for (const auto& [visitor, duration] : expected) RC_ASSERT(dwelt[visitor] == duration);
}

}  // namespace
}  // namespace moor
