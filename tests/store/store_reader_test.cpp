#include "moor/store_reader.hpp"

#include "store/store_fixture.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

class StoreQuestions : public StoreInVirtualTime {
protected:
  void SetUp() override {
    const auto store = open_store();
    for (int hour = 0; hour < 10; ++hour) {
      const TimePoint t = start + hour * 1h;
      const std::string device = hour % 2 == 0 ? "even" : "odd";
      (void)store->put(reading(device, hour, t));
      (void)store->put(ReadingRow{.time = t, .device = device, .quantity = "battery", .value = 90, .unit = "%"});
      (void)store->put(ZoneEventRow{.time = t,
                                    .device = device,
                                    .from = hour == 0 ? "" : "far",
                                    .to = "near",
                                    .cause = "rssi",
                                    .smoothed_rssi_dbm = -66.25,
                                    .distance_m = std::nullopt});
      (void)store->put(visit(device, t, hour == 9 ? std::nullopt : std::optional(t + 30min)));
      (void)store->put(TrafficRow{.interval_start = wall(t), .interval = 1h, .zone = "near", .entries = 2, .distinct = 1});
      (void)store->put(BeaconRow{.identity = "iBeacon:" + std::to_string(hour),
                                 .type = "iBeacon",
                                 .fields_json = R"({"major":1})",
                                 .tx_power_dbm = -59,
                                 .first_seen = t,
                                 .last_seen = t,
                                 .sightings = 1});
      (void)store->put(DeviceRow{.identity = device,
                                 .address = Address(0xA4CF12345678, false),
                                 .name = "Sensor",
                                 .first_seen = t,
                                 .last_seen = t,
                                 .sightings = 1});
    }
    close(*store);
  }

  StoreQuery query_;
};

TEST_F(StoreQuestions, AreAnsweredNewestFirstAndWithinTheirLimit) {
  query_.limit = 3;
  const auto answer = read().traffic(query_);
  EXPECT_TRUE(answer.more);
  ASSERT_THAT(answer.rows, SizeIs(3));
  EXPECT_EQ(answer.rows[0].interval_start, wall(start + 9h));
  query_.limit = 10;
  EXPECT_FALSE(read().traffic(query_).more);
  query_.limit = 0;
  EXPECT_TRUE(read().traffic(query_).more);
  EXPECT_THAT(read().traffic(query_).rows, IsEmpty());
}

TEST_F(StoreQuestions, NarrowByTimeFromInclusiveUntilExclusive) {
  query_.from = wall(start + 2h);
  query_.until = wall(start + 4h);
  EXPECT_THAT(read().readings(query_).rows, SizeIs(4));
  EXPECT_THAT(read().zone_events(query_).rows, SizeIs(2));
  EXPECT_THAT(read().traffic(query_).rows, SizeIs(2));
  EXPECT_THAT(read().beacons(query_).rows, SizeIs(2));
}

TEST_F(StoreQuestions, NarrowByDeviceQuantityAndZone) {
  query_.device = "odd";
  EXPECT_THAT(read().readings(query_).rows, SizeIs(10));
  query_.quantity = "battery";
  const auto readings = read().readings(query_).rows;
  ASSERT_THAT(readings, SizeIs(5));
  EXPECT_EQ(readings[0].device, "odd");
  EXPECT_EQ(readings[0].unit, "%");
  query_.zone = "far";
  EXPECT_THAT(read().zone_events(query_).rows, SizeIs(5));
  query_.device = "even";
  EXPECT_THAT(read().zone_events(query_).rows, SizeIs(4));  // the first came from nowhere
  query_.device = "nobody' OR 1=1 --";
  EXPECT_THAT(read().devices(query_).rows, IsEmpty());
}

TEST_F(StoreQuestions, AVisitBelongsToATimeThatItTouches) {
  query_.from = wall(start + 8h + 10min);
  query_.until = wall(start + 8h + 20min);
  EXPECT_THAT(read().visits(query_).rows, SizeIs(1));
  query_.from = wall(start + 30h);
  query_.until.reset();
  const auto visits = read().visits(query_).rows;
  ASSERT_THAT(visits, SizeIs(1));  // still there
  EXPECT_FALSE(visits[0].left);
}

TEST_F(StoreQuestions, GiveBackWhatWasPut) {
  const auto event = read().zone_events().rows.back();
  EXPECT_EQ(event.time, wall(start));
  EXPECT_EQ(event.from, "");
  EXPECT_EQ(event.to, "near");
  EXPECT_EQ(event.cause, "rssi");
  EXPECT_EQ(event.smoothed_rssi_dbm, -66.25);
  EXPECT_EQ(event.distance_m, std::nullopt);
  const auto device = read().devices().rows.front();
  EXPECT_EQ(device.identity, "odd");
  EXPECT_EQ(device.address, "A4:CF:12:34:56:78");
  EXPECT_EQ(device.address_type, "public");
  EXPECT_FALSE(device.rssi);
  const auto beacon = read().beacons().rows.front();
  EXPECT_EQ(beacon.identity, "iBeacon:9");
  EXPECT_EQ(beacon.fields_json, R"({"major":1})");
  EXPECT_EQ(beacon.tx_power_dbm, -59);
}

TEST_F(StoreQuestions, VisitsThatLastCanBeAskedForAlone) {
  query_.open_only = true;
  const auto visits = read().visits(query_).rows;
  ASSERT_THAT(visits, SizeIs(1));
  EXPECT_EQ(visits[0].device, "odd");
}

// Visits of five devices in two zones: three hours of one day, and the next day.
class StoreSums : public StoreInVirtualTime {
protected:
  static constexpr TimePoint midnight{std::chrono::seconds(1'699'920'000)};  // 2023-11-14T00:00Z

  void SetUp() override {
    const auto store = open_store();
    const auto stay = [&](const std::string& device, const std::string& zone, Duration after, std::optional<Duration> dwell) {
      const TimePoint entered = midnight + after;
      (void)store->put(VisitRow{
          .device = device, .zone = zone, .entered = entered, .left = dwell ? std::optional(entered + *dwell) : std::nullopt});
    };
    stay("a", "near", 9h, 10s);
    stay("b", "near", 9h + 10min, 20s);
    stay("a", "near", 9h + 20min, 60s);
    stay("c", "near", 10h, 30s);
    stay("d", "near", 10h + 59min, 50s);
    stay("d", "far", 10h, 5s);
    stay("e", "near", 11h, std::nullopt);
    stay("a", "near", 25h, 100s);
    close(*store);
  }
  StoreQuery query_;
};

TEST_F(StoreSums, DwellByHour) {
  const auto rows = read().dwell(query_, StoreGroup::hour).rows;
  ASSERT_THAT(rows, SizeIs(4));  // the newest first; of one hour, by zone
  EXPECT_EQ(rows[0].from, wall(midnight + 25h));
  EXPECT_EQ(rows[1].zone, "far");
  EXPECT_EQ(rows[2].from, wall(midnight + 10h));
  EXPECT_EQ(rows[2].median, 40s);  // of two: between them
  EXPECT_EQ(rows[3].from, wall(midnight + 9h));
  EXPECT_EQ(rows[3].visits, 3);
  EXPECT_EQ(rows[3].mean, 30s);
  EXPECT_EQ(rows[3].median, 20s);
  EXPECT_EQ(rows[3].longest, 60s);
}

TEST_F(StoreSums, DwellByDayAndByZone) {
  auto rows = read().dwell(query_, StoreGroup::day).rows;
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[2].from, wall(midnight));
  EXPECT_EQ(rows[2].zone, "near");
  EXPECT_EQ(rows[2].visits, 5);  // the one that lasts is not over
  rows = read().dwell(query_, StoreGroup::zone).rows;
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].zone, "far");
  EXPECT_EQ(rows[0].from, std::nullopt);
  EXPECT_EQ(rows[1].visits, 6);
}

TEST_F(StoreSums, DaysBeginWhereTheClockOfThePlaceSaysSo) {
  query_.utc_offset = std::chrono::minutes(-120);
  auto rows = read().dwell(query_, StoreGroup::day).rows;
  ASSERT_THAT(rows, SizeIs(2));  // 01:00 of the next day is 23:00 there
  EXPECT_EQ(rows[1].from, wall(midnight + 2h));
  EXPECT_EQ(rows[1].visits, 6);
  query_.utc_offset = std::chrono::minutes(840);
  rows = read().dwell(query_, StoreGroup::day).rows;
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows.back().from, wall(midnight - 14h));
}

TEST_F(StoreSums, TrafficOfVisitsCountsDifferentDevices) {
  auto rows = read().traffic(query_, StoreGroup::hour).rows;
  ASSERT_THAT(rows, SizeIs(5));  // the one that lasts came in too
  EXPECT_EQ(rows[4].interval_start, wall(midnight + 9h));
  EXPECT_EQ(rows[4].interval, 1h);
  EXPECT_EQ(rows[4].entries, 3);
  EXPECT_EQ(rows[4].distinct, 2);
  rows = read().traffic(query_, StoreGroup::zone).rows;
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1].entries, 7);
  EXPECT_EQ(rows[1].distinct, 5);
}

TEST_F(StoreSums, AreNarrowedAndBounded) {
  query_.zone = "near";
  query_.from = wall(midnight + 10h);
  query_.until = wall(midnight + 11h);
  EXPECT_EQ(read().dwell(query_, StoreGroup::zone).rows.at(0).visits, 2);
  query_.device = "c";
  EXPECT_EQ(read().traffic(query_, StoreGroup::zone).rows.at(0).entries, 1);
  query_ = {};
  query_.limit = 1;
  EXPECT_TRUE(read().dwell(query_, StoreGroup::hour).more);
}

class StoreMinutes : public StoreInVirtualTime {
protected:
  static WallTime minute(int number) { return WallTime(std::chrono::seconds(1'700'000'040 + 60 * number)); }
  void SetUp() override {
    const auto store = open_store();
    for (int number = 0; number < 20; ++number) {
      for (const char* device : {"a", "b"})
        for (const char* radio : {"hall", "shop"})
          (void)store->put(MinuteRow{.minute = minute(number),
                                     .device = device,
                                     .radio = radio,
                                     .rssi = {.samples = 3, .min_dbm = -80, .max_dbm = -60, .mean_dbm = -70}});
      (void)store->put(MinuteRow{.minute = minute(number) + 7s,  // of the same minute
                                 .device = "a",
                                 .radio = "hall",
                                 .rssi = {.samples = 1, .min_dbm = -90, .max_dbm = -90, .mean_dbm = -90}});
    }
    (void)store->put(ConnectionRow{.time = start,
                                   .device = "a",
                                   .radio = "hall",
                                   .label = "explorer",
                                   .event = "failed",
                                   .cause = "out of range",
                                   .took = 2500ms});
    close(*store);
  }
  StoreQuery query_;
};

TEST_F(StoreMinutes, AddUpByMinuteDeviceAndRadio) {
  query_.device = "a";
  query_.limit = 2;
  const auto answer = read().minutes(query_);
  EXPECT_TRUE(answer.more);
  ASSERT_THAT(answer.rows, SizeIs(2));
  const StoredMinute& newest = answer.rows[0];
  EXPECT_EQ(newest.minute, minute(19));
  EXPECT_EQ(newest.device, "a");
  EXPECT_EQ(newest.radio, "hall");
  EXPECT_EQ(newest.rssi.samples, 4);
  EXPECT_EQ(newest.rssi.min_dbm, -90);
  EXPECT_EQ(newest.rssi.max_dbm, -60);
  EXPECT_EQ(newest.rssi.mean_dbm, -75);
  EXPECT_EQ(answer.rows[1].radio, "shop");
}

TEST_F(StoreMinutes, OfADeviceAndOfAllAreTheSame) {
  EXPECT_THAT(read().minutes(query_).rows, SizeIs(80));
  for (const int from : {-5, 0, 3}) {
    for (const int until : {4, 20, 99}) {
      query_.from = minute(from);
      query_.until = minute(until);
      query_.device.clear();
      const size_t all = read().minutes(query_).rows.size();
      query_.device = "b";
      EXPECT_EQ(read().minutes(query_).rows.size() * 2, all) << from << " " << until;
    }
  }
  query_.from = minute(3) + 1s;
  query_.until = minute(5) + 1s;
  EXPECT_THAT(read().minutes(query_).rows, SizeIs(4));
  query_.device = "nobody";
  EXPECT_THAT(read().minutes(query_).rows, IsEmpty());
}

TEST_F(StoreMinutes, ConnectionsAreKept) {
  query_.device = "a";
  const auto rows = read().connections(query_).rows;
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].time, wall(start));
  EXPECT_EQ(rows[0].radio, "hall");
  EXPECT_EQ(rows[0].label, "explorer");
  EXPECT_EQ(rows[0].event, "failed");
  EXPECT_EQ(rows[0].cause, "out of range");
  EXPECT_EQ(rows[0].took, 2500ms);
}

TEST_F(StoreQuestions, MayBeAskedWhileTheGatewayWrites) {
  const auto store = open_store();
  const StoreReader reader = read();
  run([&]() -> awaitable<> {
    (void)store->put(reading("even", 77, start + 20h));
    co_await store->flush();
    EXPECT_EQ(reader.readings().rows.at(0).value, 77);
  });
}

}  // namespace
}  // namespace moor
