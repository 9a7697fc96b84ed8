#include "beacon/generators.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unordered_set>

namespace moor {
namespace {

const Uuid shop = *Uuid::parse("E2C56DB5-DFFB-48D2-B060-D0F5A71096E0");

RC_GTEST_PROP(BeaconIdentity, IsTheSameForTheSameBeaconWhateverItsPower, ()) {
  IBeacon beacon = *any_ibeacon();
  const auto before = BeaconIdentity::of(beacon);
  beacon.power_dbm = *rc::gen::arbitrary<int8_t>();
  RC_ASSERT(BeaconIdentity::of(beacon) == before);
  beacon.minor ^= 1;
  RC_ASSERT(BeaconIdentity::of(beacon) != before);
}

RC_GTEST_PROP(BeaconIdentity, OfTwoUrlsIsTheSameIfTheirTextIs, ()) {
  const EddystoneUrl url = *any_url();
  const auto again = EddystoneUrl::parse(url.text(), *rc::gen::arbitrary<int8_t>());
  RC_ASSERT(BeaconIdentity::of(url) == BeaconIdentity::of(*again));
  const EddystoneUrl other = *any_url();
  RC_ASSERT((BeaconIdentity::of(url) == BeaconIdentity::of(other)) == (url.text() == other.text()));
}

RC_GTEST_PROP(BeaconIdentity, OfAnAltBeaconIsItsIdWhateverTheCompanyItTravelsUnder, ()) {
  AltBeacon beacon = *any_altbeacon();
  const auto before = BeaconIdentity::of(beacon);
  beacon.company = *rc::gen::arbitrary<uint16_t>();
  beacon.power_dbm = *rc::gen::arbitrary<int8_t>();
  beacon.reserved = *rc::gen::arbitrary<uint8_t>();
  RC_ASSERT(BeaconIdentity::of(beacon) == before);
  beacon.id.back() ^= 1;
  RC_ASSERT(BeaconIdentity::of(beacon) != before);
}

TEST(BeaconIdentity, TellsApartTypesWithTheSameContent) {
  EXPECT_NE(BeaconIdentity::of(EddystoneUid{}), BeaconIdentity::of(IBeacon{}));
}

TEST(BeaconIdentity, DoesNotExistForTelemetry) {
  EXPECT_EQ(BeaconIdentity::of(EddystoneTlm{}), std::nullopt);
}

TEST(BeaconIdentity, HashesTheBeaconsOfAChainApart) {
  std::unordered_set<size_t> hashes;
  for (uint16_t major = 0; major < 45; ++major)
    for (uint16_t minor = 0; minor < 250; ++minor)
      hashes.insert(BeaconIdentity::of(IBeacon{.uuid = shop, .major = major, .minor = minor})->hash());
  EXPECT_EQ(hashes.size(), 45U * 250U);
}

}  // namespace
}  // namespace moor
