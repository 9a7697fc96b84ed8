// The book of a proxy's slots: what it says, what we have asked for since, and what it has not given back.

#include "radio/esphome/ledger.hpp"

#include <gmock/gmock.h>

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Phase = SlotLedger::Phase;

constexpr Address door(0xC00000000001, true);
constexpr Address lamp(0xC00000000002, true);
constexpr Address lock(0xC00000000003, true);

TimePoint at(Duration after) {
  return TimePoint{} + after;
}

class Ledger : public testing::Test {
protected:
  void fact(uint32_t free, uint32_t limit, std::vector<uint64_t> allocated, Duration when = 0s) {
    ledger.on_connections_free(free, limit, allocated, at(when));
  }
  int free(Duration when = 0s) { return ledger.slots(at(when)).free; }
  std::vector<uint64_t> holders(Duration when = 0s) {
    std::vector<uint64_t> all;
    for (const auto& each : ledger.slots(at(when)).holders) all.push_back(each.device.bits());
    return all;
  }
  SlotLedger ledger;
};

TEST_F(Ledger, UnknownIsNotZero) {
  EXPECT_FALSE(ledger.is_known());
  EXPECT_TRUE(ledger.may_connect(at(0s)));
  EXPECT_EQ(ledger.slots(at(0s)).limit, 0);
  fact(0, 0, {});
  EXPECT_TRUE(ledger.is_known());
  EXPECT_FALSE(ledger.may_connect(at(0s)));
}

TEST_F(Ledger, ARequestTakesASlotUntilTheProxyCountsIt) {
  fact(1, 3, {7, 8});
  EXPECT_EQ(free(), 1);
  ledger.on_requested(door, "door", at(1s));
  EXPECT_EQ(free(), 0);
  EXPECT_FALSE(ledger.may_connect(at(1s)));
  EXPECT_TRUE(ledger.may_connect(at(1s), door));
  EXPECT_EQ(ledger.phase(door), Phase::requested);
  // A fact that was on its way meanwhile.
  fact(1, 3, {7, 8}, 1s);
  EXPECT_EQ(free(), 0);
  EXPECT_EQ(ledger.phase(door), Phase::requested);
  fact(0, 3, {7, 8, door.bits()}, 2s);
  EXPECT_EQ(free(), 0);
  EXPECT_EQ(ledger.phase(door), Phase::making);
  ledger.on_connected(door, at(3s));
  EXPECT_EQ(ledger.phase(door), Phase::up);
  EXPECT_EQ(free(), 0);
}

TEST_F(Ledger, NamesTheHoldersAndSinceWhen) {
  fact(2, 3, {7}, 1s);
  ledger.on_requested(door, "door", at(2s));
  fact(1, 3, {7, door.bits()}, 3s);
  const Slots::Holder ours{door, "door", at(2s)};
  const Slots::Holder other{Address(7, false), "", at(1s)};
  EXPECT_THAT(ledger.slots(at(9s)).holders, ElementsAre(ours, other));
  fact(2, 3, {door.bits()}, 4s);
  fact(1, 3, {7, door.bits()}, 5s);
  EXPECT_EQ(ledger.slots(at(9s)).holders[1].since, at(5s)) << "it went and came again";
}

TEST_F(Ledger, ADrainingSlotIsTakenUntilTheProxySaysOtherwise) {
  ledger.on_requested(door, "door", at(0s));
  fact(2, 3, {door.bits()}, 1s);
  ledger.on_connected(door, at(2s));
  ledger.on_released(door, at(3s));
  EXPECT_EQ(ledger.phase(door), Phase::draining);
  EXPECT_EQ(free(3s), 2);
  // The link is closed, its slot is not free before the next fact.
  ledger.on_closed(door, at(4s));
  EXPECT_EQ(ledger.phase(door), Phase::draining);
  EXPECT_THAT(holders(4s), ElementsAre(door.bits()));
  fact(3, 3, {}, 5s);
  EXPECT_EQ(ledger.phase(door), std::nullopt);
  EXPECT_THAT(holders(5s), IsEmpty());
  EXPECT_EQ(free(5s), 3);
}

TEST_F(Ledger, ARequestThatTheProxyNeverCountedEndsWithItsAnswer) {
  fact(3, 3, {});
  ledger.on_requested(door, "door", at(0s));
  ledger.on_released(door, at(1s));
  EXPECT_EQ(free(1s), 2);
  // Not with a fact: the request may be on its way still.
  fact(3, 3, {}, 2s);
  EXPECT_EQ(free(2s), 2);
  ledger.on_closed(door, at(3s));
  EXPECT_EQ(free(3s), 3);
}

TEST_F(Ledger, DrainingEndsAfterItsLimit) {
  fact(3, 3, {});
  ledger.on_requested(door, "door", at(0s));
  ledger.on_released(door, at(1s));
  EXPECT_EQ(ledger.next_expiry(), at(21s));
  EXPECT_EQ(free(20s), 2);
  EXPECT_EQ(free(21s), 3);
  EXPECT_THAT(holders(21s), IsEmpty());
  ledger.expire(at(21s));
  EXPECT_EQ(ledger.phase(door), std::nullopt);
  EXPECT_EQ(ledger.next_expiry(), TimePoint::max());
}

TEST_F(Ledger, AfterTheLimitTheProxysWordCounts) {
  ledger.on_requested(door, "door", at(0s));
  fact(2, 3, {door.bits()}, 1s);
  ledger.on_released(door, at(2s));
  ledger.expire(at(22s));
  EXPECT_EQ(free(22s), 2);
  const Slots::Holder holder{Address(door.bits(), false), "", at(0s)};
  EXPECT_THAT(ledger.slots(at(22s)).holders, ElementsAre(holder));
  // It is asked for again: the same slot.
  ledger.on_requested(door, "door", at(23s));
  EXPECT_EQ(free(23s), 2);
  EXPECT_THAT(holders(23s), ElementsAre(door.bits()));
}

struct FactCase {
  const char* what;
  uint32_t free;
  uint32_t limit;
  std::vector<uint64_t> allocated;
  bool trusted;
};
class FactTrust : public testing::TestWithParam<FactCase> {};

TEST_P(FactTrust, OnlyWithAsManyAddressesAsSlotsAreTaken) {
  const FactCase& fact = GetParam();
  SlotLedger ledger;
  ledger.on_connections_free(fact.free, fact.limit, fact.allocated, at(0s));
  EXPECT_EQ(ledger.is_trusted(), fact.trusted) << fact.what;
  const Slots slots = ledger.slots(at(0s));
  EXPECT_EQ(slots.free, static_cast<int>(fact.free)) << fact.what;
  EXPECT_EQ(slots.limit, static_cast<int>(fact.limit)) << fact.what;
  EXPECT_EQ(slots.holders.size(), fact.trusted ? fact.limit - fact.free : 0) << fact.what;
}
INSTANTIATE_TEST_SUITE_P(All, FactTrust,
                         testing::Values(FactCase{"empty", 3, 3, {}, true}, FactCase{"full", 0, 2, {1, 2}, true},
                                         FactCase{"one too few", 1, 3, {1}, false}, FactCase{"one too many", 2, 3, {1, 2}, false},
                                         FactCase{"zeroes for free ones", 2, 3, {0, 5, 0}, true},
                                         FactCase{"twice the same", 1, 3, {5, 5}, false},
                                         FactCase{"more free than there are", 4, 3, {}, false}));

TEST_F(Ledger, AFactThatCannotBeTrustedCountsWhatWasAskedForBeforeIt) {
  fact(3, 3, {});
  ledger.on_requested(door, "door", at(0s));
  fact(2, 3, {1, 2, 3}, 1s);
  EXPECT_EQ(free(1s), 2);
  EXPECT_FALSE(ledger.counts(door));
  ledger.on_closed(door, at(2s));
  EXPECT_EQ(free(2s), 2) << "until it says more";
  EXPECT_THAT(holders(2s), IsEmpty());
}

TEST_F(Ledger, MissesALinkThatTheProxyDoesNotCountAnyMore) {
  fact(3, 3, {});
  ledger.on_requested(door, "door", at(0s));
  ledger.on_connected(door, at(1s));
  EXPECT_THAT(ledger.missing(), IsEmpty()) << "no fact since it is up";
  fact(2, 3, {door.bits()}, 2s);
  EXPECT_THAT(ledger.missing(), IsEmpty());
  fact(1, 3, {}, 3s);
  EXPECT_THAT(ledger.missing(), IsEmpty()) << "it cannot be trusted";
  fact(3, 3, {}, 4s);
  EXPECT_THAT(ledger.missing(), ElementsAre(door));
  ledger.on_closed(door, at(5s));
  EXPECT_THAT(ledger.missing(), IsEmpty());
  EXPECT_THAT(holders(5s), IsEmpty());
}

TEST_F(Ledger, SeveralRequestsAtOnce) {
  fact(3, 3, {});
  ledger.on_requested(door, "door", at(0s));
  ledger.on_requested(lamp, "lamp", at(0s));
  ledger.on_requested(lock, "lock", at(0s));
  EXPECT_EQ(free(), 0);
  fact(1, 3, {door.bits(), lock.bits()}, 1s);
  EXPECT_EQ(free(1s), 0) << "the lamp is on its way";
  ledger.on_closed(lamp, at(1s));
  EXPECT_EQ(free(1s), 1);
}

TEST_F(Ledger, AfterALostSessionNothingIsKnown) {
  fact(2, 3, {7});
  ledger.on_requested(door, "door", at(0s));
  ledger.reset();
  EXPECT_FALSE(ledger.is_known());
  EXPECT_THAT(holders(), IsEmpty());
  EXPECT_EQ(ledger.phase(door), std::nullopt);
}

}  // namespace
}  // namespace moor::esphome_radio
