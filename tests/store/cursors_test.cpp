#include "store/cursors.hpp"

#include <gmock/gmock.h>

namespace moor::store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint t0{1000s};

OutboxState file(uint64_t last_id, std::vector<Position> positions = {}) {
  return {.last_id = last_id, .positions = std::move(positions), .oldest = {}};
}
// A transaction after which the file's newest message is this one.
bool commit(Cursors& cursors, uint64_t last_id, TimePoint now = t0) {
  const OutboxChanges changes = cursors.take(now);
  return cursors.on_committed(changes, file(last_id));
}

TEST(StoreCursors, ANewSinkBeginsWithWhatComesNext) {
  Cursors cursors(file(40), t0);
  EXPECT_TRUE(cursors.add("mqtt", 100));
  EXPECT_EQ(cursors.position("mqtt"), 40);
  EXPECT_FALSE(cursors.add("mqtt", 100));  // nothing new
  commit(cursors, 43);
  EXPECT_EQ(cursors.statistics({}).sinks.at("mqtt").waiting, 3);
}

TEST(StoreCursors, ASinkGoesOnWhereItWasInTheLastRun) {
  Cursors cursors(file(40, {{"mqtt", 25}}), t0);
  EXPECT_EQ(cursors.position("mqtt"), std::nullopt);  // not registered yet
  EXPECT_FALSE(cursors.add("mqtt", 100));
  EXPECT_EQ(cursors.position("mqtt"), 25);
}

TEST(StoreCursors, AreNeverAheadOfTheFile) {
  Cursors cursors(file(10, {{"mqtt", 25}}), t0);  // as of a file that was put back from a backup
  (void)cursors.add("mqtt", 100);
  EXPECT_EQ(cursors.position("mqtt"), 10);
  EXPECT_FALSE(cursors.acknowledge("mqtt", 99));
  commit(cursors, 12);
  EXPECT_TRUE(cursors.acknowledge("mqtt", 99));
  EXPECT_EQ(cursors.position("mqtt"), 12);
  EXPECT_FALSE(cursors.acknowledge("mqtt", 11));  // nor back
  EXPECT_FALSE(cursors.acknowledge("nobody", 11));
}

TEST(StoreCursors, WhatAllHavePassedIsDeleted) {
  Cursors cursors(file(0), t0);
  (void)cursors.add("mqtt", 100);
  (void)cursors.add("webhook", 100);
  commit(cursors, 10);
  (void)cursors.acknowledge("mqtt", 10);
  EXPECT_EQ(cursors.take(t0).delete_through, 0);
  (void)cursors.acknowledge("webhook", 7);
  const OutboxChanges changes = cursors.take(t0);
  EXPECT_EQ(changes.delete_through, 7);
  EXPECT_THAT(changes.positions, ElementsAre(Position{"mqtt", 10}, Position{"webhook", 7}));
  EXPECT_TRUE(changes.write_positions);
  (void)cursors.on_committed(changes, file(10));
  EXPECT_FALSE(cursors.take(t0).write_positions);
}

TEST(StoreCursors, AFailedTransactionIsAskedForAgain) {
  Cursors cursors(file(0), t0);
  (void)cursors.add("mqtt", 100);
  EXPECT_TRUE(cursors.take(t0).write_positions);
  EXPECT_TRUE(cursors.take(t0).write_positions);
}

TEST(StoreCursors, WithoutASinkNothingIsKept) {
  Cursors cursors(file(5), t0);
  EXPECT_FALSE(cursors.take(t0).keep_messages);
  EXPECT_EQ(cursors.take(t0).delete_through, 5);
  (void)cursors.add("mqtt", 100);
  EXPECT_TRUE(cursors.take(t0).keep_messages);
  EXPECT_TRUE(cursors.remove("mqtt"));
  EXPECT_FALSE(cursors.remove("mqtt"));
  EXPECT_FALSE(cursors.take(t0).keep_messages);
}

TEST(StoreCursors, ASinkAtItsBoundPassesOverTheOldestAndCountsThem) {
  Cursors cursors(file(0), t0);
  (void)cursors.add("mqtt", 10);
  EXPECT_FALSE(commit(cursors, 10));
  EXPECT_TRUE(commit(cursors, 17));  // there is something to write
  EXPECT_EQ(cursors.position("mqtt"), 7);
  EXPECT_EQ(cursors.statistics({}).sinks.at("mqtt").dropped, 7);
  EXPECT_EQ(cursors.statistics({}).sinks.at("mqtt").waiting, 10);
  EXPECT_EQ(cursors.take(t0).delete_through, 7);
  EXPECT_TRUE(cursors.add("mqtt", 4));  // a smaller bound holds at once
  EXPECT_EQ(cursors.statistics({}).sinks.at("mqtt").dropped, 13);
}

TEST(StoreCursors, ASinkThatIsGoneFromTheConfigurationIsForgottenAfterAWhile) {
  Cursors cursors(file(40, {{"mqtt", 25}, {"old", 3}}), t0);
  (void)cursors.add("mqtt", 100);
  EXPECT_EQ(cursors.take(t0 + outbox_forgets_after - 1ms).delete_through, 3);
  const OutboxChanges changes = cursors.take(t0 + outbox_forgets_after);
  EXPECT_EQ(changes.delete_through, 25);
  EXPECT_THAT(changes.positions, ElementsAre(Position{"mqtt", 25}));
  EXPECT_TRUE(changes.write_positions);
}

TEST(StoreCursors, TellTheAgeOfTheOldestThatWaits) {
  Cursors cursors(file(0), t0);
  (void)cursors.add("mqtt", 100);
  const OutboxChanges changes = cursors.take(t0);
  OutboxState state = file(3);
  state.oldest["mqtt"] = WallTime(100s);
  (void)cursors.on_committed(changes, state);
  EXPECT_EQ(cursors.statistics(WallTime(107s)).sinks.at("mqtt").oldest_age, 7s);
  EXPECT_EQ(cursors.statistics(WallTime(90s)).sinks.at("mqtt").oldest_age, 0s);  // the wall clock was put back
  (void)cursors.acknowledge("mqtt", 3);
  EXPECT_EQ(cursors.statistics(WallTime(107s)).sinks.at("mqtt").oldest_age, 0s);
  EXPECT_THAT(Cursors(file(0), t0).statistics({}).sinks, IsEmpty());
}

}  // namespace
}  // namespace moor::store
