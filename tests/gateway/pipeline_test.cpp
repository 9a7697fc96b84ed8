#include "moor/pipeline.hpp"

#include "moor/beacon.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr uint64_t phone = 0x400000000002;
constexpr uint64_t sensor = 0xC00000000001;
constexpr std::string_view phone_payload = "020106 05ff4c001001";
constexpr std::string_view sensor_payload = "020106 03030f18";
constexpr std::string_view sensor_name = "07094d6f6f722d31";  // "Moor-1"

class Notes final : public PipelineListener {
public:
  void on_device(DeviceSlot slot, const Device&) override { add("device {}", slot); }
  void on_forgotten(DeviceSlot slot, const Device&) override { add("forgotten {}", slot); }
  void on_decoded(DeviceSlot slot, const Device&, const Decoded& decoded, TimePoint) override {
    add("decoded {} {}", slot, decoded.format());
  }
  void on_beacon(const BeaconEvent& event) override { add("beacon {}", to_string(event.kind)); }
  void on_presence(const Device&, const PresenceReading& reading, VisitorId visitor) override {
    last_reading = reading;
    last_visitor = visitor;
    if (reading.event != PresenceEvent::none) add("{} {}", to_string(reading.event), to_string(reading.zone.value_or(Zone::far)));
  }
  void on_visit(const Visit& visit) override {
    visits.push_back(visit);
    add("visit {} {} s {}", visit.visitor, to_seconds(visit.dwell()), to_string(visit.end));
  }
  void on_traffic(const ZoneTraffic& traffic) override { add("traffic {} of {}", traffic.entries, traffic.visitors); }

  std::vector<std::string> lines;
  std::vector<Visit> visits;
  std::optional<PresenceReading> last_reading;
  VisitorId last_visitor = 0;

private:
  template <typename... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    lines.push_back(fmt::format(format, std::forward<Values>(values)...));
  }
};

class PipelineTest : public testing::Test {
protected:
  PipelineTest() {
    options_.visitor_of = [this](const Address& address, TimePoint) {
      ++asked_;
      return address.bits() & 0xFF;
    };
  }
  Pipeline& pipeline() {
    if (!pipeline_) pipeline_ = std::make_unique<Pipeline>(options_, notes_);
    return *pipeline_;
  }
  static TimePoint at(Duration t) { return TimePoint(24h) + t; }
  void hear(uint64_t address, Duration t, int8_t rssi_dbm, Bytes payload, bool response = false) {
    Sighting sighting;
    sighting.address = Address(address, true);
    sighting.time = at(t);
    sighting.rssi_dbm = rssi_dbm;
    sighting.properties = AdvertisingProperties::legacy;
    if (response) sighting.properties = sighting.properties | AdvertisingProperties::scan_response;
    sighting.set_payload(payload, ring_);
    pipeline().on_sightings({&sighting, 1});
  }
  void hear(uint64_t address, Duration t, int8_t rssi_dbm, std::string_view payload, bool response = false) {
    hear(address, t, rssi_dbm, Bytes(*from_hex(payload)), response);
  }
  std::vector<std::string> take_lines() { return std::exchange(notes_.lines, {}); }

  PayloadRing ring_;
  PipelineOptions options_;
  Notes notes_;
  int asked_ = 0;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(PipelineTest, AVisitLastsFromTheFirstZoneToTheLastSighting) {
  for (int second = 0; second < 20; ++second) hear(phone, second * 1s, -60, phone_payload);
  EXPECT_THAT(take_lines(), ElementsAre("device 0", "entered near"));
  EXPECT_EQ(pipeline().visits().size(), 1U);
  pipeline().advance(at(49s));
  EXPECT_THAT(take_lines(), ElementsAre("lost far", "visit 2 17 s lost"));
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(notes_.visits.at(0).entered, at(2s));
  EXPECT_EQ(notes_.visits.at(0).zone, zone_id(Zone::near));
}

TEST_F(PipelineTest, AVisitorHasNoNumberBeforeItsFirstZoneAndANewOneAfterALoss) {
  hear(phone, 0s, -60, phone_payload);
  EXPECT_EQ(notes_.last_visitor, 0U);
  hear(phone, 1s, -60, phone_payload);
  hear(phone, 2s, -60, phone_payload);
  EXPECT_EQ(notes_.last_visitor, 2U);
  for (int second = 100; second < 103; ++second) hear(phone, second * 1s, -60, phone_payload);
  EXPECT_EQ(asked_, 2);
}

TEST_F(PipelineTest, APayloadIsDecodedOnceForAllItsRepeats) {
  const auto beacon = encode_advertisement(IBeacon{.uuid = Uuid(1, 2), .major = 3, .minor = 4, .power_dbm = -59});
  for (int second = 0; second < 10; ++second) hear(sensor, second * 1s, -60, beacon);
  EXPECT_EQ(pipeline().statistics().sightings, 10U);
  EXPECT_EQ(pipeline().statistics().decoded, 1U);
  EXPECT_THAT(take_lines(), ElementsAre("device 0", "decoded 0 iBeacon", "beacon appeared", "entered near"));
  EXPECT_EQ(pipeline().format_of(0), "iBeacon");
  EXPECT_EQ(pipeline().beacons().beacons().at(0)->sightings, 10U);
}

TEST_F(PipelineTest, TelemetryThatRepeatsCountsForItsBeaconButIsToldOnce) {
  const auto telemetry = encode_advertisement(EddystoneTlm{.battery_mv = 3000, .temperature_c = 20.5});
  hear(sensor, 0s, -60, telemetry);
  hear(sensor, 1s, -60, telemetry);
  EXPECT_THAT(take_lines(), ElementsAre("device 0", "decoded 0 Eddystone-TLM", "beacon appeared"));
  EXPECT_EQ(pipeline().beacons().beacons().at(0)->sightings, 2U);
}

TEST_F(PipelineTest, ABeaconsOwnPowerCountsForItsDistance) {
  const auto beacon = encode_advertisement(IBeacon{.uuid = Uuid(1, 2), .major = 3, .minor = 4, .power_dbm = -70});
  hear(sensor, 0s, -70, beacon);
  EXPECT_DOUBLE_EQ(notes_.last_reading->distance->m, 1);
}

TEST_F(PipelineTest, ABeaconsOwnPowerDoesNotCountWhereItIsNotTrusted) {
  options_.trust_beacon_power = false;
  const auto beacon = encode_advertisement(IBeacon{.uuid = Uuid(1, 2), .major = 3, .minor = 4, .power_dbm = -70});
  hear(sensor, 0s, -59, beacon);
  EXPECT_DOUBLE_EQ(notes_.last_reading->distance->m, 1);
}

TEST_F(PipelineTest, WhatTheFilterHoldsBackMakesNoDevice) {
  options_.filter.min_rssi_dbm = -70;
  hear(phone, 0s, -71, phone_payload);
  EXPECT_THAT(take_lines(), IsEmpty());
  EXPECT_EQ(pipeline().devices().size(), 0U);
  EXPECT_EQ(pipeline().statistics().filtered, 1U);
  hear(phone, 1s, -70, phone_payload);
  EXPECT_THAT(take_lines(), ElementsAre("device 0"));
}

TEST_F(PipelineTest, ADeviceIsToldOnceItsNameIsKnown) {
  options_.filter.name = "Moor-*";
  hear(sensor, 0s, -60, sensor_payload);
  EXPECT_THAT(take_lines(), IsEmpty());
  EXPECT_EQ(pipeline().statistics().filtered, 1U);
  hear(sensor, 1s, -60, sensor_name, true);
  hear(sensor, 2s, -60, sensor_payload);
  EXPECT_THAT(take_lines(), ElementsAre("device 0"));
  EXPECT_EQ(pipeline().presence().statistics().samples, 2U);
}

TEST_F(PipelineTest, WhatWasNeverToldIsForgottenInSilence) {
  options_.filter.name = "Moor-*";
  options_.devices.forget_after = 60s;
  hear(phone, 0s, -60, phone_payload);
  pipeline().advance(at(60s));
  EXPECT_EQ(pipeline().devices().forgotten(), 1U);
  EXPECT_THAT(take_lines(), IsEmpty());
}

TEST_F(PipelineTest, ADeviceThatMakesRoomEndsItsVisitAndLeavesNothingToTheNext) {
  options_.devices.max_devices = 1;
  const auto beacon = encode_advertisement(IBeacon{.uuid = Uuid(1, 2), .major = 3, .minor = 4, .power_dbm = -40});
  for (int second = 0; second < 5; ++second) hear(sensor, second * 1s, -60, beacon);
  (void)take_lines();
  hear(phone, 10s, -59, phone_payload);
  EXPECT_THAT(take_lines(), ElementsAre("visit 1 2 s lost", "forgotten 0", "device 0"));
  EXPECT_EQ(pipeline().format_of(0), "");
  EXPECT_DOUBLE_EQ(notes_.last_reading->distance->m, 1) << "not the beacon's power";
  EXPECT_EQ(notes_.last_visitor, 0U);
  pipeline().advance(at(1min));
  EXPECT_THAT(take_lines(), ElementsAre("beacon expired"));
}

TEST_F(PipelineTest, BeaconsShareTheirPlacesWithThoseWhoCameBefore) {
  options_.devices.max_devices = 1;
  for (uint8_t number = 1; number <= 100; ++number) {
    const auto beacon = encode_advertisement(IBeacon{.uuid = Uuid(1, number), .major = 3, .minor = 4, .power_dbm = -59});
    hear(sensor + number, number * 1s, -60, beacon);
  }
  EXPECT_EQ(pipeline().devices().evicted(), 99U);
  EXPECT_EQ(pipeline().beacons().statistics().appeared, 100U);
}

TEST_F(PipelineTest, TheNextDeadlineIsNotAfterWhatIsDue) {
  EXPECT_EQ(pipeline().next_deadline(), TimePoint::max());
  for (int second = 0; second < 3; ++second) hear(phone, second * 1s, -60, phone_payload);
  (void)take_lines();
  while (notes_.lines.empty()) {
    const TimePoint next = pipeline().next_deadline();
    ASSERT_LE(next, at(32s));
    pipeline().advance(std::max(next, at(2s) + 1ns));
    if (notes_.lines.empty()) {
      ASSERT_NE(pipeline().next_deadline(), next) << "it must not stand still";
    }
  }
  EXPECT_THAT(notes_.lines, testing::Contains("lost far"));
  EXPECT_EQ(notes_.last_reading->time, at(32s));
}

TEST_F(PipelineTest, TrafficIsToldWhenItsHourIsOver) {
  for (int second = 0; second < 3; ++second) {
    hear(phone, second * 1s, -60, phone_payload);
    hear(sensor, second * 1s, -65, sensor_payload);
  }
  (void)take_lines();
  pipeline().advance(at(1h));
  EXPECT_THAT(take_lines(), testing::Contains("traffic 2 of 2"));
}

TEST_F(PipelineTest, ClosingEndsWhatGoesOn) {
  for (int second = 0; second < 10; ++second) hear(phone, second * 1s, -60, phone_payload);
  (void)take_lines();
  pipeline().close(at(9s));
  EXPECT_THAT(take_lines(), ElementsAre("visit 2 7 s closed", "traffic 1 of 1"));
}

TEST_F(PipelineTest, APayloadThatTheRingForgotIsCountedAndNotDecoded) {
  const std::vector<uint8_t> long_payload(1000, 0);
  Sighting old;
  old.address = Address(phone, true);
  old.time = at(0s);
  old.rssi_dbm = -60;
  old.set_payload(long_payload, ring_);
  for (int i = 0; i < 1000; ++i) (void)ring_.put(long_payload);
  pipeline().on_sightings({&old, 1});
  EXPECT_EQ(pipeline().statistics().payload_lost, 1U);
  EXPECT_EQ(pipeline().statistics().decoded, 0U);
  EXPECT_EQ(pipeline().devices().size(), 1U);
}

TEST_F(PipelineTest, ASightingFromThePastStopsNothing) {
  for (int second = 10; second < 13; ++second) hear(phone, second * 1s, -60, phone_payload);
  hear(sensor, 0s, -60, sensor_payload);
  hear(phone, 5s, -60, phone_payload);
  EXPECT_EQ(pipeline().presence().statistics().out_of_order, 1U);
  EXPECT_EQ(pipeline().statistics().sightings, 5U);
  EXPECT_THAT(take_lines(), Not(testing::Contains(HasSubstr("lost"))));
}

}  // namespace
}  // namespace moor
