#include "moor/error.hpp"
#include "moor/visits.hpp"
#include "presence/siphash.hpp"

#include <gtest/gtest.h>
#include <numeric>
#include <set>

namespace moor {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint today(20'000 * 24h);
const Address visitor(0xA4CF12345678, false);

Pseudonyms::Secret counted() {
  Pseudonyms::Secret bytes;
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}

// Appendix A of the SipHash paper, and the first of the vectors published with it.
TEST(SipHash, GivesThePublishedVectors) {
  std::array<uint8_t, 15> input;
  std::iota(input.begin(), input.end(), uint8_t{0});
  EXPECT_EQ(siphash(counted(), input), 0xA129CA6149BE45E5U);
  EXPECT_EQ(siphash(counted(), {}), 0x726FDB47DD0E0E31U);
}

TEST(Pseudonyms, HoldForADayAndNotForTheNext) {
  const Pseudonyms pseudonyms(counted());
  EXPECT_EQ(pseudonyms.of(visitor, today), pseudonyms.of(visitor, today + 24h - 1ns));
  EXPECT_NE(pseudonyms.of(visitor, today), pseudonyms.of(visitor, today + 24h));
  EXPECT_NE(pseudonyms.of(visitor, today), pseudonyms.of(visitor, today - 1ns));
}

TEST(Pseudonyms, AreTheSameOnEveryGatewayWithTheSecretAndOnNoOther) {
  EXPECT_EQ(Pseudonyms(counted()).of(visitor, today), Pseudonyms(counted()).of(visitor, today));
  EXPECT_NE(Pseudonyms().of(visitor, today), Pseudonyms().of(visitor, today)) << "each draws its own secret";
}

TEST(Pseudonyms, TellDevicesApart) {
  const Pseudonyms pseudonyms;
  std::set<VisitorId> seen;
  for (uint64_t bits = 0; bits < 10'000; ++bits) seen.insert(pseudonyms.of(Address(bits, false), today));
  EXPECT_EQ(seen.size(), 10'000U);
  EXPECT_NE(pseudonyms.of(Address(1, false), today), pseudonyms.of(Address(1, true), today));
}

TEST(Pseudonyms, HoldForAMinuteAtLeast) {
  EXPECT_THROW(Pseudonyms(counted(), 59s), UsageError);
  EXPECT_NO_THROW(Pseudonyms(counted(), 60s));
}

}  // namespace
}  // namespace moor
