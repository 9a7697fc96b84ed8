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
