#include "moor/beacon_tracker.hpp"

#include "beacon/generators.hpp"
#include "moor/error.hpp"
#include "support/allocation_counter.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Uuid shop = *Uuid::parse("E2C56DB5-DFFB-48D2-B060-D0F5A71096E0");
constexpr TimePoint start{1'700'000'000s};

IBeacon beacon(uint16_t minor, int8_t power = -59) {
  return {.uuid = shop, .major = 1, .minor = minor, .power_dbm = power};
}
EddystoneTlm telemetry(uint16_t battery_mv) {
  return {.battery_mv = battery_mv, .temperature_c = 21.5, .advertisements = 7, .uptime = EddystoneTlm::Uptime(600)};
}

/// A tracker, what it is told and what it said.
class Shop {
public:
  explicit Shop(const BeaconTrackerOptions& options = {}) : tracker(options) {}

  static Sighting sighting(DeviceSlot device, Duration at, int rssi_dbm, AdvertisingProperties properties) {
    Sighting made;
    made.address = Address(0xC00000000000 + device, true);
    made.time = start + at;
    made.rssi_dbm = static_cast<int8_t>(rssi_dbm);
    made.properties = properties;
    return made;
  }

  void hear(DeviceSlot device, const std::vector<BeaconFrame>& frames, Duration at = 0s, int rssi_dbm = -60,
            AdvertisingProperties properties = AdvertisingProperties::legacy) {
    Decoded decoded;
    for (const BeaconFrame& frame : frames) decoded.add(frame);
    tracker.on_decoded(device, sighting(device, at, rssi_dbm, properties), decoded, log_);
  }
  bool hear_again(DeviceSlot device, Duration at = 0s, int rssi_dbm = -60,
                  AdvertisingProperties properties = AdvertisingProperties::legacy) {
    return tracker.on_repeat(device, sighting(device, at, rssi_dbm, properties), log_);
  }
  void advance(Duration to) { tracker.advance(start + to, log_); }

  [[nodiscard]] const TrackedBeacon& get(const BeaconFrame& frame) const {
    const TrackedBeacon* found = tracker.find(*BeaconIdentity::of(frame));
    if (found == nullptr) throw std::runtime_error("the beacon is not tracked");
    return *found;
  }
  [[nodiscard]] std::vector<std::string> types() const {
    std::vector<std::string> names;
    for (const TrackedBeacon* each : tracker.beacons()) names.emplace_back(to_string(each->type()));
    return names;
  }
  std::vector<std::string> take_events() { return std::exchange(events_, {}); }

  BeaconTracker tracker;

private:
  // "expired iBeacon 101 at 30"
  void log(const BeaconEvent& event) {
    std::string line = std::string(to_string(event.kind)) + " " + to_string(event.beacon.type());
    if (const auto* known = std::get_if<IBeacon>(&event.beacon.frame)) line += " " + std::to_string(known->minor);
    events_.push_back(line + " at " +
                      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(event.time - start).count()));
  }

  std::function<void(const BeaconEvent&)> log_ = [this](const BeaconEvent& event) { log(event); };
  std::vector<std::string> events_;
};

TEST(BeaconTracker, KnowsABeaconByWhatItSaysAndNotByItsAddress) {
  Shop shop;
  shop.hear(1, {beacon(101)}, 0s);
  shop.hear(2, {beacon(201)}, 1s);
  shop.hear(3, {beacon(101)}, 2s);
  EXPECT_EQ(shop.tracker.size(), 2U);
  EXPECT_EQ(shop.get(beacon(101)).address, Address(0xC00000000003, true)) << "the one it was last heard from";
  EXPECT_EQ(shop.get(beacon(101)).sightings, 2U);
  EXPECT_EQ(shop.get(beacon(101)).first_seen, start);
  EXPECT_EQ(shop.get(beacon(101)).last_seen, start + 2s);
  EXPECT_THAT(shop.take_events(), ElementsAre("appeared iBeacon 101 at 0", "appeared iBeacon 201 at 1"));
}

TEST(BeaconTracker, CountsByTypeAndListsInOrderOfAppearance) {
  Shop shop;
  shop.hear(1, {beacon(101)});
  shop.hear(2, {*EddystoneUrl::parse("https://mystore.com/offer", -18)});
  shop.hear(3, {beacon(201)});
  shop.hear(1, {beacon(101)});
  EXPECT_THAT(shop.types(), ElementsAre("iBeacon", "Eddystone-URL", "iBeacon"));
  EXPECT_EQ(shop.tracker.count(BeaconType::ibeacon), 2U);
  EXPECT_EQ(shop.tracker.count(BeaconType::eddystone_url), 1U);
  EXPECT_EQ(shop.tracker.count(BeaconType::eddystone_uid), 0U);
}

TEST(BeaconTracker, SmoothsAndEstimatesAsTheWorkedExampleDoes) {
  Shop shop;
  int second = 0;
  for (int rssi : {-68, -72, -65, -70, -66}) shop.hear(1, {beacon(1)}, std::chrono::seconds(second++), rssi);
  EXPECT_NEAR(*shop.get(beacon(1)).smoothed_dbm, -67.8, 0.05);
  EXPECT_NEAR(shop.get(beacon(1)).distance->m, 2.25, 0.01);
  EXPECT_EQ(shop.get(beacon(1)).zone, Zone::near);
}

TEST(BeaconTracker, HasNoZoneBeforeEnoughReadings) {
  Shop shop;
  shop.hear(1, {beacon(1)});
  EXPECT_FALSE(shop.hear_again(2));
  EXPECT_EQ(shop.get(beacon(1)).zone, std::nullopt);
  EXPECT_TRUE(shop.get(beacon(1)).distance);
  EXPECT_TRUE(shop.hear_again(1, 1s));
  EXPECT_TRUE(shop.hear_again(1, 2s));
  EXPECT_EQ(shop.get(beacon(1)).zone, Zone::near);
}

TEST(BeaconTracker, MeasuresFromTheBeaconsPowerUnlessItCannotBeMeant) {
  const EddystoneUid uid{.power_0m_dbm = -18};
  const EddystoneUid faint{.instance_id = {1}, .power_0m_dbm = -128};
  Shop shop;
  shop.hear(1, {beacon(1, -59)}, 0s, -59);
  shop.hear(2, {beacon(2, -69)}, 0s, -69);
  shop.hear(3, {beacon(3, 0)}, 0s, -59);
  shop.hear(4, {uid}, 0s, -59);
  shop.hear(5, {faint}, 0s, -59);
  for (const BeaconFrame& each :
       {BeaconFrame(beacon(1)), BeaconFrame(beacon(2)), BeaconFrame(beacon(3)), BeaconFrame(uid), BeaconFrame(faint)})
    EXPECT_DOUBLE_EQ(shop.get(each).distance->m, 1.0) << to_string(type_of(each));
}

TEST(BeaconTracker, ASightingWithoutRssiIsHeardButMeasuresNothing) {
  Shop shop;
  shop.hear(1, {beacon(1)}, 0s, no_rssi);
  EXPECT_EQ(shop.get(beacon(1)).sightings, 1U);
  EXPECT_EQ(shop.get(beacon(1)).smoothed_dbm, std::nullopt);
  EXPECT_EQ(shop.get(beacon(1)).distance, std::nullopt);
}

TEST(BeaconTracker, TelemetryBelongsToTheIdentityHeardLastFromItsAddress) {
  Shop shop;
  shop.hear(1, {beacon(1)}, 0s);
  shop.hear(2, {EddystoneUid{}}, 0s);
  shop.hear(2, {telemetry(2900)}, 1s);
  EXPECT_EQ(shop.get(EddystoneUid{}).telemetry, telemetry(2900));
  EXPECT_EQ(shop.get(EddystoneUid{}).telemetry_time, start + 1s);
  EXPECT_EQ(shop.get(EddystoneUid{}).sightings, 2U);
  EXPECT_EQ(shop.get(beacon(1)).telemetry, std::nullopt);
  EXPECT_EQ(shop.tracker.count(BeaconType::eddystone_tlm), 0U);
}

TEST(BeaconTracker, AnEidWhoseOwnerIsKnownIsOneBeaconThroughRotationsWithItsTelemetry) {
  EddystoneEid eid;
  eid.set_owner("freezer");
  Shop shop;
  shop.hear(1, {eid}, 0s);
  shop.hear(1, {telemetry(2900)}, 1s);
  eid.eid = {1, 2, 3, 4, 5, 6, 7, 8};
  shop.hear(2, {eid}, 2s);
  shop.hear(2, {telemetry(2890)}, 3s);
  EXPECT_THAT(shop.types(), ElementsAre("Eddystone-EID"));
  EXPECT_EQ(shop.get(eid).frame, BeaconFrame(eid));
  EXPECT_EQ(shop.get(eid).telemetry, telemetry(2890));
  EXPECT_EQ(shop.get(eid).sightings, 4U);
}

TEST(BeaconTracker, TelemetryAloneIsListedUntilItsAddressSaysWhoItIs) {
  Shop shop;
  shop.hear(1, {telemetry(2900)}, 0s);
  shop.hear(1, {telemetry(2890)}, 1s);
  EXPECT_THAT(shop.types(), ElementsAre("Eddystone-TLM"));
  EXPECT_EQ(shop.tracker.beacons()[0]->telemetry, telemetry(2890));

  shop.hear(1, {EddystoneUid{}}, 2s);
  EXPECT_THAT(shop.types(), ElementsAre("Eddystone-UID"));
  EXPECT_EQ(shop.get(EddystoneUid{}).telemetry, telemetry(2890));
  EXPECT_EQ(shop.get(EddystoneUid{}).telemetry_time, start + 1s);
  EXPECT_EQ(shop.tracker.count(BeaconType::eddystone_tlm), 0U);
  EXPECT_THAT(shop.take_events(),
              ElementsAre("appeared Eddystone-TLM at 0", "appeared Eddystone-UID at 2", "absorbed Eddystone-TLM at 2"));
}

TEST(BeaconTracker, ExpiresEachBeaconExactlyWhenItHasBeenSilentTooLong) {
  Shop shop({.presence = {.lost_after = 30s}});
  shop.hear(1, {beacon(1)}, 0s);
  shop.hear(2, {beacon(2)}, 5s);
  shop.hear(1, {beacon(1)}, 10s);
  shop.take_events();
  EXPECT_LE(shop.tracker.next_deadline(), start + 35s);
  shop.advance(35s - 1ns);
  EXPECT_THAT(shop.take_events(), IsEmpty());
  shop.advance(100s);
  EXPECT_THAT(shop.take_events(), ElementsAre("expired iBeacon 2 at 35", "expired iBeacon 1 at 40"));
  EXPECT_EQ(shop.tracker.size(), 0U);
  EXPECT_EQ(shop.tracker.next_deadline(), TimePoint::max());
}

TEST(BeaconTracker, ABeaconThatComesBackAfterItsExpiryIsNew) {
  Shop shop({.presence = {.lost_after = 30s}});
  shop.hear(1, {beacon(1)}, 0s);
  shop.hear(1, {beacon(1)}, 1s);
  shop.hear(1, {beacon(1)}, 2s);
  ASSERT_EQ(shop.get(beacon(1)).zone, Zone::near);
  shop.hear(1, {beacon(1)}, 60s, -80);
  EXPECT_EQ(shop.get(beacon(1)).sightings, 1U);
  EXPECT_EQ(shop.get(beacon(1)).zone, std::nullopt);
  EXPECT_EQ(shop.get(beacon(1)).smoothed_dbm, -80.0);
  EXPECT_THAT(shop.take_events(), ElementsAre("appeared iBeacon 1 at 0", "expired iBeacon 1 at 32", "appeared iBeacon 1 at 60"));
}

TEST(BeaconTracker, MakesRoomByDroppingTheLongestSilentAndCountsIt) {
  Shop shop({.max_beacons = 2});
  shop.hear(1, {beacon(1)}, 0s);
  shop.hear(2, {beacon(2)}, 1s);
  shop.hear(1, {beacon(1)}, 2s);
  shop.hear(3, {beacon(3)}, 3s);
  EXPECT_EQ(shop.tracker.size(), 2U);
  EXPECT_EQ(shop.tracker.find(*BeaconIdentity::of(beacon(2))), nullptr);
  EXPECT_EQ(shop.tracker.statistics().evicted, 1U);
  EXPECT_EQ(shop.take_events().back(), "evicted iBeacon 2 at 3");
  EXPECT_THROW(BeaconTracker({.max_beacons = 0}), UsageError);
}

TEST(BeaconTracker, TakesARepeatedPayloadWithoutItsDecode) {
  Shop shop;
  EXPECT_FALSE(shop.hear_again(1)) << "never decoded";
  shop.hear(1, {beacon(1)}, 0s);
  EXPECT_TRUE(shop.hear_again(1, 1s, -70));
  EXPECT_EQ(shop.get(beacon(1)).sightings, 2U);
  EXPECT_EQ(shop.get(beacon(1)).last_seen, start + 1s);
  EXPECT_EQ(shop.get(beacon(1)).rssi_dbm, -70);
  EXPECT_EQ(shop.tracker.statistics().repeated, 1U);

  shop.hear(2, {}, 2s);
  EXPECT_TRUE(shop.hear_again(2, 3s)) << "known to say nothing";
  EXPECT_EQ(shop.tracker.size(), 1U);
}

TEST(BeaconTracker, RemembersAScanResponseApartFromTheAdvertisement) {
  const auto scan_response = AdvertisingProperties::legacy | AdvertisingProperties::scan_response;
  Shop shop;
  shop.hear(1, {beacon(1)}, 0s);
  shop.hear(1, {}, 0s, -60, scan_response);
  EXPECT_TRUE(shop.hear_again(1, 1s));
  EXPECT_TRUE(shop.hear_again(1, 1s, -60, scan_response));
  EXPECT_EQ(shop.get(beacon(1)).sightings, 2U) << "the scan response names no beacon";
}

TEST(BeaconTracker, AsksForADecodeWhereTheRememberedBeaconIsGone) {
  Shop shop({.presence = {.lost_after = 30s}});
  shop.hear(1, {beacon(1)}, 0s);
  EXPECT_FALSE(shop.hear_again(1, 31s)) << "it has expired";
  shop.hear(2, {beacon(2)}, 31s);
  EXPECT_FALSE(shop.hear_again(1, 31s)) << "its entry serves another by now";
  shop.tracker.forget(2);
  EXPECT_FALSE(shop.hear_again(2, 32s)) << "the slot was given to another device";
  shop.hear(3, {beacon(3), EddystoneUid{}}, 33s);
  EXPECT_FALSE(shop.hear_again(3, 33s)) << "several beacons in one payload are decoded each time";
  EXPECT_EQ(shop.tracker.size(), 3U);
}

TEST(BeaconTracker, ASightingThatComesLateDoesNotTurnTimeBack) {
  Shop shop({.presence = {.lost_after = 30s}});
  shop.hear(1, {beacon(1)}, 10s);
  shop.hear(2, {beacon(2)}, 5s);
  EXPECT_EQ(shop.get(beacon(2)).last_seen, start + 10s);
  shop.advance(40s);
  EXPECT_EQ(shop.tracker.size(), 0U);
}

TEST(BeaconTracker, AllocatesNothingOnceWarm) {
  Shop shop;
  const BeaconTracker& tracker = shop.tracker;
  Decoded decoded;
  const auto ignore = [](const BeaconEvent&) {};
  const auto round = [&](int second) {
    for (DeviceSlot device = 0; device < 200; ++device) {
      const Sighting sighting = Shop::sighting(device, std::chrono::seconds(second), -60, AdvertisingProperties::legacy);
      if (second % 2 == 0 && shop.tracker.on_repeat(device, sighting, ignore)) continue;
      decoded.clear();
      decoded.add(beacon(static_cast<uint16_t>(device)));
      shop.tracker.on_decoded(device, sighting, decoded, ignore);
    }
  };
  for (int second = 0; second < 64; ++second) round(second);
  const size_t before = allocations();
  for (int second = 64; second < 128; ++second) round(second);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(tracker.size(), 200U);
}

// Any story told to it leaves it in order: what it lists, counts and finds is the same, bounded, and nobody is silent too long.
RC_GTEST_PROP(BeaconTracker, StaysInOrderWhateverItHears, ()) {
  BeaconTracker tracker({.presence = {.lost_after = 30s}, .max_beacons = 8});
  std::map<std::string, int64_t> events;
  const auto count = [&](const BeaconEvent& event) { ++events[to_string(event.kind)]; };
  const size_t steps = *rc::gen::inRange<size_t>(0, 200);
  TimePoint now = start;
  for (size_t step = 0; step < steps; ++step) {
    now += std::chrono::milliseconds(*rc::gen::inRange(-500, 5000));
    const auto device = *rc::gen::inRange<DeviceSlot>(0, 6);
    Sighting sighting = Shop::sighting(device, now - start, *rc::gen::inRange(-100, 21), AdvertisingProperties::legacy);
    if (*rc::gen::inRange(0, 4) == 0 && tracker.on_repeat(device, sighting, count)) continue;
    Decoded decoded;
    const auto frames = *rc::gen::inRange(0, 3);
    for (int i = 0; i < frames; ++i)
      decoded.add(
          *rc::gen::oneOf(rc::gen::map(rc::gen::inRange<uint16_t>(0, 12), [](uint16_t n) { return BeaconFrame(beacon(n)); }),
                          rc::gen::just(BeaconFrame(telemetry(3000))), rc::gen::just(BeaconFrame(EddystoneUid{}))));
    tracker.on_decoded(device, sighting, decoded, count);

    const auto beacons = tracker.beacons();
    RC_ASSERT(beacons.size() == tracker.size());
    RC_ASSERT(tracker.size() <= 8U);
    std::array<size_t, beacon_type_count> counts{};
    TimePoint latest = TimePoint::min();
    for (const TrackedBeacon* each : beacons) {
      ++counts[each->frame.index()];
      latest = std::max(latest, each->last_seen);
      if (const auto identity = BeaconIdentity::of(each->frame)) RC_ASSERT(tracker.find(*identity) == each);
    }
    for (const TrackedBeacon* each : beacons) RC_ASSERT(each->last_seen + 30s > latest);
    for (size_t type = 0; type < counts.size(); ++type) RC_ASSERT(tracker.count(static_cast<BeaconType>(type)) == counts[type]);
    RC_ASSERT(events["appeared"] - events["expired"] - events["absorbed"] - events["evicted"] ==
              static_cast<int64_t>(tracker.size()));
  }
}

}  // namespace
}  // namespace moor
