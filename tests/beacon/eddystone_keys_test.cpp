#include "moor/eddystone_keys.hpp"

#include "beacon/generators.hpp"
#include "moor/decoder.hpp"
#include "moor/error.hpp"
#include "support/allocation_counter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moor {
namespace {

using namespace std::chrono_literals;

constexpr EddystoneKey key = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF};
constexpr EddystoneKey other_key = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                    0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};
constexpr Address door(0xC00000000001, true);
constexpr Address window(0xC00000000002, true);
constexpr TimePoint now{1'700'000'000s};
constexpr uint8_t quarter_hour = 10;  // nearly: 1024 s

EddystoneMoment moment(TimePoint time, uint8_t exponent = quarter_hour) {
  return {.beacon_time = static_cast<uint32_t>(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count()),
          .rotation_exponent = exponent};
}

EddystoneEid eid_at(TimePoint time, uint8_t exponent = quarter_hour, const EddystoneKey& of = key) {
  return {.eid = make_eid(of, moment(time, exponent)), .power_0m_dbm = -16};
}

const EddystoneTlm telemetry{
    .battery_mv = 2840, .temperature_c = 19.5, .advertisements = 5223, .uptime = EddystoneTlm::Uptime(10948)};

/// A gateway that has keys, and what it makes of what it hears.
class Gateway {
public:
  KeyRing keys;

  template <typename Frame>
  Decoded hear(const Frame& frame, const Address& address, TimePoint time) {
    AdvertisementBuilder builder;
    encode(frame, builder);
    return hear_bytes(builder.bytes(), address, time);
  }
  Decoded hear_bytes(Bytes payload, const Address& address, TimePoint time) {
    Decoded result;
    decode(AdvertisementData(payload), {.address = address, .time = time, .keys = &keys}, result);
    return result;
  }
  std::string owner_of(const EddystoneEid& eid, TimePoint time) {
    return std::string(std::get<EddystoneEid>(hear(eid, door, time).frames()[0]).owner());
  }
};

TEST(EddystoneEid, IsMadeOfKeyTimeAndExponentAsGooglesToolMakesIt) {
  EXPECT_EQ(to_hex(make_eid(key, {.beacon_time = 0, .rotation_exponent = 0})), "fda1cb98857e79ae");
  EXPECT_EQ(to_hex(make_eid(key, {.beacon_time = 65280, .rotation_exponent = 10})), "823ea23e8675bc96");
  EXPECT_EQ(to_hex(make_eid(key, {.beacon_time = 65536, .rotation_exponent = 10})), "f4c6d4d1464d5a60");
  EXPECT_EQ(to_hex(make_eid(other_key, {.beacon_time = 1'700'000'000, .rotation_exponent = 12})), "d204031c0bc698ba");
}

TEST(EddystoneEid, IsTheSameForAWholeRotation) {
  EXPECT_EQ(make_eid(key, {.beacon_time = 1024, .rotation_exponent = 10}),
            make_eid(key, {.beacon_time = 2047, .rotation_exponent = 10}));
  EXPECT_NE(make_eid(key, {.beacon_time = 1024, .rotation_exponent = 10}),
            make_eid(key, {.beacon_time = 2048, .rotation_exponent = 10}));
}

TEST(EddystoneEid, IsRefusedWhereItIsCutShortAtAnyByte) {
  const auto data = *from_hex("30e3 4549445f74657374");
  for (size_t size = 0; size < data.size(); ++size)
    EXPECT_EQ(decode_eddystone_eid(Bytes(data).first(size)), std::nullopt) << size;
  const auto frame = decode_eddystone_eid(data);
  ASSERT_TRUE(frame);
  EXPECT_EQ(to_hex(frame->eid), "4549445f74657374");
  EXPECT_EQ(power_at_1m_dbm(*frame), -29 - 41);
}

TEST(EddystoneEid, OfNobodyWhoIsKnownIsWhatItIs) {
  Gateway gateway;
  gateway.keys.add(KeyKind::eddystone, key, "freezer");
  const EddystoneEid stranger = eid_at(now, quarter_hour, other_key);
  const Decoded result = gateway.hear(stranger, door, now);
  ASSERT_EQ(result.frames().size(), 1U);
  EXPECT_EQ(result.frames()[0], BeaconFrame(stranger));
  EXPECT_EQ(result.format(), "Eddystone-EID");
  EXPECT_EQ(result.problem(), DecodeProblem::none);
}

TEST(EddystoneEid, IsRecognisedByAKeyAloneWhateverItsRotation) {
  Gateway gateway;
  gateway.keys.add(KeyKind::eddystone, key, "freezer");
  for (uint8_t exponent = 0; exponent <= 15; ++exponent)
    EXPECT_EQ(gateway.owner_of(eid_at(now, exponent), now), "freezer") << int{exponent};
}

TEST(EddystoneEid, KeepsItsIdentityThroughRotationsAndApartFromOthers) {
  Gateway gateway;
  gateway.keys.add(KeyKind::eddystone, key, "freezer");
  gateway.keys.add(KeyKind::eddystone, other_key, "cellar");
  const auto identity = [&](const EddystoneEid& eid, TimePoint time) {
    return BeaconIdentity::of(gateway.hear(eid, door, time).frames()[0]);
  };
  const auto first = identity(eid_at(now), now);
  EXPECT_EQ(identity(eid_at(now + 1h), now + 1h), first);
  EXPECT_EQ(identity(eid_at(now + 24h), now + 24h), first);
  EXPECT_NE(identity(eid_at(now, quarter_hour, other_key), now), first);
  EXPECT_NE(BeaconIdentity::of(eid_at(now)), BeaconIdentity::of(eid_at(now + 1h))) << "without a key they are two";
}

TEST(EddystoneEid, OfAStrangerIsNeverTakenForAnOwnersName) {
  EddystoneEid resolved;
  resolved.set_owner("freezers");
  EddystoneEid stranger;
  std::ranges::copy(std::string_view("freezers"), stranger.eid.begin());
  EXPECT_NE(BeaconIdentity::of(resolved), BeaconIdentity::of(stranger));
}

TEST(EddystoneEid, HasRoomForALongNameAndCutsALongerOne) {
  EddystoneEid eid;
  eid.set_owner(std::string(200, 'x'));
  EXPECT_EQ(eid.owner(), std::string(EddystoneEid::max_owner_size, 'x'));
  eid.set_owner("a");
  EXPECT_EQ(eid.owner(), "a");
  EXPECT_EQ(BeaconIdentity::of(eid)->content().size(), 2U);
}

TEST(EidResolver, ForgivesAClockAsManyRotationsAsItTolerates) {
  Gateway gateway;
  gateway.keys.eids().add("freezer", key, {.rotation_exponent = quarter_hour});
  const auto period = std::chrono::seconds(1 << quarter_hour);
  for (int off = -4; off <= 4; ++off)
    EXPECT_EQ(gateway.owner_of(eid_at(now + off * period), now), std::abs(off) <= 2 ? "freezer" : "") << off;
}

TEST(EidResolver, CountsFromWhereTheBeaconsCounterBegan) {
  Gateway gateway;
  gateway.keys.eids().add("freezer", key, {.rotation_exponent = 4, .zero = now - 65'280s});
  const EddystoneEid eid{.eid = make_eid(key, {.beacon_time = 65'280, .rotation_exponent = 4})};
  EXPECT_EQ(gateway.owner_of(eid, now), "freezer");
  EXPECT_EQ(gateway.owner_of(eid, now + 10min), "");
}

TEST(EidResolver, FollowsTimeInBothDirections) {
  Gateway gateway;
  gateway.keys.add(KeyKind::eddystone, key, "freezer");
  for (const TimePoint time : {now, now + 10h, now - 10h, now + 1s, TimePoint(), TimePoint(4'294'967'295s)})
    for (uint8_t exponent : std::array<uint8_t, 3>{0, 5, 15})
      EXPECT_EQ(gateway.owner_of(eid_at(time, exponent), time), "freezer") << to_seconds(time);
}

TEST(EidResolver, KnowsNothingBeforeTheCounterBeganOrAfterItsEnd) {
  Gateway gateway;
  gateway.keys.eids().add("freezer", key, {.rotation_exponent = 0, .zero = now});
  EXPECT_EQ(gateway.owner_of({.eid = make_eid(key, {})}, now - 1h), "");
  EXPECT_EQ(gateway.owner_of({.eid = make_eid(key, {})}, now - 2s), "freezer") << "its clock may be early";
  EXPECT_EQ(gateway.owner_of({.eid = make_eid(key, {.beacon_time = 0})}, now + 4'294'967'296s), "");
}

TEST(EidResolver, IsBounded) {
  EidResolver resolver({.tolerance = 1, .max_eids = 90});
  resolver.add("all exponents", key);  // 48 of them
  EXPECT_THROW(resolver.add("too many", key, {}), UsageError);
}

TEST(EidResolver, TakesNoExponentThatCannotBe) {
  EidResolver resolver;
  EXPECT_THROW(resolver.add("freezer", key, {.rotation_exponent = 16}), UsageError);
  EXPECT_TRUE(resolver.empty());
}

TEST(EidResolver, HasRoomForManyKeysAndAllocatesNothingAsTimeGoesOn) {
  EidResolver resolver;
  for (uint8_t i = 0; i < 100; ++i) {
    EddystoneKey each = key;
    each[0] = i;
    resolver.add(std::to_string(i), each, {.rotation_exponent = 4});
  }
  EddystoneKey last = key;
  last[0] = 99;
  const size_t before = allocations();
  for (int minute = 0; minute < 60; ++minute) {
    const TimePoint time = now + minute * 1min;
    const auto found = resolver.resolve(make_eid(last, moment(time, 4)), door, time);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "99");
    EXPECT_EQ(found->sent, moment(TimePoint(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()) / 16 * 16), 4));
  }
  EXPECT_EQ(allocations(), before);
}

TEST(EddystoneEtlm, IsRefusedWhereItIsCutShortAtAnyByteOrPlain) {
  const auto data = *from_hex("2001 414141414141414141414141 dead beff");
  for (size_t size = 0; size < data.size(); ++size)
    EXPECT_EQ(decode_eddystone_etlm(Bytes(data).first(size)), std::nullopt) << size;
  const auto frame = decode_eddystone_etlm(data);
  ASSERT_TRUE(frame);
  EXPECT_EQ(to_hex(frame->encrypted), "414141414141414141414141");
  EXPECT_EQ(frame->salt, 0xDEAD);
  EXPECT_EQ(frame->mic, 0xBEFF);
  EXPECT_EQ(decode_eddystone_etlm(*from_hex("2000 0b18 1380 00001467 00002ac4 00000000")), std::nullopt);
}

// Computed with AES-ECB of the openssl program and EAX as its paper has it.
TEST(EddystoneEtlm, IsEaxWithTheBeginOfTheRotationAndTheSaltAsItsNonce) {
  const EddystoneMoment sent{.beacon_time = 65'280 + 77, .rotation_exponent = quarter_hour};
  const EddystoneEtlm frame = encrypt(telemetry, key, sent, 0xBEEF);
  EXPECT_EQ(to_hex(frame.encrypted), "77bced7921c43f529959e824");
  EXPECT_EQ(frame.salt, 0xBEEF);
  EXPECT_EQ(frame.mic, 0xCC8A);
  EXPECT_EQ(decrypt(frame, key, sent), telemetry);
  EXPECT_EQ(decrypt(frame, other_key, sent), std::nullopt);
  EXPECT_EQ(decrypt(frame, key, {.beacon_time = 64'511, .rotation_exponent = quarter_hour}), std::nullopt);
}

TEST(EddystoneEtlm, IsReadOnceTheEidOfItsAddressHasBeenResolved) {
  Gateway gateway;
  gateway.keys.add(KeyKind::eddystone, key, "freezer");
  const EddystoneEtlm sealed = encrypt(telemetry, key, moment(now), 1);

  const Decoded before = gateway.hear(sealed, door, now);
  EXPECT_EQ(before.format(), "Eddystone-eTLM");
  EXPECT_EQ(before.problem(), DecodeProblem::key_missing);
  EXPECT_TRUE(before.frames().empty());

  EXPECT_EQ(gateway.owner_of(eid_at(now), now), "freezer");
  const Decoded after = gateway.hear(sealed, door, now + 1s);
  EXPECT_EQ(after.format(), "Eddystone-TLM");
  EXPECT_EQ(after.problem(), DecodeProblem::none);
  ASSERT_EQ(after.frames().size(), 1U);
  EXPECT_EQ(after.frames()[0], BeaconFrame(telemetry));
  ASSERT_EQ(after.readings().size(), 4U);
  EXPECT_EQ(after.readings()[1], (Reading{.value = 19.5, .quantity = Quantity::temperature}));

  EXPECT_EQ(gateway.hear(sealed, window, now + 1s).problem(), DecodeProblem::key_missing) << "another address";
}

TEST(EddystoneEtlm, ThatWasTamperedWithIsNotRead) {
  Gateway gateway;
  gateway.keys.add(KeyKind::eddystone, key, "freezer");
  gateway.hear(eid_at(now), door, now);
  EddystoneEtlm sealed = encrypt(telemetry, key, moment(now), 1);
  sealed.encrypted[3] ^= 1;
  const Decoded result = gateway.hear(sealed, door, now);
  EXPECT_EQ(result.format(), "Eddystone-eTLM");
  EXPECT_EQ(result.problem(), DecodeProblem::key_wrong);
  EXPECT_TRUE(result.readings().empty());
}

TEST(EddystoneEtlm, IsReadThroughTheRotationsAfterTheEidUntilTheTimeCannotBeKnown) {
  const auto period = std::chrono::seconds(1 << quarter_hour);
  for (int rotations = 0; rotations <= 4; ++rotations) {
    Gateway gateway;
    gateway.keys.add(KeyKind::eddystone, key, "freezer");
    gateway.hear(eid_at(now - period), door, now);  // its clock is late by one
    const TimePoint later = now + rotations * period;
    const Decoded result = gateway.hear(encrypt(telemetry, key, moment(later - period), 1), door, later);
    EXPECT_EQ(result.problem(), rotations <= 2 ? DecodeProblem::none : DecodeProblem::key_wrong) << rotations;
  }
}

TEST(EddystoneEtlm, StaysClosedWithoutKeys) {
  AdvertisementBuilder builder;
  encode(encrypt(telemetry, key, moment(now), 1), builder);
  Decoded result;
  decode(AdvertisementData(builder.bytes()), result);
  EXPECT_EQ(result.format(), "Eddystone-eTLM");
  EXPECT_EQ(result.problem(), DecodeProblem::key_missing);
}

RC_GTEST_PROP(EddystoneEtlm, OfAnyTelemetryKeyAndTimeOpensToItself, (uint32_t beacon_time, uint16_t salt)) {
  const EddystoneTlm sent = *any_tlm();
  const auto any_key = *rc::gen::arbitrary<EddystoneKey>();
  const EddystoneMoment when{.beacon_time = beacon_time, .rotation_exponent = *rc::gen::inRange<uint8_t>(0, 16)};
  AdvertisementBuilder builder;
  encode(encrypt(sent, any_key, when, salt), builder);
  const auto frame = decode_eddystone_etlm(*AdvertisementData(builder.bytes()).service_data(Uuid(eddystone_service)));
  RC_ASSERT(frame.has_value());
  RC_ASSERT(decrypt(*frame, any_key, when) == sent);
}

}  // namespace
}  // namespace moor
