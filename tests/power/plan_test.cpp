#include "moor/error.hpp"
#include "moor/power.hpp"

#include <gmock/gmock.h>
#include <cmath>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Mode = PowerPlan::Mode;

std::vector<std::string> decisions(const PowerPlan& plan) {
  std::vector<std::string> made;
  for (const PlanStep& step : plan.steps) made.push_back(step.decision + ": " + step.value);
  return made;
}

// The same sum as the planner's, by hand: what the plan says must be what the calculator says.
double days(Duration event_interval, double sleep_current_ua) {
  return battery_life({.interval = event_interval,
                       .capacity_mah = 220,
                       .sleep_current_ua = sleep_current_ua,
                       .self_discharge_percent_per_year = 1})
      .days;
}

TEST(Plan, ABeaconBroadcastsAsSlowlyAsItsLatencyAllows) {
  const PowerPlan plan = plan_power({.data_rate_bytes_per_s = 1, .latency = 3s, .lifetime_days = 300});
  EXPECT_THAT(decisions(plan), ElementsAre("data rate: broadcast", "connection interval: none", "peripheral latency: none",
                                           "advertising interval: 1 s", "sleep: 2 uA between events", "transmit power: 0 dBm"));
  EXPECT_EQ(plan.advertising.interval, 1s);
  EXPECT_NEAR(plan.life.days, days(1s, 2), 1e-9);
  EXPECT_THAT(plan.shortfalls, IsEmpty());
}

TEST(Plan, SaysWhatEachDecisionIsWorthInDays) {
  const PowerPlan plan = plan_power({.data_rate_bytes_per_s = 1, .latency = 3s, .lifetime_days = 300});
  EXPECT_NEAR(plan.steps[3].effect_days, days(1s, 2) - days(100ms, 2), 1e-9);
  EXPECT_NEAR(plan.steps[4].effect_days, days(1s, 2) - days(1s, 500), 1e-9);
  EXPECT_EQ(plan.steps[5].effect_days, 0) << "0 dBm is what is usual";
  EXPECT_THAT(plan.steps[5].why, HasSubstr("-8 dBm would bring"));
}

TEST(Plan, MoreDataThanAnAdvertisementHoldsNeedsAConnection) {
  const PowerPlan plan = plan_power({.data_rate_bytes_per_s = 100, .latency = 1s, .lifetime_days = 30});
  EXPECT_EQ(plan.mode, Mode::connection);
  ASSERT_TRUE(plan.connection);
  EXPECT_EQ(plan.connection->problem(), std::nullopt);
  EXPECT_EQ(plan.connection->interval, 500ms);
  EXPECT_EQ(plan.connection->latency, 1);
  EXPECT_EQ(plan.connection->timeout, 6s);
  EXPECT_NEAR(plan.life.days, days(1s, 2), 1e-9) << "one wake-up a second";
}

TEST(Plan, PeripheralLatencyLetsAQuietDeviceSleepAndStillAnswer) {
  const PowerPlan plan = plan_power({.data_rate_bytes_per_s = 30, .latency = 10s, .lifetime_days = 100});
  ASSERT_TRUE(plan.connection);
  EXPECT_LE((1 + plan.connection->latency) * plan.connection->interval, 10s);
  EXPECT_GT(plan.steps[2].effect_days, 0);
  EXPECT_GT(plan.connection->timeout, 2 * (1 + plan.connection->latency) * plan.connection->interval);
}

TEST(Plan, AFastStreamWakesForEveryPacket) {
  const PowerPlan plan = plan_power({.data_rate_bytes_per_s = 10'000, .latency = 1s, .lifetime_days = 1});
  ASSERT_TRUE(plan.connection);
  EXPECT_EQ(plan.connection->interval, 23'750us) << "244 bytes gather in 24.4 ms";
  EXPECT_NEAR(plan.life.events_mah_per_day, 8 * 3 * 86'400 / 3'600'000.0 * (10'000 / 244.0), 1e-6);
}

TEST(Plan, LowersTheTransmitPowerOnlyWhereThatMakesTheDifference) {
  const PowerRequirements wanted{.data_rate_bytes_per_s = 1, .latency = 3s};
  const double usual = plan_power(wanted).life.days;
  PowerRequirements longer = wanted;
  longer.lifetime_days = usual + 5;
  const PowerPlan plan = plan_power(longer);
  EXPECT_EQ(plan.tx_power_dbm, -8);
  EXPECT_GE(plan.life.days, usual + 5);
  EXPECT_THAT(plan.shortfalls, IsEmpty());
  EXPECT_NEAR(plan.steps[5].effect_days, plan.life.days - usual, 1e-9);

  longer.lifetime_days = 10 * usual;
  EXPECT_EQ(plan_power(longer).tx_power_dbm, 0) << "half of the range is not given away for nothing";
}

TEST(Plan, ALifetimeThatCannotBeMetNamesWhatWouldMeetIt) {
  const PowerRequirements wanted{.data_rate_bytes_per_s = 1, .latency = 3s, .lifetime_days = 730};
  const PowerPlan plan = plan_power(wanted);
  ASSERT_EQ(plan.shortfalls.size(), 1U);
  EXPECT_EQ(plan.shortfalls[0].what, "the battery lasts 349 days, not 730");
  EXPECT_EQ(plan.shortfalls[0].remedy, "a battery of 465 mAh lasts that long; so does a latency of 6.86 s");

  PowerRequirements bigger = wanted;
  bigger.capacity_mah = 465;
  EXPECT_THAT(plan_power(bigger).shortfalls, IsEmpty());
  PowerRequirements slower = wanted;
  slower.latency = 6860ms;
  EXPECT_THAT(plan_power(slower).shortfalls, IsEmpty());
}

TEST(Plan, SelfDischargeAloneCanBeTooMuch) {
  const PowerPlan plan = plan_power({.lifetime_days = 3653, .self_discharge_percent_per_year = 20});
  ASSERT_EQ(plan.shortfalls.size(), 1U);
  EXPECT_THAT(plan.shortfalls[0].remedy, HasSubstr("less self-discharge"));
}

TEST(Plan, WhatTheRadioCannotDoIsSaid) {
  const PowerPlan fast = plan_power({.data_rate_bytes_per_s = 200'000, .latency = 5ms, .lifetime_days = 0.01});
  ASSERT_EQ(fast.shortfalls.size(), 2U);
  EXPECT_THAT(fast.shortfalls[0].what, HasSubstr("97,600 bytes/s"));
  EXPECT_THAT(fast.shortfalls[1].what, HasSubstr("7.5 ms"));
}

TEST(Plan, KeepsToTheSpecificationForAllWishes) {
  for (const double rate : {0.0, 0.1, 1.0, 24.0, 1000.0, 97'600.0, 1e9})
    for (const Duration latency :
         {Duration(1ms), Duration(15ms), Duration(60ms), Duration(61ms), Duration(1234567us), Duration(24h)}) {
      const PowerPlan plan = plan_power({.data_rate_bytes_per_s = rate, .latency = latency, .lifetime_days = 1000});
      EXPECT_EQ(plan.advertising.problem(), std::nullopt);
      EXPECT_EQ(plan.connection.has_value(), plan.mode == Mode::connection);
      EXPECT_EQ(plan.connection.value_or(ConnectionTiming()).problem(), std::nullopt) << rate << ' ' << to_seconds(latency);
      EXPECT_EQ(plan.steps.size(), 6U);
      for (const PlanStep& step : plan.steps) EXPECT_TRUE(std::isfinite(step.effect_days)) << step.decision;
    }
}

TEST(PowerRequirements, RefuseWhatCannotBeMeant) {
  const PowerRequirements wrong[] = {{.data_rate_bytes_per_s = -1},
                                     {.latency = 0s},
                                     {.latency = 25h},
                                     {.lifetime_days = 0},
                                     {.lifetime_days = NAN},
                                     {.capacity_mah = 0},
                                     {.event_current_ma = 0},
                                     {.event_duration = 8ms},
                                     {.sleep_current_ua = -1},
                                     {.idle_current_ua = -1},
                                     {.self_discharge_percent_per_year = -1}};
  for (const PowerRequirements& wanted : wrong) EXPECT_THROW((void)plan_power(wanted), UsageError) << &wanted - wrong;
}

TEST(ConnectionTiming, HasTheLimitsOfTheSpecification) {
  EXPECT_EQ(ConnectionTiming{}.problem(), std::nullopt);
  const auto problem = [](Duration interval, uint16_t latency, Duration timeout) {
    return ConnectionTiming{.interval = interval, .latency = latency, .timeout = timeout}.problem().value_or("");
  };
  EXPECT_EQ(problem(7500us, 0, 100ms), "");
  EXPECT_EQ(problem(4s, 0, 32s), "");
  EXPECT_THAT(problem(6250us, 0, 1s), HasSubstr("7.5 ms to 4 s"));
  EXPECT_THAT(problem(4001250us, 0, 32s), HasSubstr("7.5 ms to 4 s"));
  EXPECT_THAT(problem(8ms, 0, 1s), HasSubstr("multiple of 1.25 ms"));
  EXPECT_THAT(problem(7500us, 500, 32s), HasSubstr("0 to 499"));
  EXPECT_THAT(problem(7500us, 0, 90ms), HasSubstr("100 ms to 32 s"));
  EXPECT_THAT(problem(7500us, 0, 105ms), HasSubstr("multiple of 10 ms"));
  EXPECT_THAT(problem(100ms, 9, 2s), HasSubstr("above 2 x"));
  EXPECT_EQ(problem(100ms, 9, 2010ms), "");
}

TEST(AdvertisingTiming, HasTheLimitsOfTheSpecification) {
  EXPECT_EQ(AdvertisingTiming{}.problem(), std::nullopt);
  EXPECT_EQ(AdvertisingTiming{.interval = 10240ms}.problem(), std::nullopt);
  EXPECT_TRUE(AdvertisingTiming{.interval = 19375us}.problem());
  EXPECT_TRUE(AdvertisingTiming{.interval = 10241ms}.problem());
  EXPECT_TRUE(AdvertisingTiming{.interval = 20100us}.problem());
}

}  // namespace
}  // namespace moor
