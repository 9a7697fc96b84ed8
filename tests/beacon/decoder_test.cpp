#include "moor/decoder.hpp"

#include "beacon/generators.hpp"
#include "beacon/registry.hpp"
#include "support/allocation_counter.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace moor {
namespace {

using testing::ElementsAre;

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

Decoded decoded(Bytes payload) {
  Decoded result;
  decode(AdvertisementData(payload), result);
  return result;
}

constexpr std::string_view ibeacon = "1aff4c000215e2c56db5dffb48d2b060d0f5a71096e000010065c5";
constexpr std::string_view telemetry = "1116aafe20000b1813800000146700002ac4";

RC_GTEST_PROP(Decode, GivesBackEveryFrameThatWasEncoded, ()) {
  const BeaconFrame frame = *any_frame();
  const auto payload = encode_advertisement(frame);
  RC_ASSERT(payload.size() <= 31U);
  const Decoded result = decoded(payload);
  RC_ASSERT(result.frames().size() == 1U);
  RC_ASSERT(result.frames()[0] == frame);
  RC_ASSERT(result.format() == to_string(type_of(frame)));
}

RC_GTEST_PROP(Decode, EveryTextThatWasOnTheAirCanBeSentAgain, ()) {
  const EddystoneUrl url = *any_url();
  const auto again = EddystoneUrl::parse(url.text(), url.power_0m_dbm());
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == url);
}

RC_GTEST_PROP(Decode, OfAnyBytesReadsOnlyThem, (const std::vector<uint8_t>& payload)) {
  const std::vector<uint8_t> exact(payload);
  const Decoded result = decoded(exact);
  for (const BeaconFrame& frame : result.frames()) RC_ASSERT(decoded(encode_advertisement(frame)).frames()[0] == frame);
}

RC_GTEST_PROP(Decode, OfADamagedFrameReadsOnlyWhatIsThere, ()) {
  auto payload = encode_advertisement(*any_frame());
  payload.resize(*rc::gen::inRange<size_t>(0, payload.size() + 1));
  if (!payload.empty()) payload[*rc::gen::inRange<size_t>(0, payload.size())] = *rc::gen::arbitrary<uint8_t>();
  RC_ASSERT(decoded(std::vector<uint8_t>(payload)).frames().size() <= Decoded::max_frames);
}

TEST(Decode, FindsAnIBeaconBesideAnotherMessageOfApple) {
  const Decoded result = decoded(bytes("0aff4c0010050a1c77f95b" + std::string(ibeacon)));
  ASSERT_EQ(result.frames().size(), 1U);
  EXPECT_EQ(std::get<IBeacon>(result.frames()[0]).minor, 101);
  EXPECT_EQ(result.format(), "iBeacon");
}

TEST(Decode, KeepsEveryFrameOfAnExtendedAdvertisementUpToItsRoomAndCountsTheRest) {
  std::vector<uint8_t> payload;
  for (uint16_t minor = 0; minor < 7; ++minor) {
    AdvertisementBuilder builder;
    encode(IBeacon{.minor = minor}, builder);
    payload.insert(payload.end(), builder.bytes().begin(), builder.bytes().end());
  }
  const Decoded result = decoded(payload);
  ASSERT_EQ(result.frames().size(), Decoded::max_frames);
  EXPECT_EQ(std::get<IBeacon>(result.frames().back()).minor, 3);
  EXPECT_EQ(result.dropped(), 3U);
}

TEST(Decode, BoundsReadingsAndNumbersRepeats) {
  std::string payload;
  for (int i = 0; i < 9; ++i) payload += telemetry;
  const Decoded result = decoded(bytes(payload));
  EXPECT_EQ(result.readings().size(), Decoded::max_readings);
  EXPECT_EQ(result.readings().back(), (Reading{.value = 1094.8, .quantity = Quantity::duration, .index = 7}));
  EXPECT_EQ(result.dropped(), 4U + 5U) << "readings and frames";
}

TEST(Decode, TurnsTelemetryIntoReadings) {
  EXPECT_THAT(decoded(bytes(telemetry)).readings(), ElementsAre(Reading{.value = 2.84, .quantity = Quantity::voltage},
                                                                Reading{.value = 19.5, .quantity = Quantity::temperature},
                                                                Reading{.value = 5223, .quantity = Quantity::count},
                                                                Reading{.value = 1094.8, .quantity = Quantity::duration}));
  const Decoded without = decoded(bytes("1116aafe2000 0000 8000 00000001 00000002"));
  EXPECT_THAT(without.readings(), ElementsAre(Reading{.quantity = Quantity::voltage, .valid = false},
                                              Reading{.quantity = Quantity::temperature, .valid = false},
                                              Reading{.value = 1, .quantity = Quantity::count},
                                              Reading{.value = 0.2, .quantity = Quantity::duration}));
}

TEST(Decode, NamesTheFormatThatBringsReadingsBeforeOneThatOnlyIdentifies) {
  EXPECT_EQ(decoded(bytes(std::string(ibeacon) + std::string(telemetry))).format(), "Eddystone-TLM");
  EXPECT_EQ(decoded(bytes(std::string(telemetry) + std::string(ibeacon))).format(), "Eddystone-TLM");
}

TEST(Decode, FindsNothingInWhatOnlyLooksAlike) {
  for (std::string_view other : {
           "",                                                        // nothing
           "1aff4d000215e2c56db5dffb48d2b060d0f5a71096e000010065c5",  // another company
           "1416aafe4010112233445566778899aabbccddeeff00",            // Google's Find Hub
           "0316aafe",                                                // service data without content
           "0416aafe10",                                              // cut short
           "0303aafe",                                                // the service alone
           "1516abfe00e700010203040506070809010203040506",            // another service
       }) {
    const Decoded result = decoded(bytes(other));
    EXPECT_TRUE(result.empty()) << other;
    EXPECT_TRUE(result.frames().empty()) << other;
  }
}

TEST(Decode, ReadsTheServiceAlsoInItsLongerForms) {
  const std::string uid = "00e700010203040506070809010203040506";
  EXPECT_EQ(decoded(bytes("1720aafe0000" + uid)).format(), "Eddystone-UID");
  EXPECT_EQ(decoded(bytes("2321fb349b5f80000080001000 00aafe0000" + uid)).format(), "Eddystone-UID");
}

TEST(Decode, GivesNoFrameMoreRoomThanTheLongestUrlTakes) {
  EXPECT_EQ(sizeof(BeaconFrame), sizeof(std::variant<EddystoneUrl, EddystoneTlm>));
}

TEST(Decode, ForgetsWhatTheResultHeldBefore) {
  Decoded result;
  const auto payload = bytes(std::string(ibeacon) + std::string(telemetry));
  decode(AdvertisementData(payload), result);
  decode(AdvertisementData(), result);
  EXPECT_TRUE(result.empty());
  EXPECT_TRUE(result.frames().empty());
  EXPECT_TRUE(result.readings().empty());
}

TEST(Decode, AllocatesNothing) {
  const auto payload = bytes(std::string(ibeacon) + std::string(telemetry));
  Decoded result;
  const size_t before = allocations();
  decode(AdvertisementData(payload), result);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(result.frames().size(), 2U);
}

// Formats of this test only, to show how the registry chooses.
std::string_view claim_all(const Candidate&, Decoded& into) noexcept {
  into.add(Quantity::count, 1);
  return "general";
}
std::string_view claim_special(const Candidate& candidate, Decoded&) noexcept {
  return !candidate.data.empty() && candidate.data[0] == 0x77 ? "special" : "";
}
std::string_view claim_scale(const Candidate& candidate, Decoded&) noexcept {
  return candidate.advertisement.has_service(Uuid(0x181D)) ? "scale" : "";
}
std::string_view claim_listed(const Candidate&, Decoded&) noexcept {
  return "listed";
}
constexpr Uuid vendor(0xcba20d00224d11e6, 0x9fb80002a5d5c51b);
constexpr Family test_families[] = {
    {manufacturer_data(0x0499), claim_special},   {manufacturer_data(0x0499), claim_all}, {name_beginning('S', 'c'), claim_scale},
    {listed_service(Uuid(0xFD6F)), claim_listed}, {listed_service(vendor), claim_listed}, {service_data(vendor), claim_all},
};
constexpr Registry test_registry(test_families);

std::string_view format_of(std::string_view hex) {
  const auto payload = bytes(hex);
  Decoded result;
  decode_with(test_registry, AdvertisementData(payload), DecodeContext(), result);
  return result.format();
}

TEST(Registry, AsksTheMoreSpecificOfTwoFormatsFirst) {
  EXPECT_EQ(format_of("04ff990477"), "special");
  EXPECT_EQ(format_of("04ff990478"), "general");
  EXPECT_EQ(format_of("04ff980478"), "");
}

TEST(Registry, FindsAFormatByNameAndByListedService) {
  EXPECT_EQ(format_of("03031d18 0609 5363616c65"), "scale");
  EXPECT_EQ(format_of("0609 5363616c65"), "") << "the name alone is not enough for this one";
  EXPECT_EQ(format_of("0209 53"), "");
  EXPECT_EQ(format_of("05020a186ffd"), "listed");
  EXPECT_EQ(format_of("11071bc5d5a50200b89fe6114d22000da2cb"), "listed");
  EXPECT_EQ(format_of("11211bc5d5a50200b89fe6114d22000da2cb"), "general");
}

TEST(Registry, KeepsManyFormatsApart) {
  struct Rows {
    Family all[60];
  };
  static constexpr Rows rows = [] {
    Rows made{};
    for (uint16_t i = 0; i < 60; ++i) made.all[i] = {manufacturer_data(static_cast<uint16_t>(i * i * 17)), claim_all};
    return made;
  }();
  static constexpr Registry registry(rows.all);
  size_t found = 0;
  for (uint32_t company = 0; company <= 0xFFFF; ++company)
    found += registry.find(manufacturer_data(static_cast<uint16_t>(company))).size();
  EXPECT_EQ(found, 60U);
  EXPECT_TRUE(registry.find(service_data(Uuid(17))).empty());
}

TEST(Quantity, HasANameAndAUnitThatFindItAgain) {
  for (size_t i = 0; i < quantity_count; ++i) {
    const auto quantity = static_cast<Quantity>(i);
    EXPECT_EQ(find_quantity(name_of(quantity)), quantity);
  }
  EXPECT_EQ(unit_of(Quantity::temperature), "°C");
  EXPECT_EQ(unit_of(Quantity::count), "");
  EXPECT_EQ(find_quantity("no such thing"), std::nullopt);
}

}  // namespace
}  // namespace moor
