#include "moor/error.hpp"
#include "moor/visits.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TimePoint at(Duration d) {
  return TimePoint(24h) + d;
}

class Traffic : public testing::Test {
protected:
  void entry(VisitorId visitor, ZoneId zone, Duration t) {
    counter.on_entry(visitor, zone, at(t), [this](const ZoneTraffic& row) { rows.push_back(row); });
  }
  void advance(Duration t) {
    counter.advance(at(t), [this](const ZoneTraffic& row) { rows.push_back(row); });
  }
  static ZoneTraffic row(Duration from, ZoneId zone, uint64_t entries, uint64_t visitors) {
    return ZoneTraffic{.from = at(from), .zone = zone, .entries = entries, .visitors = visitors};
  }

  TrafficCounter counter;
  std::vector<ZoneTraffic> rows;
};

TEST_F(Traffic, CountsEntriesAndDifferentVisitorsByZoneAndHour) {
  entry(1, 7, 10min);
  entry(1, 7, 20min);
  entry(2, 7, 30min);
  entry(1, 3, 40min);
  EXPECT_THAT(rows, IsEmpty());
  EXPECT_THAT(counter.counts(), ElementsAre(row(0h, 3, 1, 1), row(0h, 7, 3, 2)));
  EXPECT_EQ(counter.next_deadline(), at(1h));
  advance(1h - 1ns);
  EXPECT_THAT(rows, IsEmpty());
  advance(1h);
  EXPECT_THAT(rows, ElementsAre(row(0h, 3, 1, 1), row(0h, 7, 3, 2)));
  EXPECT_THAT(counter.counts(), IsEmpty());
  EXPECT_EQ(counter.next_deadline(), TimePoint::max());
}

TEST_F(Traffic, AnEntryOfTheNextIntervalEndsTheOneBefore) {
  entry(1, 7, 59min);
  entry(1, 7, 5h);
  EXPECT_THAT(rows, ElementsAre(row(0h, 7, 1, 1)));
  advance(100 * 365 * 24h);
  EXPECT_THAT(rows, ElementsAre(row(0h, 7, 1, 1), row(5h, 7, 1, 1))) << "empty hours make no rows";
}

TEST_F(Traffic, WhatComesTooLateIsCountedAsThat) {
  entry(1, 7, 90min);
  entry(2, 7, 30min);
  advance(2h);
  entry(3, 7, 100min);
  EXPECT_EQ(counter.late(), 2U);
  EXPECT_THAT(rows, ElementsAre(row(1h, 7, 1, 1)));
}

TEST_F(Traffic, IsBoundedAndSaysWhatItDrops) {
  counter = TrafficCounter({.max_visitors = 2});
  for (VisitorId visitor = 0; visitor < 5; ++visitor) entry(visitor, 7, 0s);
  entry(0, 7, 1s);
  EXPECT_EQ(counter.dropped(), 3U);
  EXPECT_THAT(counter.counts(), ElementsAre(row(0h, 7, 3, 2)));
}

TEST_F(Traffic, HoldsAtTheEndsOfTheTimeLine) {
  counter.on_entry(1, 7, TimePoint::min(), [](const ZoneTraffic&) {});
  counter.on_entry(1, 7, TimePoint::max(), [this](const ZoneTraffic& found) { rows.push_back(found); });
  counter.advance(TimePoint::max(), [this](const ZoneTraffic& found) { rows.push_back(found); });
  EXPECT_EQ(rows.size(), 2U);
}

TEST(TrafficOptions, RefuseWhatCannotBeMeant) {
  EXPECT_THROW(TrafficCounter({.interval = 0s}), UsageError);
  EXPECT_THROW(TrafficCounter({.max_visitors = 0}), UsageError);
}

}  // namespace
}  // namespace moor
