#include "moor/store.hpp"
#include "store/file.hpp"
#include "store/store_fixture.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StoreRestore : public StoreInVirtualTime {
protected:
  static DeviceRow device(const std::string& identity, TimePoint last_seen) {
    return {.identity = identity, .name = "", .first_seen = start, .last_seen = last_seen, .sightings = 1};
  }
  static ZoneEventRow move(const std::string& device, TimePoint t, const std::string& to, double smoothed) {
    return {.time = t, .device = device, .from = "", .to = to, .cause = "rssi", .smoothed_rssi_dbm = smoothed, .distance_m = {}};
  }
  static std::vector<std::string> names(const SavedState& state) {
    std::vector<std::string> out;
    for (const SavedDevice& each : state.devices) out.push_back(each.identity);
    return out;
  }
};

TEST_F(StoreRestore, ANewFileHasNothingToGoOnFrom) {
  const SavedState state = open_store()->saved_state();
  EXPECT_THAT(state.devices, IsEmpty());
  EXPECT_THAT(state.visits, IsEmpty());
  EXPECT_THAT(state.counters, IsEmpty());
}

TEST_F(StoreRestore, TellsWhereDevicesWereAndHowTheyWereHeard) {
  {
    const auto store = open_store();
    DeviceRow row = device("a", start + 10s);
    row.address = Address(0xA4CF12345678, false);
    row.name = "Hall";
    row.sightings = 12;
    row.smoothed_rssi_dbm = -63.5;
    (void)store->put(move("a", start + 1s, "near", -70));
    (void)store->put(move("a", start + 4s, "immediate", -55));
    (void)store->put(row);
    (void)store->put(device("b", start + 20s));
    (void)store->put(move("b", start + 20s, "far", -80));
    (void)store->put(device("c", start + 30s));
    close(*store);
  }
  const auto store = open_store();
  const SavedState state = store->saved_state();
  ASSERT_THAT(names(state), ElementsAre("c", "b", "a"));
  EXPECT_EQ(state.devices[0].zone, "");
  EXPECT_EQ(state.devices[0].smoothed_rssi_dbm, std::nullopt);
  EXPECT_EQ(state.devices[1].smoothed_rssi_dbm, -80);  // of the event, since no row says more
  const SavedDevice& a = state.devices[2];
  EXPECT_EQ(a.zone, "immediate");
  EXPECT_EQ(a.zone_since, wall(start + 4s));
  EXPECT_EQ(a.smoothed_rssi_dbm, -63.5);
  EXPECT_EQ(a.address, "A4:CF:12:34:56:78");
  EXPECT_EQ(a.address_type, "public");
  EXPECT_EQ(a.name, "Hall");
  EXPECT_EQ(a.first_seen, wall(start));
  EXPECT_EQ(a.last_seen, wall(start + 10s));
  EXPECT_EQ(a.sightings, 12);
  EXPECT_THAT(store->saved_state().devices, IsEmpty());  // it was taken along
}

TEST_F(StoreRestore, LeavesOutDevicesOfLongAgoAndKeepsToItsBound) {
  {
    const auto store = open_store();
    for (int i = 0; i < 10; ++i) (void)store->put(device(std::to_string(i), start + i * 1h));
    close(*store);
  }
  run([&]() -> awaitable<> { co_await clock_.wait_until(start + 30h); });
  EXPECT_THAT(names(open_store()->saved_state()), ElementsAre("9", "8", "7", "6"));
  options_.restore_devices = 2;
  EXPECT_THAT(names(open_store()->saved_state()), ElementsAre("9", "8"));
}

TEST_F(StoreRestore, CountersAreReplaced) {
  {
    const auto store = open_store();
    (void)store->put(CounterRow{.device = "a", .kind = "BTHome", .counter = 7});
    (void)store->put(CounterRow{.device = "a", .kind = "BTHome", .counter = 4'000'000'000});
    (void)store->put(CounterRow{.device = "b", .kind = "BTHome", .counter = 1});
    close(*store);
  }
  const SavedState state = open_store()->saved_state();
  ASSERT_THAT(state.counters, SizeIs(2));
  const auto& a = state.counters[0].device == "a" ? state.counters[0] : state.counters[1];
  EXPECT_EQ(a.kind, "BTHome");
  EXPECT_EQ(a.counter, 4'000'000'000);
}

// A store as the first release made it.
TEST_F(StoreRestore, AnOlderFileKeepsItsRowsAndItsVisitsGetIds) {
  {
    sqlite::Database file(options_.path, sqlite::Access::read_write);
    store::migrate(file, store::migrations().first(1));
    file.execute(R"sql(
INSERT INTO devices (id, identity, first_seen, last_seen, sightings, rssi_samples) VALUES (5, 'a', 1000000, 9000000, 3, 0);
INSERT INTO visits (device, zone, entered, "left") VALUES (5, 'near', 2000000, 4000000), (5, 'far', 1000000, NULL);
INSERT INTO zone_events (id, t, device, from_zone, to_zone, cause, smoothed_rssi) VALUES (41, 2000000, 5, 'far', 'near', 'rssi', -60);
)sql");
  }
  const auto store = open_store();
  store->outbox().register_sink("mqtt", 10);
  const SavedState state = store->saved_state();
  ASSERT_THAT(state.visits, SizeIs(1));
  EXPECT_EQ(state.visits[0].zone, "far");
  const auto visits = read().visits().rows;
  ASSERT_THAT(visits, SizeIs(2));
  EXPECT_EQ(visits[0].zone, "near");
  EXPECT_EQ(visits[0].id, 2);
  EXPECT_EQ(visits[0].dwell, 2s);
  EXPECT_EQ(visits[1].id, 1);
  EXPECT_EQ(read().zone_events().rows.at(0).id, 41);
  ZoneEventRow next = move("a", start, "far", -80);
  next.message = "{}";
  run([&]() -> awaitable<> {
    (void)store->put(next);
    co_await store->flush();
    const auto messages = co_await store->outbox().read("mqtt", 10);
    EXPECT_EQ(messages.at(0).payload, R"({"id":42})");
  });
}

}  // namespace
}  // namespace moor
