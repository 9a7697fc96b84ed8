#include "moor/store.hpp"

#include "store/sqlite.hpp"
#include "store/store_fixture.hpp"
#include "support/full_disk.hpp"

#include <sys/stat.h>
#include <limits>

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::FullDisk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(StoreInVirtualTime, ARowIsWrittenASecondAfterItWasPut) {
  const auto store = open_store();
  run([&]() -> awaitable<> {
    EXPECT_EQ(store->put(reading("a", 21.5)), Admission::queued);
    co_await clock_.wait_for(999ms);
    EXPECT_EQ(store->statistics().batches, 0);
    EXPECT_EQ(store->statistics().oldest_unwritten_age, 999ms);
    co_await clock_.wait_for(2ms);
    EXPECT_EQ(store->statistics().batches, 1);
    EXPECT_EQ(store->statistics().queued, 0);
  });
  EXPECT_THAT(read().readings().rows, SizeIs(1));
}

TEST_F(StoreInVirtualTime, TimeStandsStillWhileRowsAreWritten) {
  const auto store = open_store();
  run([&]() -> awaitable<> {
    for (int i = 0; i < 5000; ++i) (void)store->put(reading("a", i, start + i * 1ms));
    const TimePoint before = clock_.now();
    co_await store->flush();
    EXPECT_EQ(clock_.now(), before);
  });
  EXPECT_EQ(store->statistics().written[kind("readings")], 5000);
  EXPECT_EQ(store->statistics().batches, 5);
}

TEST_F(StoreInVirtualTime, AnIdleStoreKeepsNoProgramRunning) {
  const auto store = open_store();
  run([&]() -> awaitable<> {
    (void)store->put(reading("a", 1));
    co_return;
  });
  EXPECT_EQ(store->statistics().queued, 0);  // run() came back, and not before the row was written
}

TEST_F(StoreInVirtualTime, CloseWritesWhatIsQueuedAndDropsWhatComesLater) {
  const auto store = open_store();
  run([&]() -> awaitable<> {
    (void)store->put(reading("a", 1));
    co_await store->close();
    EXPECT_EQ(store->put(reading("a", 2)), Admission::dropped);
    co_await store->close();
  });
  EXPECT_EQ(clock_.now(), start);
  EXPECT_FALSE(std::filesystem::exists(options_.path.string() + "-wal"));  // all is in the one file
  EXPECT_THAT(read().readings().rows, SizeIs(1));
  EXPECT_EQ(store->statistics().dropped[kind("readings")], 1);
}

TEST_F(StoreInVirtualTime, MayBeDestroyedWhileRowsWait) {
  auto store = open_store();
  run([&]() -> awaitable<> {
    (void)store->put(reading("a", 1));
    co_await clock_.wait_for(100ms);
    store.reset();
  });
  EXPECT_LT(clock_.now(), start + 1s);  // nothing waits for the row any more
}

TEST_F(StoreInVirtualTime, DeviceRowsAddUp) {
  const auto store = open_store();
  DeviceRow row{.identity = "r-1",
                .address = {},
                .address_kind = AddressKind::resolvable,
                .name = "",
                .first_seen = start,
                .last_seen = start + 5s,
                .sightings = 4,
                .rssi = {.samples = 3, .min_dbm = -80, .max_dbm = -70, .mean_dbm = -75}};
  (void)store->put(row);
  row.name = "Hall";
  row.first_seen = row.last_seen = start + 9s;
  row.sightings = 1;
  row.rssi = {.samples = 1, .min_dbm = -60, .max_dbm = -60, .mean_dbm = -60};
  (void)store->put(row);
  row.name = "";
  row.rssi = {};
  (void)store->put(row);
  close(*store);
  const auto devices = read().devices().rows;
  ASSERT_THAT(devices, SizeIs(1));
  EXPECT_EQ(devices[0].name, "Hall");
  EXPECT_EQ(devices[0].address, "");
  EXPECT_EQ(devices[0].address_type, "resolvable private");
  EXPECT_EQ(devices[0].first_seen, wall(start));
  EXPECT_EQ(devices[0].last_seen, wall(start + 9s));
  EXPECT_EQ(devices[0].sightings, 6);
  ASSERT_TRUE(devices[0].rssi);
  EXPECT_EQ(devices[0].rssi->samples, 4);
  EXPECT_EQ(devices[0].rssi->min_dbm, -80);
  EXPECT_EQ(devices[0].rssi->max_dbm, -60);
  EXPECT_DOUBLE_EQ(devices[0].rssi->mean_dbm, (3 * -75.0 - 60) / 4);
}

TEST_F(StoreInVirtualTime, AVisitIsOpenUntilItsDeviceLeaves) {
  const auto store = open_store();
  run([&]() -> awaitable<> {
    (void)store->put(visit("a", start));
    co_await store->flush();
    EXPECT_FALSE(read().visits().rows.at(0).dwell);
    (void)store->put(visit("a", start, start + 90s));
    co_await store->flush();
    // A visit whose beginning was shed is complete all the same.
    (void)store->put(visit("b", start, start + 30s));
    co_await store->flush();
  });
  const auto visits = read().visits().rows;
  ASSERT_THAT(visits, SizeIs(2));
  EXPECT_EQ(visits[0].dwell, 90s);
  EXPECT_EQ(visits[1].dwell, 30s);
}

// A clock whose wall clock is set between a visit's two rows, so that the moment of entering has two names.
class CorrectedClock final : public Clock {
public:
  Duration correction{};

  [[nodiscard]] TimePoint now() const noexcept override { return now_; }
  [[nodiscard]] WallTime to_wall(TimePoint t) const noexcept override { return WallTime(t.time_since_epoch() + correction); }
  [[nodiscard]] awaitable<void> wait_until(TimePoint t) override {
    now_ = t;
    co_return;
  }
  void run(boost::asio::io_context& context) override {
    context.restart();
    context.run();
  }

private:
  TimePoint now_{1000s};
};

TEST_F(StoreInVirtualTime, AVisitEndsOnceThoughTheWallClockWasSetMeanwhile) {
  CorrectedClock clock;
  Store store(context_.get_executor(), clock, options_);
  const auto write = [&](VisitRow row) {
    (void)store.put(std::move(row));
    clock.run(context_);
  };
  write(visit("a", TimePoint(1000s)));
  clock.correction = 3s;
  write(visit("a", TimePoint(1000s), TimePoint(1060s)));
  clock.correction = -1h;
  write(visit("b", TimePoint(2000s)));
  clock.correction = -2h;
  write(visit("b", TimePoint(2000s), TimePoint(2001s)));
  const auto visits = read().visits().rows;
  ASSERT_THAT(visits, SizeIs(2));
  EXPECT_EQ(visits[0].dwell, 60s);
  EXPECT_EQ(visits[1].dwell, 1s);
}

TEST_F(StoreInVirtualTime, VisitsLeftOpenByAKillStayOpenAndAreToldToWhoeverGoesOn) {
  {
    const auto store = open_store();
    (void)store->put(visit("a", start));
    (void)store->put(DeviceRow{.identity = "a", .first_seen = start, .last_seen = start + 40s, .sightings = 9});
    close(*store);
  }
  const auto again = open_store();
  EXPECT_EQ(read().visits().rows.at(0).left, std::nullopt);
  const SavedState state = again->saved_state();
  ASSERT_THAT(state.visits, SizeIs(1));
  EXPECT_EQ(state.visits[0].device, "a");
  EXPECT_EQ(state.visits[0].zone, "near");
  EXPECT_EQ(state.visits[0].entered, wall(start));
  EXPECT_EQ(state.visits[0].last_seen, wall(start + 40s));
  (void)again->put(visit("a", start, start + 40s));
  close(*again);
  EXPECT_EQ(read().visits().rows.at(0).dwell, 40s);
}

TEST_F(StoreInVirtualTime, TrafficOfOneIntervalAddsUpOverARestart) {
  const TrafficRow row{.interval_start = wall(start), .interval = 1h, .zone = "near", .entries = 5, .distinct = 3};
  for (int run = 0; run < 2; ++run) {
    const auto store = open_store();
    (void)store->put(row);
    close(*store);
  }
  const auto traffic = read().traffic().rows;
  ASSERT_THAT(traffic, SizeIs(1));
  EXPECT_EQ(traffic[0].entries, 10);
  EXPECT_EQ(traffic[0].interval, 1h);
}

TEST_F(StoreInVirtualTime, ARowThatTheDatabaseCannotTakeLosesNoOther) {
  const auto store = open_store();
  std::string error;
  run([&]() -> awaitable<> {
    (void)store->put(reading("a", 1));
    (void)store->put(reading("a", std::numeric_limits<double>::quiet_NaN(), start + 1s));
    (void)store->put(BeaconRow{.identity = "b", .type = "iBeacon", .fields_json = "{\"major\":", .tx_power_dbm = {}});
    (void)store->put(reading("a", 3, start + 2s));
    try {
      co_await store->flush();
    } catch (const StoreError& failure) {
      error = failure.what();
    }
    co_await store->flush();  // it is told once
  });
  EXPECT_THAT(error, HasSubstr("2 rows were lost"));
  EXPECT_THAT(read().readings().rows, SizeIs(2));
  EXPECT_THAT(store->statistics().refused, ElementsAre(0, 1, 0, 0, 1, 0, 0, 0, 0));
  EXPECT_EQ(store->statistics().last_error, "");
}

TEST_F(StoreInVirtualTime, FlushTellsThatRowsWereShed) {
  options_.batch_rows = options_.queue_rows = 10;
  const auto store = open_store();
  std::string error;
  run([&]() -> awaitable<> {
    for (int i = 0; i < 25; ++i) (void)store->put(reading("a", i, start + i * 1s));
    try {
      co_await store->flush();
    } catch (const StoreError& failure) {
      error = failure.what();
    }
  });
  EXPECT_THAT(error, HasSubstr("15 rows were lost"));
  EXPECT_EQ(read().readings().rows.at(0).value, 24);  // the newest were kept
}

TEST_F(StoreInVirtualTime, SurvivesALockAndRecovers) {
  const auto store = open_store();
  sqlite::Database other(options_.path, sqlite::Access::read_write);
  std::string error;
  run([&]() -> awaitable<> {
    other.execute("BEGIN IMMEDIATE");
    (void)store->put(visit("a", start));
    try {
      co_await store->flush();
    } catch (const StoreError& failure) {
      error = failure.context().cause;
    }
    EXPECT_EQ(store->statistics().queued, 1);
    EXPECT_EQ(store->statistics().last_error, error);
    other.execute("ROLLBACK");
    co_await clock_.wait_for(Duration(600ms));  // it tries again by itself
    EXPECT_EQ(store->statistics().queued, 0);
    EXPECT_EQ(store->statistics().last_error, "");
    co_await store->flush();
  });
  EXPECT_THAT(error, HasSubstr("locked"));
  EXPECT_THAT(read().visits().rows, SizeIs(1));
}

TEST_F(StoreInVirtualTime, CloseGivesUpOnALockedFileAndSaysWhatWasLost) {
  const auto store = open_store();
  sqlite::Database other(options_.path, sqlite::Access::read_write);
  other.execute("BEGIN IMMEDIATE");
  (void)store->put(visit("a", start));
  try {
    close(*store);
    FAIL() << "closed as if nothing were lost";
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), HasSubstr("1 rows could not be written"));
    EXPECT_THAT(error.what(), HasSubstr("locked"));
  }
  EXPECT_EQ(clock_.now(), start);  // without waiting for the pause to end
  EXPECT_EQ(store->statistics().dropped[kind("visits")], 1);
}

TEST_F(StoreInVirtualTime, GoesOnWithAFullDiskShedsAtItsBoundAndRecovers) {
  options_.batch_rows = 1000;
  options_.queue_rows = 3000;
  const auto store = open_store();
  std::string error;
  run([&]() -> awaitable<> {
    (void)store->put(visit("before", start));
    co_await store->flush();
    auto full = std::make_unique<FullDisk>(rlim_t{64 * 1024});
    (void)store->put(visit("during", start));
    for (int i = 0; i < 5000; ++i) (void)store->put(reading("a", i, start + i * 1s));
    try {
      co_await store->flush();
    } catch (const StoreError& failure) {
      error = failure.what();
    }
    co_await clock_.wait_for(Duration(2min));
    EXPECT_GT(store->statistics().failures, 3);
    EXPECT_NE(store->statistics().last_error, "");
    EXPECT_EQ(store->statistics().queued, 3000);
    EXPECT_EQ(store->statistics().dropped[kind("readings")], 2001);
    EXPECT_GE(store->statistics().oldest_unwritten_age, 2min);
    full.reset();
    co_await clock_.wait_for(Duration(31s));
    EXPECT_EQ(store->statistics().queued, 0);
    EXPECT_EQ(store->statistics().last_error, "");
  });
  EXPECT_THAT(error, HasSubstr("cannot write"));
  EXPECT_THAT(read().visits().rows, SizeIs(2));
  StoreQuery all;
  all.limit = 10'000;
  EXPECT_THAT(read().readings(all).rows, SizeIs(2999));
  sqlite::Database file(options_.path, sqlite::Access::read_write);
  EXPECT_EQ(file.text_of("PRAGMA integrity_check"), "ok");
}

TEST_F(StoreInVirtualTime, ForgetsRowsThatAreOlderThanItKeeps) {
  options_.keep = std::chrono::days(30);
  const auto store = open_store();
  run([&]() -> awaitable<> {
    (void)store->put(reading("old", 1));
    (void)store->put(visit("old", start, start + 1min));
    (void)store->put(visit("stays", start));
    (void)store->put(ZoneEventRow{.time = start, .device = "old", .from = "", .to = "near", .cause = "rssi"});
    (void)store->put(TrafficRow{.interval_start = wall(start), .interval = 1h, .zone = "near", .entries = 1, .distinct = 1});
    (void)store->put(BeaconRow{.identity = "b", .type = "iBeacon", .fields_json = "{}", .first_seen = start, .last_seen = start});
    co_await store->flush();
    co_await clock_.wait_for(Duration(std::chrono::days(31)));
    (void)store->put(reading("new", 2, clock_.now()));
    co_await store->flush();
  });
  const StoreReader reader = read();
  EXPECT_THAT(reader.readings().rows, SizeIs(1));
  EXPECT_THAT(reader.visits().rows, SizeIs(1));  // it goes on
  EXPECT_THAT(reader.zone_events().rows, SizeIs(0));
  EXPECT_THAT(reader.traffic().rows, SizeIs(0));
  EXPECT_THAT(reader.beacons().rows, SizeIs(0));
  EXPECT_THAT(reader.devices().rows, SizeIs(2));  // "stays" and "new"
}

TEST_F(StoreInVirtualTime, TheFileIsNotForEverybody) {
  const mode_t before = ::umask(0);
  const auto store = open_store();
  ::umask(before);
  struct stat status{};
  ASSERT_EQ(::stat(options_.path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640);
}

}  // namespace
}  // namespace moor
