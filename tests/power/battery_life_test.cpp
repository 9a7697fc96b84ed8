#include "moor/error.hpp"
#include "moor/power.hpp"

#include <gmock/gmock.h>
#include <cmath>

namespace moor {
namespace {

using namespace std::chrono_literals;

constexpr double exact = 1e-9;

// 8 mA x 3 ms x 86,400 = 2,073.6 mA*s. An hour has 3,600 s, so that is 0.576 mAh; the course chapter divides by 1,000 and prints
// 2.07.
TEST(BatteryLife, GivesTheChaptersBeaconTheDaysThatItReallyLasts) {
  const BatteryLife life = battery_life({.event_current_ma = 8, .event_duration = 3ms, .interval = 1s, .capacity_mah = 1000});
  EXPECT_NEAR(life.mah_per_day, 0.576, exact);
  EXPECT_EQ(std::round(life.days), 1736);
  EXPECT_NEAR(life.years, 4.75, 0.005);
}

TEST(BatteryLife, TenTimesAsOftenIsATenthOfTheDays) {
  const BatteryLife life = battery_life({.interval = 100ms});
  EXPECT_NEAR(life.mah_per_day, 5.76, exact);
  EXPECT_EQ(std::round(life.days), 174);
}

TEST(BatteryLife, SleepCurrentFlowsBetweenEvents) {
  const BatteryLife life = battery_life({.sleep_current_ua = 2});
  EXPECT_NEAR(life.sleep_mah_per_day, 0.048 * 0.997, exact);
  EXPECT_NEAR(life.mah_per_day, 0.576 + 0.048 * 0.997, exact);
  EXPECT_EQ(std::round(life.days), 1603);
}

TEST(BatteryLife, SelfDischargeIsAnEvenLoad) {
  const BatteryLife life = battery_life({.self_discharge_percent_per_year = 3});
  EXPECT_NEAR(life.self_discharge_mah_per_day, 30 / 365.25, exact);
  EXPECT_EQ(std::round(life.days), 1519);
}

TEST(BatteryLife, ThePartsAddUp) {
  const BatteryLife life = battery_life({.sleep_current_ua = 2, .self_discharge_percent_per_year = 3});
  EXPECT_NEAR(life.events_mah_per_day + life.sleep_mah_per_day + life.self_discharge_mah_per_day, life.mah_per_day, exact);
  EXPECT_NEAR(life.days * life.mah_per_day, 1000, 1e-6);
  EXPECT_EQ(std::round(life.days), 1416);
}

TEST(BatteryLife, ShowsItsArithmetic) {
  const BatteryLife life = battery_life({});
  std::string shown;
  for (const PowerStep& step : life.steps) shown += step.what + ": " + step.arithmetic + "\n";
  EXPECT_EQ(shown,
            "events a day: 86,400 s / 1 s\n"
            "events: 8 mA x 3 ms x 86,400 / 3,600,000 ms/h\n"
            "sleep: 0 uA / 1000 x 24 h x 99.7 % asleep\n"
            "self-discharge: 1000 mAh x 0 % / 365.25 days\n"
            "together: 0.576 + 0 + 0\n"
            "battery life: 1000 mAh / 0.576 mAh/day\n"
            "in years: 1,736 days / 365.25\n");
  EXPECT_EQ(life.steps.back().value, life.years);
}

TEST(BatteryLife, IsEndlessWhereNothingDrawsCurrent) {
  EXPECT_TRUE(std::isinf(battery_life({.event_current_ma = 0}).days));
}

TEST(PowerProfile, RefusesWhatCannotBeMeant) {
  const PowerProfile wrong[] = {{.event_current_ma = -1},  {.event_duration = 0s},     {.event_duration = 2s},
                                {.interval = 0s},          {.capacity_mah = 0},        {.sleep_current_ua = -1},
                                {.sleep_current_ua = NAN}, {.capacity_mah = INFINITY}, {.self_discharge_percent_per_year = -1}};
  for (const PowerProfile& profile : wrong) EXPECT_THROW((void)battery_life(profile), UsageError) << &profile - wrong;
}

}  // namespace
}  // namespace moor
