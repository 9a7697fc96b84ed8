#include "moor/sighting.hpp"

#include <gtest/gtest.h>
#include <numeric>

namespace moor {
namespace {

std::vector<uint8_t> counted(size_t size) {
  std::vector<uint8_t> bytes(size);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}

bool same(Bytes a, Bytes b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

TEST(Sighting, CarriesALegacyPayloadInside) {
  PayloadRing ring;
  Sighting sighting;
  sighting.set_payload(counted(31), ring);
  const Sighting copy = sighting;
  sighting.set_legacy_payload({});
  EXPECT_TRUE(same(copy.payload(), counted(31)));
  EXPECT_TRUE(sighting.payload().empty());
  EXPECT_FALSE(sighting.payload_lost());
}

TEST(Sighting, ALongPayloadIsReadThroughItsRing) {
  PayloadRing ring;
  Sighting sighting;
  sighting.set_payload(counted(229), ring);
  const Sighting copy = sighting;
  EXPECT_TRUE(same(copy.payload(), counted(229)));
  EXPECT_EQ(copy.payload_size(), 229U);
}

TEST(Sighting, APayloadThatTheRingForgotIsSaidToBeLost) {
  PayloadRing ring(extended_payload_size);
  Sighting first;
  first.set_payload(counted(1000), ring);
  Sighting second;
  second.set_payload(counted(1000), ring);
  EXPECT_TRUE(first.payload_lost());
  EXPECT_TRUE(first.payload().empty());
  EXPECT_TRUE(same(second.payload(), counted(1000)));
}

TEST(PayloadRing, HoldsTheNewestOfManyWithoutMixingThem) {
  PayloadRing ring(4096);
  for (size_t round = 0; round < 1000; ++round) {
    const size_t size = 32 + round * 7 % 1600;
    const auto payload = counted(size);
    const uint64_t position = ring.put(payload);
    EXPECT_TRUE(same(ring.find(position, size), payload)) << round;
  }
  EXPECT_TRUE(ring.find(1 << 30, 10).empty()) << "a place that was never written";
}

TEST(PayloadRing, CutsWhatIsLongerThanAnAdvertisementCanBe) {
  PayloadRing ring(100);
  Sighting sighting;
  sighting.set_payload(counted(3000), ring);
  EXPECT_EQ(sighting.payload().size(), extended_payload_size);
}

}  // namespace
}  // namespace moor
