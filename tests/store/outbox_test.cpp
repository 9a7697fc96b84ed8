#include "moor/outbox.hpp"

#include "store/sqlite.hpp"
#include "store/store_fixture.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class StoreOutbox : public StoreInVirtualTime {
protected:
  static ZoneEventRow event(const std::string& device, const std::string& message, TimePoint time = start) {
    return {.time = time,
            .device = device,
            .from = "",
            .to = "near",
            .cause = "rssi",
            .smoothed_rssi_dbm = {},
            .distance_m = {},
            .message = message};
  }
  static std::vector<std::string> payloads(const std::vector<OutboxMessage>& messages) {
    std::vector<std::string> out;
    for (const OutboxMessage& message : messages) out.push_back(message.payload);
    return out;
  }
  int64_t rows_in_file() {
    return sqlite::Database(options_.path, sqlite::Access::read_write).integer_of("SELECT count(*) FROM outbox");
  }
};

TEST_F(StoreOutbox, AMessageHasItsRowsIdAndIsThereOnceItIsDurable) {
  const auto store = open_store();
  Outbox& outbox = store->outbox();
  outbox.register_sink("mqtt", 100);
  int told = 0;
  outbox.on_committed([&] { ++told; });
  run([&]() -> awaitable<> {
    (void)store->put(event("a", R"({"device":"a"})"));
    VisitRow begin = visit("a", start);
    begin.message = "{}";
    (void)store->put(begin);
    (void)store->put(event("quiet", ""));
    auto messages = co_await outbox.read("mqtt", 10);
    EXPECT_THAT(messages, IsEmpty());
    co_await clock_.wait_for(5ms);
    co_await store->flush();
    EXPECT_EQ(told, 1);
    messages = co_await outbox.read("mqtt", 10);
    EXPECT_THAT(payloads(messages), ElementsAre(R"({"id":1,"device":"a"})", R"({"id":1})"));
    EXPECT_EQ(messages.at(0).kind, "zone");
    EXPECT_EQ(messages.at(1).kind, "visit");
    EXPECT_EQ(messages.at(0).id, 1);
    EXPECT_EQ(messages.at(1).id, 2);
    EXPECT_EQ(messages.at(0).time, wall(start));
    VisitRow end = visit("a", start, start + 9s);
    end.message = R"({ "dwell_s": 9 })";
    (void)store->put(end);
    co_await store->flush();
    messages = co_await outbox.read("mqtt", 10, 2);
    EXPECT_THAT(payloads(messages), ElementsAre(R"({"id":1, "dwell_s": 9 })"));  // the same visit
  });
}

TEST_F(StoreOutbox, IsWrittenFiveMillisecondsAfterItHappened) {
  const auto store = open_store();
  store->outbox().register_sink("mqtt", 100);
  std::optional<TimePoint> told;
  store->outbox().on_committed([&] { told = clock_.now(); });
  run([&]() -> awaitable<> {
    (void)store->put(reading("a", 1));
    co_await clock_.wait_for(100ms);
    (void)store->put(event("a", "{}"));
    co_return;
  });
  EXPECT_EQ(told, start + 105ms);
}

TEST_F(StoreOutbox, WhatWasAcknowledgedDoesNotComeAgainAndIsDeleted) {
  const auto store = open_store();
  Outbox& outbox = store->outbox();
  outbox.register_sink("mqtt", 100);
  run([&]() -> awaitable<> {
    for (int i = 0; i < 5; ++i) (void)store->put(event("a", "{}"));
    co_await store->flush();
    auto messages = co_await outbox.read("mqtt", 3);
    EXPECT_THAT(messages, SizeIs(3));
    outbox.acknowledge("mqtt", messages.back().id);
    messages = co_await outbox.read("mqtt", 10);
    EXPECT_THAT(messages, SizeIs(2));
    EXPECT_EQ(outbox.statistics().sinks.at("mqtt").waiting, 2);
    EXPECT_EQ(outbox.statistics().sinks.at("mqtt").oldest_age, 0s);
    EXPECT_EQ(rows_in_file(), 5);
    co_await clock_.wait_for(2s);  // the cursor is written by itself
    EXPECT_EQ(rows_in_file(), 2);
    EXPECT_EQ(outbox.statistics().sinks.at("mqtt").oldest_age, 2s);
  });
}

TEST_F(StoreOutbox, EachSinkHasItsOwnCursorAndGoesOnFromItAfterARestart) {
  {
    const auto store = open_store();
    store->outbox().register_sink("mqtt", 100);
    store->outbox().register_sink("webhook", 100);
    run([&]() -> awaitable<> {
      for (int i = 0; i < 5; ++i) (void)store->put(event("a", "{}"));
      co_await store->flush();
      store->outbox().acknowledge("mqtt", 4);
      co_await store->close();
    });
  }
  const auto store = open_store();
  Outbox& outbox = store->outbox();
  run([&]() -> awaitable<> {
    (void)store->put(event("a", "{}"));  // before anybody has registered
    co_await store->flush();
    outbox.register_sink("mqtt", 100);
    outbox.register_sink("webhook", 100);
    auto messages = co_await outbox.read("mqtt", 10);
    EXPECT_THAT(messages, SizeIs(2));
    messages = co_await outbox.read("webhook", 10);
    EXPECT_THAT(messages, SizeIs(6));
    messages = co_await outbox.read("nobody", 10);
    EXPECT_THAT(messages, IsEmpty());
  });
}

TEST_F(StoreOutbox, ADeadSinkCostsNoMoreThanItsBound) {
  const auto store = open_store();
  store->outbox().register_sink("mqtt", 50);
  run([&]() -> awaitable<> {
    for (int i = 0; i < 500; ++i) {
      (void)store->put(event("a", "{}", clock_.now()));
      if (i % 10 == 0) co_await store->flush();
    }
    co_await store->flush();
    co_await clock_.wait_for(2s);
    EXPECT_EQ(store->outbox().statistics().sinks.at("mqtt").waiting, 50);
    EXPECT_EQ(store->outbox().statistics().sinks.at("mqtt").dropped, 450);
    EXPECT_EQ(rows_in_file(), 50);
    auto messages = co_await store->outbox().read("mqtt", 1);
    EXPECT_EQ(messages.at(0).id, 451);
  });
}

TEST_F(StoreOutbox, WithoutASinkNoMessageIsWritten) {
  const auto store = open_store();
  (void)store->put(event("a", "{}"));
  close(*store);
  EXPECT_EQ(rows_in_file(), 0);
  EXPECT_THAT(read().zone_events().rows, SizeIs(1));
}

TEST_F(StoreOutbox, AMessageThatIsNoObjectIsRefusedWithItsRow) {
  const auto store = open_store();
  store->outbox().register_sink("mqtt", 50);
  std::string error;
  run([&]() -> awaitable<> {
    (void)store->put(event("a", "hello"));
    (void)store->put(event("b", "{}"));
    try {
      co_await store->flush();
    } catch (const StoreError& failure) {
      error = failure.what();
    }
  });
  EXPECT_THAT(error, HasSubstr("1 rows were lost"));
  EXPECT_THAT(read().zone_events().rows, SizeIs(1));
  EXPECT_EQ(rows_in_file(), 1);
}

TEST_F(StoreOutbox, IdsAreNeverGivenTwiceThoughAllRowsAreGone) {
  options_.keep = 24h;
  const auto store = open_store();
  store->outbox().register_sink("mqtt", 50);
  run([&]() -> awaitable<> {
    (void)store->put(event("a", "{}", clock_.now()));
    co_await store->flush();
    store->outbox().acknowledge("mqtt", 1);
    co_await clock_.wait_for(Duration(48h));
    (void)store->put(reading("b", 1, clock_.now()));
    co_await store->flush();
    EXPECT_THAT(read().zone_events().rows, IsEmpty());
    (void)store->put(event("a", "{}", clock_.now()));
    co_await store->flush();
    const auto messages = co_await store->outbox().read("mqtt", 10);
    EXPECT_THAT(payloads(messages), ElementsAre(R"({"id":2})"));
    EXPECT_EQ(messages.at(0).id, 2);
  });
}

TEST_F(StoreOutbox, IsEmptyOnceTheStoreIsClosed) {
  const auto store = open_store();
  store->outbox().register_sink("mqtt", 50);
  run([&]() -> awaitable<> {
    (void)store->put(event("a", "{}"));
    co_await store->close();
    const auto messages = co_await store->outbox().read("mqtt", 10);
    EXPECT_THAT(messages, IsEmpty());
    store->outbox().acknowledge("mqtt", 1);
  });
}

}  // namespace
}  // namespace moor
