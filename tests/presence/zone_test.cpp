#include "moor/zone.hpp"

#include "moor/error.hpp"

#include <gmock/gmock.h>
#include <cmath>

namespace moor {
namespace {

using testing::ElementsAre;

/// The zones after each reading, by their first letter; '-' for none.
std::string walk(const ZoneOptions& options, std::initializer_list<double> readings) {
  ZoneMachine machine;
  std::string zones;
  for (const double reading : readings) {
    machine.on_reading(reading, options);
    zones += machine.zone() ? to_string(*machine.zone()).front() : '-';
  }
  return zones;
}

TEST(Zone, LimitsBelongToTheZoneBeyond) {
  const ZoneOptions options;
  EXPECT_EQ(classify(-54.9, options), Zone::immediate);
  EXPECT_EQ(classify(-55, options), Zone::near);
  EXPECT_EQ(classify(-67.8, options), Zone::near);
  EXPECT_EQ(classify(-69.999, options), Zone::near);
  EXPECT_EQ(classify(-70, options), Zone::far);
  EXPECT_EQ(classify(-127, options), Zone::far);
}

TEST(Zone, NamesAndRangesAreTheChapters) {
  EXPECT_EQ(typical_range(Zone::immediate), "< 0.5 m");
  EXPECT_EQ(typical_range(Zone::near), "0.5 - 3 m");
  EXPECT_EQ(typical_range(Zone::far), "> 3 m");
  EXPECT_EQ(retail_range(Zone::immediate), "< 1 m");
  EXPECT_EQ(retail_range(Zone::near), "1 - 4 m");
  EXPECT_EQ(retail_range(Zone::far), "> 4 m");
  for (const Zone zone : {Zone::immediate, Zone::near, Zone::far}) EXPECT_EQ(find_zone(to_string(zone)), zone);
  EXPECT_EQ(find_zone("next door"), std::nullopt);
}

TEST(ZoneMachine, AssignsAZoneAfterThreeReadingsInARow) {
  EXPECT_EQ(walk({}, {-60, -60, -60, -60}), "--nn");
  EXPECT_EQ(walk({}, {-60, -60, -75, -60, -60, -60}), "-----n") << "one that disagrees begins the count anew";
  EXPECT_EQ(walk({.min_samples = 1}, {-60, -75}), "nf");
}

TEST(ZoneMachine, KeepsItsZoneUntilThreeInARowAskForAnother) {
  EXPECT_EQ(walk({}, {-60, -60, -60, -75, -75, -60, -75, -75, -75}), "--nnnnnnf");
  EXPECT_EQ(walk({}, {-60, -60, -60, -75, -50, -75, -75, -75}), "--nnnnnf") << "they must ask for the same one";
}

TEST(ZoneMachine, SaysWhatCausedAChange) {
  ZoneMachine machine;
  const ZoneOptions options{.hysteresis_db = 3, .min_samples = 2};
  const auto step = [&](double reading) {
    machine.on_reading(reading, options);
    return machine.on_reading(reading, options);
  };
  const auto first = step(-60);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->from, std::nullopt);
  EXPECT_EQ(first->to, Zone::near);
  EXPECT_EQ(first->readings, 2);
  EXPECT_EQ(first->limit_dbm, -70);
  EXPECT_EQ(step(-50)->limit_dbm, -55);
  EXPECT_EQ(step(-60)->limit_dbm, -58) << "on the way out it is the exit limit";
  EXPECT_EQ(step(-80)->limit_dbm, -73);
  EXPECT_EQ(step(-60)->limit_dbm, -70);
}

TEST(ZoneMachine, HysteresisHoldsAZoneBelowTheLimitThatLetIn) {
  const ZoneOptions options{.hysteresis_db = 5, .min_samples = 1};
  EXPECT_EQ(walk(options, {-69, -72, -74.9, -75, -72, -69}), "nnnffn");
  EXPECT_EQ(walk(options, {-50, -59.9, -60, -58}), "iinn");
  EXPECT_EQ(walk(options, {-72}), "f") << "who comes in has to cross the enter limit";
}

TEST(ZoneMachine, ExitLimitsCanBeSetApart) {
  const ZoneOptions options{.hysteresis_db = 1, .far_exit_dbm = -80, .min_samples = 1};
  EXPECT_EQ(walk(options, {-60, -79, -80, -79}), "nnff");
  EXPECT_EQ(walk(options, {-50, -56, -79}), "inn") << "the other limit keeps its hysteresis";
}

TEST(ZoneMachine, DoesNotFlapAroundALimitWithHysteresis) {
  EXPECT_EQ(walk({.min_samples = 1}, {-69, -71, -69, -71, -69}), "nfnfn");
  EXPECT_EQ(walk({.hysteresis_db = 3, .min_samples = 1}, {-69, -71, -69, -71, -69}), "nnnnn");
}

TEST(ZoneOptions, RefuseLimitsThatContradictEachOther) {
  EXPECT_NO_THROW(ZoneOptions().validate());
  const ZoneOptions wrong[] = {{.near_dbm = -70},      {.near_dbm = -75},          {.hysteresis_db = -1},
                               {.near_exit_dbm = -50}, {.far_exit_dbm = -60},      {.near_exit_dbm = -80},
                               {.min_samples = 0},     {.near_dbm = std::nan("")}, {.far_dbm = -200}};
  for (const ZoneOptions& options : wrong) EXPECT_THROW(options.validate(), UsageError) << &options - wrong;
}

}  // namespace
}  // namespace moor
