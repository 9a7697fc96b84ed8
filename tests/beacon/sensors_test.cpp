// Inkbird, ThermoPro, SensorPush and Oral-B. Their advertisements are examples of Bluetooth-Devices' decoders for Home Assistant.

#include "beacon/readings.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>

namespace moor {
namespace {

const Uuid inkbird_service(0xFFF0);
const Uuid sensorpush_service = *Uuid::parse("ef090000-11d6-42ba-93b8-9dd7ec090ab0");
const Uuid ht1_service = *Uuid::parse("ef090000-11d6-42ba-93b8-9dd7ec090aa9");

struct Device {
  std::string_view name;
  std::vector<Uuid> services;
  std::vector<std::string_view> data;  // with what stands where the company identifier does
};

Decoded decode_all(const Device& device, size_t cut = 1000) {
  AdvertisementBuilder builder;
  if (!device.services.empty()) builder.service_uuids(device.services);
  if (!device.name.empty()) builder.complete_name(device.name);
  for (std::string_view hex : device.data) {
    auto whole = *from_hex(hex);
    whole.resize(std::min(whole.size(), cut));
    builder.add(AdType::manufacturer_data, whole);
  }
  Decoded decoded;
  decode(AdvertisementData(builder.bytes()), decoded);
  return decoded;
}

bool has(const Decoded& decoded, Quantity quantity) {
  return std::ranges::any_of(decoded.readings(), [=](const Reading& reading) { return reading.quantity == quantity; });
}

// Cut short at any byte but those after which a form of its own may end.
void expect_refused_where_cut(const Device& device, std::initializer_list<size_t> forms = {}) {
  const size_t whole = device.data[0].size() / 2;
  ASSERT_FALSE(decode_all(device).readings().empty()) << device.data[0];
  for (size_t size = 2; size < whole; ++size) {
    const bool is_a_form = std::ranges::find(forms, size) != forms.end();
    EXPECT_EQ(decode_all(device, size).readings().empty(), !is_a_form) << device.data[0] << " cut to " << size;
  }
}

TEST(Inkbird, ThermometerIsKnownByItsServiceAndChecksumAlone) {
  const Decoded decoded = decode_all({{}, {inkbird_service}, {"fc07c71200c83d5606"}});
  EXPECT_EQ(decoded.format(), "Inkbird");
  EXPECT_EQ(decoded.attribute("model"), "IBS-TH");
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::temperature), 20.44);
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::humidity), 48.07);
  EXPECT_EQ(value_of(decoded, Quantity::battery), 86);
  EXPECT_TRUE(decode_all({{}, {inkbird_service}, {"fd07c71200c83d5606"}}).empty()) << "one bit off";
  EXPECT_TRUE(decode_all({{}, {}, {"fc07c71200c83d5606"}}).empty()) << "nothing leads to it";
}

TEST(Inkbird, IsReadOnceHoweverManySignsItBears) {
  EXPECT_EQ(decode_all({"sps", {inkbird_service}, {"fc07c71200c83d5606"}}).readings().size(), 3U);
  EXPECT_EQ(decode_all({"IBS-P02B", {inkbird_service}, {"492411180065d00000005a00800000000000"}}).readings().size(), 2U);
}

TEST(Inkbird, ThermometerWithoutAHygrometerSaysNoHumidity) {
  const Decoded decoded = decode_all({"tps", {inkbird_service}, {"4808000000c66e0d06"}});
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::temperature), 21.2);
  EXPECT_FALSE(has(decoded, Quantity::humidity));
}

TEST(Inkbird, NewestOfSeveralMeasurementsIsTheLast) {
  EXPECT_DOUBLE_EQ(
      value_of(decode_all({{}, {inkbird_service}, {"980800000007bc0008", "c00800000026710008"}}), Quantity::temperature), 22.4);
}

TEST(Inkbird, GrillThermometerMarksTheProbesThatAreUnplugged) {
  const Decoded decoded = decode_all({"xBBQ", {}, {"01000000561100007f73f800ffff"}});
  EXPECT_EQ(decoded.attribute("model"), "xBBQ-2");
  ASSERT_EQ(decoded.readings().size(), 2U);
  EXPECT_DOUBLE_EQ(decoded.readings()[0].value, 24.8);
  EXPECT_FALSE(decoded.readings()[1].valid);
}

TEST(Inkbird, AirMonitorSpeaksCelsiusWhateverItShows) {
  const Decoded decoded = decode_all({{}, {}, {"5432006200a13e2c6a4202d001be025f72"}});
  EXPECT_NEAR(value_of(decoded, Quantity::temperature), 22.2222, 1e-4);
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::humidity), 44.6);
  EXPECT_EQ(value_of(decoded, Quantity::carbon_dioxide), 607);
}

TEST(Inkbird, IsRefusedWhereItIsCutShort) {
  expect_refused_where_cut({"sps", {inkbird_service}, {"fc07c71200c83d5606"}});
  expect_refused_where_cut({"ITH-11-B", {inkbird_service}, {"49240812005e00005d036400640800000000"}});
  expect_refused_where_cut({"iBBQ", {}, {"0000000030e2837db5020401fa000401fa00"}}, {12, 14});
  expect_refused_where_cut({{}, {}, {"5432006200a13e2c6a4202d001be025f72"}});
}

TEST(Inkbird, DoesNotClaimWhatCannotBe) {
  EXPECT_TRUE(decode_all({"sps", {inkbird_service}, {"fc07ffff00c83d5606"}}).empty()) << "humidity";
  EXPECT_TRUE(decode_all({"sps", {inkbird_service}, {"fc07c71200c83dff06"}}).empty()) << "battery";
  EXPECT_TRUE(decode_all({"ITH-11-B", {inkbird_service}, {"49240812005e0000ffff6400640800000000"}}).empty());
  EXPECT_TRUE(decode_all({"other", {inkbird_service}, {"49250812005e00005d036400640800000000"}}).empty()) << "not its address";
}

TEST(ThermoPro, ThermometerIsKnownByItsName) {
  const Decoded decoded = decode_all({"TP357S (2142)", {}, {"c2ee0029220b01"}});
  EXPECT_EQ(decoded.format(), "ThermoPro");
  EXPECT_EQ(decoded.attribute("model"), "TP357S");
  EXPECT_DOUBLE_EQ(value_of(decoded, Quantity::temperature), 23.8);
  EXPECT_EQ(value_of(decoded, Quantity::humidity), 41);
  EXPECT_EQ(value_of(decoded, Quantity::battery), 100);
  for (std::string_view other : {"TP35", "TP900 (2142)", "TX357S", "TP"})
    EXPECT_EQ(decode_all({other, {}, {"c2ee0029220b01"}}).empty(), other != "TP35") << other;
}

TEST(ThermoPro, ThermometerMarksAMeasurementThatItHasNot) {
  const Decoded decoded = decode_all({"TP357S (3C62)", {}, {"c2ffffff220b01"}});
  EXPECT_TRUE(has(decoded, Quantity::temperature));
  EXPECT_TRUE(std::isnan(value_of(decoded, Quantity::temperature)));
  EXPECT_TRUE(std::isnan(value_of(decoded, Quantity::humidity)));
}

TEST(ThermoPro, ProbeSaysWhichItIs) {
  const Decoded decoded = decode_all({"TP962R (0000)", {}, {"0137003b0b3700"}});
  EXPECT_EQ(value_of(decoded, Quantity::channel), 2);
  EXPECT_EQ(value_of(decoded, Quantity::temperature, 0), 25);
  EXPECT_EQ(value_of(decoded, Quantity::temperature, 1), 25);
  EXPECT_EQ(value_of(decoded, Quantity::battery), 100);
}

TEST(ThermoPro, ProbeWithThreePointsIsConvertedFromFahrenheit) {
  const Decoded decoded = decode_all({"TP972S", {}, {"0072006a0a33d3b8420040ae426606ae426c54737744f8"}});
  EXPECT_NEAR(value_of(decoded, Quantity::temperature, 0), 3.6, 0.05);
  EXPECT_NEAR(value_of(decoded, Quantity::temperature, 3), 15.6, 0.05);
  EXPECT_TRUE(decode_all({"TP972S", {}, {"0072006a0a0000c07f0040ae426606ae426c54737744f8"}}).empty()) << "not a number";
}

TEST(ThermoPro, IsRefusedWhereItIsCutShort) {
  expect_refused_where_cut({"TP357 (2142)", {}, {"c2f1001d022c"}});
  expect_refused_where_cut({"TP960R (0000)", {}, {"003a0030083800"}});
  expect_refused_where_cut({"TP972S", {}, {"0072006a0a33d3b8420040ae426606ae426c54737744f8"}}, {7, 13});
}

TEST(SensorPush, ModelIsInTheData) {
  const Decoded decoded = decode_all({{}, {sensorpush_service}, {"049ac9a546"}});
  EXPECT_EQ(decoded.format(), "SensorPush");
  EXPECT_EQ(decoded.attribute("model"), "HT.w");
  EXPECT_NEAR(value_of(decoded, Quantity::temperature), 20.53, 0.006);
  EXPECT_NEAR(value_of(decoded, Quantity::humidity), 44.9, 0.006);
  const Decoded barometer = decode_all({{}, {sensorpush_service}, {"005e365b3abbb6"}});
  EXPECT_EQ(barometer.attribute("model"), "HTP.xw");
  EXPECT_GT(value_of(barometer, Quantity::pressure), 990);
  EXPECT_LT(value_of(barometer, Quantity::pressure), 1010);
}

TEST(SensorPush, OtherPagesAreNoMeasurements) {
  EXPECT_TRUE(decode_all({{}, {sensorpush_service}, {"059ac9a546"}}).empty());
  EXPECT_TRUE(decode_all({{}, {sensorpush_service}, {"409ac9a546"}}).empty()) << "an unknown model";
  EXPECT_TRUE(decode_all({{}, {}, {"049ac9a546"}}).empty()) << "another service";
}

TEST(SensorPush, OldModelSpeaksBesideAnIBeacon) {
  const Decoded decoded = decode_all({"s", {ht1_service}, {"34486205", "4c000215ef09000011d642ba93b89dd7ec090aa900010956c8"}});
  EXPECT_EQ(decoded.format(), "SensorPush");
  EXPECT_EQ(decoded.frames().size(), 1U);
  EXPECT_NEAR(value_of(decoded, Quantity::temperature), 13.94, 0.006);
  EXPECT_NEAR(value_of(decoded, Quantity::humidity), 58.09, 0.006);
}

TEST(SensorPush, IsRefusedWhereItIsCutShort) {
  expect_refused_where_cut({{}, {sensorpush_service}, {"049ac9a546"}});
  expect_refused_where_cut({{}, {sensorpush_service}, {"005e365b3abbb6"}});
  expect_refused_where_cut({"s", {ht1_service}, {"34486205"}});
}

TEST(OralB, SaysHowOneBrushes) {
  const Decoded decoded = decode_all({{}, {}, {"dc0003220c03c0013007043c04"}});
  EXPECT_EQ(decoded.format(), "Oral-B");
  EXPECT_EQ(decoded.attribute("model"), "Genius Series D701");
  EXPECT_EQ(decoded.attribute("state"), "running");
  EXPECT_EQ(decoded.attribute("mode"), "turbo");
  EXPECT_EQ(decoded.attribute("pressure"), "high");
  EXPECT_EQ(value_of(decoded, Quantity::pressure_detected), 1);
  EXPECT_EQ(value_of(decoded, Quantity::running), 1);
  EXPECT_EQ(value_of(decoded, Quantity::elapsed_time), 108);
  EXPECT_EQ(value_of(decoded, Quantity::sector), 4);
  EXPECT_EQ(value_of(decoded, Quantity::duration), 60);
}

TEST(OralB, NamesTheNumbersThatItDoesNotKnow) {
  const Decoded decoded = decode_all({{}, {}, {"dc0003ff0ccd00000163010004"}});
  EXPECT_EQ(decoded.attribute("model"), "");
  EXPECT_EQ(decoded.attribute("state"), "unknown state 205");
  EXPECT_EQ(decoded.attribute("mode"), "unknown mode 99");
  EXPECT_EQ(value_of(decoded, Quantity::sector), 0) << "it does not brush";
}

TEST(OralB, IsRefusedWhereItIsCutShort) {
  expect_refused_where_cut({{}, {}, {"dc0003220c03c0013007043c04"}}, {11});
}

}  // namespace
}  // namespace moor
