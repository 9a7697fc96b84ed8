#include "moor/areas.hpp"

#include "moor/error.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using ::testing::ElementsAre;

constexpr RadioId hall = 0;
constexpr RadioId till = 1;
constexpr RadioId yard = 2;
constexpr ZoneId shop = 0;
constexpr ZoneId checkout = 1;

AreaOptions shop_areas() {
  return {.radios = {{.zone = shop}, {.zone = checkout, .min_rssi_dbm = -70}, {}}, .hysteresis_db = 3, .min_readings = 3};
}

struct Step {
  RadioId owner;
  double smoothed_dbm;
};

// Where the device is after each reading; -1 for nowhere.
std::vector<int> walk(const std::vector<Step>& steps) {
  const AreaOptions options = shop_areas();
  AreaMachine machine;
  std::vector<int> where;
  for (const Step& step : steps) {
    (void)machine.on_reading(step.owner, step.smoothed_dbm, options);
    where.push_back(machine.zone() ? static_cast<int>(*machine.zone()) : -1);
  }
  return where;
}

TEST(Areas, AreaIsThatOfTheOwnerAfterEnoughReadings) {
  EXPECT_THAT(walk({{hall, -60}, {hall, -60}, {hall, -60}, {till, -60}, {till, -60}, {till, -60}}),
              ElementsAre(-1, -1, 0, 0, 0, 1));
}

TEST(Areas, AnOwnerThatChangesForAMomentMovesNobody) {
  EXPECT_THAT(walk({{hall, -60}, {hall, -60}, {hall, -60}, {till, -60}, {till, -60}, {hall, -60}, {till, -60}, {till, -60}}),
              ElementsAre(-1, -1, 0, 0, 0, 0, 0, 0));
}

TEST(Areas, ARadioWithoutAnAreaIsNowhere) {
  EXPECT_THAT(walk({{hall, -60}, {hall, -60}, {hall, -60}, {yard, -60}, {yard, -60}, {yard, -60}}),
              ElementsAre(-1, -1, 0, 0, 0, -1));
}

TEST(Areas, AWeakDeviceIsNotInAnAreaWithALimit) {
  EXPECT_THAT(walk({{till, -71}, {till, -71}, {till, -71}, {till, -70}, {till, -70}, {till, -70}}),
              ElementsAre(-1, -1, -1, -1, -1, 1));
}

TEST(Areas, LeavesTheAreaOnlyBelowTheLimitAndTheHysteresis) {
  EXPECT_THAT(walk({{till, -60},
                    {till, -60},
                    {till, -60},
                    {till, -73},
                    {till, -73},
                    {till, -73},
                    {till, -73.1},
                    {till, -73.1},
                    {till, -73.1}}),
              ElementsAre(-1, -1, 1, 1, 1, 1, 1, 1, -1));
}

TEST(Areas, AChangeSaysWhetherAnotherRadioMadeIt) {
  const AreaOptions options = shop_areas();
  AreaMachine machine;
  machine.restore(shop, hall);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(machine.on_reading(till, -60, options));
  const auto moved = machine.on_reading(till, -60, options);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->from, shop);
  EXPECT_EQ(moved->to, checkout);
  EXPECT_TRUE(moved->other_radio);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(machine.on_reading(till, -90, options));
  const auto left = machine.on_reading(till, -90, options);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->to, std::nullopt);
  EXPECT_FALSE(left->other_radio);
}

TEST(Areas, WhoHasBecomePresentIsSomewhereAtOnce) {
  AreaMachine machine;
  const auto entered = machine.begin(till, -60, shop_areas());
  ASSERT_TRUE(entered);
  EXPECT_EQ(entered->to, checkout);
  EXPECT_FALSE(AreaMachine().begin(yard, -60, shop_areas()));
}

TEST(Areas, ALostDeviceIsNowhere) {
  AreaMachine machine;
  machine.restore(checkout, till);
  EXPECT_EQ(machine.leave(), checkout);
  EXPECT_EQ(machine.leave(), std::nullopt);
}

TEST(Areas, RefusesOptionsThatMakeNoSense) {
  EXPECT_THROW((AreaOptions{.min_readings = 0}.validate()), UsageError);
  EXPECT_THROW((AreaOptions{.hysteresis_db = -1}.validate()), UsageError);
}

}  // namespace
}  // namespace moor
