#include "store/queue.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace moor::store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr TimePoint t0{1000s};
const Outcome durable{};
const Outcome disk_full{.error = "database or disk is full", .refused = {}, .outbox = {}};

StoreRow reading(double value) {
  return ReadingRow{.time = t0, .device = "d", .quantity = "temperature", .value = value, .unit = ""};
}
StoreRow device() {
  return DeviceRow{.identity = "d"};
}
StoreRow minute() {
  return MinuteRow{.minute = {}, .device = "d", .radio = "r", .rssi = {}};
}
StoreRow event() {
  return ZoneEventRow{
      .time = t0, .device = "d", .from = "", .to = "near", .cause = "rssi", .smoothed_rssi_dbm = {}, .distance_m = {}};
}
StoreRow visit() {
  return VisitRow{.device = "d", .zone = "near", .entered = t0, .left = {}};
}

StoreOptions small(size_t batch, size_t queue) {
  return {.path = {}, .batch_rows = batch, .queue_rows = queue};
}

std::vector<std::string> kinds(const Batch& batch) {
  std::vector<std::string> out;
  for (const QueuedRow& row : batch) out.emplace_back(store_row_names[row.row.index()]);
  return out;
}

TEST(StoreQueue, WritesWhenTheOldestRowHasWaitedLongEnough) {
  Queue queue(small(10, 100));
  EXPECT_EQ(queue.due(), TimePoint::max());
  (void)queue.put(reading(1), t0);
  (void)queue.put(reading(2), t0 + 300ms);
  EXPECT_EQ(queue.due(), t0 + 1s);
}

TEST(StoreQueue, WritesAtOnceWhenABatchIsFull) {
  Queue queue(small(2, 100));
  (void)queue.put(reading(1), t0);
  EXPECT_GT(queue.due(), t0);
  (void)queue.put(reading(2), t0);
  EXPECT_EQ(queue.due(), TimePoint::min());
}

TEST(StoreQueue, HurriesOnlyWhatWasPutBefore) {
  Queue queue(small(10, 100));
  (void)queue.put(reading(1), t0);
  queue.hurry();
  EXPECT_EQ(queue.due(), TimePoint::min());
  Batch batch = queue.take();
  (void)queue.put(reading(2), t0 + 1s);
  queue.on_finished(std::move(batch), durable, t0 + 1s);
  EXPECT_EQ(queue.due(), t0 + 2s);
}

TEST(StoreQueue, TakesTheMostValuableRowsFirst) {
  Queue queue(small(2, 100));
  (void)queue.put(reading(1), t0);
  (void)queue.put(device(), t0);
  (void)queue.put(visit(), t0);
  EXPECT_THAT(kinds(queue.take()), ElementsAre("visits", "devices"));
}

TEST(StoreQueue, ZoneEventsAndVisitsAreUrgent) {
  Queue queue(small(10, 100));
  (void)queue.put(reading(1), t0);
  (void)queue.put(event(), t0 + 100ms);
  EXPECT_EQ(queue.due(), t0 + 105ms);
  (void)queue.put(visit(), t0 + 101ms);
  EXPECT_EQ(queue.due(), t0 + 105ms);
  (void)queue.take();
  EXPECT_EQ(queue.due(), TimePoint::max());
  (void)queue.put(visit(), t0 + 200ms);
  EXPECT_EQ(queue.due(), t0 + 205ms);
}

TEST(StoreQueue, WhatIsUrgentIsWrittenInTheOrderInWhichItHappened) {
  Queue queue(small(10, 100));
  (void)queue.put(minute(), t0);
  (void)queue.put(event(), t0);
  (void)queue.put(visit(), t0);
  (void)queue.put(reading(1), t0);
  (void)queue.put(event(), t0);
  EXPECT_THAT(kinds(queue.take()), ElementsAre("zone_events", "visits", "zone_events", "readings", "minutes"));
}

TEST(StoreQueue, AnUrgentTransactionIsShort) {
  Queue queue(small(1000, 10'000));
  for (int i = 0; i < 900; ++i) (void)queue.put(minute(), t0);
  (void)queue.put(event(), t0);
  EXPECT_EQ(queue.take().size(), 1 + Queue::urgent_batch_rows);
}

TEST(StoreQueue, AChangeIsWrittenLikeARow) {
  Queue queue(small(10, 100));
  queue.mark_change(t0);
  queue.mark_change(t0 + 300ms);
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(queue.due(), t0 + 1s);
  const uint64_t through = queue.hurry();
  Batch batch = queue.take();
  EXPECT_TRUE(batch.empty());
  EXPECT_FALSE(queue.done_through(through));
  queue.on_finished(std::move(batch), disk_full, t0);
  EXPECT_FALSE(queue.done_through(through));
  EXPECT_EQ(queue.due(), t0 + Queue::first_pause);
  queue.on_finished(queue.take(), durable, t0 + 1s);
  EXPECT_TRUE(queue.done_through(through));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.statistics(t0).queued, 0);
}

TEST(StoreQueue, ShedsReadingsFirstAndVisitsLast) {
  Queue queue(small(1, 3));
  (void)queue.put(visit(), t0);
  (void)queue.put(device(), t0);
  (void)queue.put(reading(1), t0);
  EXPECT_EQ(queue.put(visit(), t0), Admission::queued_instead);  // of the reading
  EXPECT_EQ(queue.put(reading(2), t0), Admission::dropped);      // it is worth less than all that waits
  EXPECT_EQ(queue.put(visit(), t0), Admission::queued_instead);  // of the device
  EXPECT_EQ(queue.put(visit(), t0), Admission::queued_instead);  // of the oldest visit, since nothing less is left
  EXPECT_THAT(queue.statistics(t0).dropped, ElementsAre(0, 2, 0, 1, 0, 0, 0, 0, 1));
  EXPECT_EQ(queue.statistics(t0).queued, 3);
}

TEST(StoreQueue, ShedsTheOldestOfAKind) {
  Queue queue(small(2, 2));
  for (double value : {1.0, 2.0, 3.0}) (void)queue.put(reading(value), t0);
  const Batch batch = queue.take();
  ASSERT_EQ(batch.size(), 2);
  EXPECT_EQ(std::get<ReadingRow>(batch[0].row).value, 2);
  EXPECT_EQ(std::get<ReadingRow>(batch[1].row).value, 3);
}

TEST(StoreQueue, ABatchUnderWayCountsAgainstTheBoundAndIsNotShed) {
  Queue queue(small(2, 2));
  (void)queue.put(reading(1), t0);
  (void)queue.put(reading(2), t0);
  Batch batch = queue.take();
  EXPECT_EQ(queue.put(visit(), t0), Admission::dropped);
  queue.on_finished(std::move(batch), disk_full, t0);
  EXPECT_EQ(queue.put(visit(), t0), Admission::queued_instead);
}

TEST(StoreQueue, KeepsAFailedBatchInItsOrderAndWaitsLongerEachTime) {
  Queue queue(small(10, 100));
  for (double value : {1.0, 2.0, 3.0}) (void)queue.put(reading(value), t0);
  TimePoint now = t0;
  std::vector<Duration> pauses;
  for (int attempt = 0; attempt < 9; ++attempt) {
    queue.on_finished(queue.take(), disk_full, now);
    pauses.push_back(queue.due() - now);
    now = queue.due();
  }
  EXPECT_THAT(pauses, ElementsAre(500ms, 1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s));
  EXPECT_EQ(queue.statistics(now).last_error, "database or disk is full");
  EXPECT_EQ(queue.statistics(now).failures, 9);
  EXPECT_EQ(queue.statistics(now).oldest_unwritten_age, now - t0);

  Batch batch = queue.take();
  ASSERT_EQ(batch.size(), 3);
  EXPECT_EQ(std::get<ReadingRow>(batch[0].row).value, 1);
  queue.on_finished(std::move(batch), durable, now);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.statistics(now).last_error, "");
  EXPECT_EQ(queue.statistics(now).written[reading(0).index()], 3);
  EXPECT_EQ(queue.statistics(now).oldest_unwritten_age, 0s);
}

TEST(StoreQueue, AFullBatchWaitsOutThePauseToo) {
  Queue queue(small(1, 10));
  (void)queue.put(reading(1), t0);
  queue.on_finished(queue.take(), disk_full, t0);
  (void)queue.put(reading(2), t0);
  EXPECT_EQ(queue.due(), t0 + 500ms);
  queue.hurry();
  EXPECT_EQ(queue.due(), TimePoint::min());
}

TEST(StoreQueue, IsDoneThroughARowWhenNoneBeforeItWaits) {
  Queue queue(small(1, 10));
  (void)queue.put(reading(1), t0);
  (void)queue.put(visit(), t0);
  Batch batch = queue.take();  // the visit, number 2
  EXPECT_FALSE(queue.done_through(1));
  queue.on_finished(std::move(batch), durable, t0);
  EXPECT_FALSE(queue.done_through(2));  // the reading before it waits
  queue.on_finished(queue.take(), durable, t0);
  EXPECT_TRUE(queue.done_through(2));
}

TEST(StoreQueue, ARefusedRowIsNotAWrittenOne) {
  Queue queue(small(10, 10));
  (void)queue.put(reading(1), t0);
  (void)queue.put(reading(2), t0);
  Outcome outcome;
  outcome.refused[reading(0).index()] = 1;
  queue.on_finished(queue.take(), outcome, t0);
  EXPECT_EQ(queue.statistics(t0).written[reading(0).index()], 1);
  EXPECT_EQ(queue.statistics(t0).refused[reading(0).index()], 1);
  EXPECT_EQ(queue.losses(), 1);
}

// Whatever happens: no more rows than the bound, and each row that was put is queued, written or counted as dropped.
TEST(StoreQueue, LosesNoRowUncounted) {
  EXPECT_TRUE(rc::check([] {
    const auto batch_rows = *rc::gen::inRange<size_t>(1, 5);
    const auto queue_rows = *rc::gen::inRange<size_t>(1, 12);
    Queue queue(small(batch_rows, queue_rows));
    const size_t bound = std::max(batch_rows, queue_rows);
    std::array<uint64_t, store_row_kinds> put{};
    std::optional<Batch> out;
    TimePoint now = t0;
    for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 10))) {
      now += 100ms;
      if (step < 3) {
        const std::array rows = {reading(1), device(), visit()};
        const StoreRow& row = rows[static_cast<size_t>(step)];
        ++put[row.index()];
        (void)queue.put(row, now);
      } else if (step < 6 && !out) {
        out = queue.take();
        RC_ASSERT(out->size() <= batch_rows);
      } else if (step < 8 && out) {
        queue.on_finished(std::move(*out), step == 6 ? durable : disk_full, now);
        out.reset();
      } else if (step == 8) {
        queue.hurry();
      } else {
        queue.mark_change(now);
      }
      const StoreStatistics statistics = queue.statistics(now);
      RC_ASSERT(statistics.queued <= bound);
      uint64_t accounted = statistics.queued;
      uint64_t total = 0;
      for (size_t kind = 0; kind < store_row_kinds; ++kind) {
        accounted += statistics.written[kind] + statistics.dropped[kind];
        total += put[kind];
      }
      RC_ASSERT(accounted == total);
    }
  }));
}

}  // namespace
}  // namespace moor::store
