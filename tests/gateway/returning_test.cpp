#include "gateway/returning.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const Address phone(0x400000000002, true);
const TimePoint start(1'700'000'000s);

class ReturningTest : public ::testing::Test {
protected:
  static PriorDevice device(std::string identity, std::string zone, TimePoint last_seen) {
    return {.identity = std::move(identity),
            .name = {},
            .zone = std::move(zone),
            .smoothed_dbm = -62.5,
            .first_seen = start - 1h,
            .last_seen = last_seen};
  }
  static PriorVisit visit(std::string identity, std::string zone) {
    return {.identity = std::move(identity), .name = {}, .zone = std::move(zone), .entered = start - 30min, .left = {}};
  }
  std::vector<std::string> gone_by(TimePoint now) {
    std::vector<std::string> names;
    returning_.advance(now, [&](const Returning::Gone& gone) { names.push_back(gone.device.identity); });
    return names;
  }

  GatewayConfig config_ = parse_config("", "test");
  Places places_{config_, {}};
  Returning returning_{places_, ZoneOptions()};
};

TEST_F(ReturningTest, WhoIsHeardAgainGoesOnWithZoneAverageAndVisit) {
  returning_.add({.devices = {device("a", "near", start - 5s)}, .visits = {visit("a", "near")}});
  returning_.begin(start, 60s);
  const auto found = returning_.recall(phone, "a", start + 10s);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->recalled.range, Zone::near);
  EXPECT_EQ(found->recalled.smoothed_dbm, -62.5);
  EXPECT_EQ(found->recalled.entered, start - 30min);
  EXPECT_EQ(found->recalled.first_seen, start - 1h);
  EXPECT_TRUE(returning_.empty());
  EXPECT_THAT(gone_by(start + 1h), ElementsAre());
}

TEST_F(ReturningTest, AnybodyElseIsNew) {
  returning_.add({.devices = {device("a", "near", start - 5s)}, .visits = {}});
  returning_.begin(start, 60s);
  EXPECT_FALSE(returning_.recall(phone, "b", start));
  EXPECT_FALSE(returning_.empty());
}

TEST_F(ReturningTest, ARestartGivesEverybodyTheWholeTime) {
  returning_.add({.devices = {device("a", "near", start - 3h)}, .visits = {}});
  returning_.begin(start, 60s);
  EXPECT_EQ(returning_.next_deadline(), start + 60s);
  EXPECT_THAT(gone_by(start + 59s), ElementsAre());
  EXPECT_THAT(gone_by(start + 60s), ElementsAre("a"));
  EXPECT_EQ(returning_.next_deadline(), TimePoint::max());
}

TEST_F(ReturningTest, AnotherConfigurationGivesWhatIsLeftOfIt) {
  returning_.add({.devices = {device("b", "near", start - 10s), device("a", "far", start - 50s)}, .visits = {}});
  returning_.begin(TimePoint::min(), 60s);
  EXPECT_THAT(gone_by(start + 10s), ElementsAre("a"));
  EXPECT_THAT(gone_by(start + 50s), ElementsAre("b"));
}

TEST_F(ReturningTest, ADeviceIsFoundByItsAddressWhereItsIdentityHasRotated) {
  PriorDevice known = device("yesterday", "near", start - 1s);
  known.address = phone;
  returning_.add({.devices = {known}, .visits = {visit("yesterday", "near")}});
  returning_.begin(TimePoint::min(), 60s);
  const auto found = returning_.recall(phone, "today", start);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->identity, "yesterday");
}

TEST_F(ReturningTest, AVisitInABreakMayBeRejoined) {
  PriorVisit in_break = visit("a", "near");
  in_break.left = start - 10s;
  returning_.add({.devices = {device("a", "", start - 10s)}, .visits = {in_break}});
  const auto breaks = returning_.breaks();
  ASSERT_EQ(breaks.size(), 1U);
  EXPECT_EQ(breaks[0].left, start - 10s);
}

TEST_F(ReturningTest, AVisitWhoseDeviceIsElsewhereHasEndedWhenThatWasLastHeard) {
  returning_.add({.devices = {device("a", "far", start - 5s)}, .visits = {visit("a", "near")}});
  const auto breaks = returning_.breaks();
  ASSERT_EQ(breaks.size(), 1U);
  EXPECT_EQ(breaks[0].left, start - 5s);
}

TEST_F(ReturningTest, NobodyGoesOnInAZoneThatIsNoMore) {
  returning_.add({.devices = {device("a", "attic", start - 5s)}, .visits = {visit("a", "attic")}});
  returning_.begin(start, 60s);
  EXPECT_FALSE(returning_.recall(phone, "a", start + 1s));
  EXPECT_THAT(gone_by(start + 60s), ElementsAre("a"));
}

TEST_F(ReturningTest, WhoIsStillWaitedForIsHandedOn) {
  returning_.add({.devices = {device("a", "near", start)}, .visits = {visit("a", "near")}});
  const PriorState rest = returning_.rest();
  EXPECT_EQ(rest.devices.size(), 1U);
  EXPECT_EQ(rest.visits.size(), 1U);
}

}  // namespace
}  // namespace moor
