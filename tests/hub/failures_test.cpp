#include "hub/failures.hpp"

#include <gtest/gtest.h>

namespace moor::hub {
namespace {

using namespace std::chrono_literals;

const Address sensor(0xA4CF12345678, false);
const Address lock(0x70B3D5000001, false);
constexpr TimePoint start = TimePoint(1h);

TEST(Failures, CompatCountsThemUntilASuccess) {
  Failures failures(compat_rules);
  for (int i = 0; i < 5; ++i) failures.add(0, sensor, start);
  EXPECT_DOUBLE_EQ(failures.of(0, sensor, start + 24h), 5);
  EXPECT_DOUBLE_EQ(failures.of(1, sensor, start), 0);
  EXPECT_DOUBLE_EQ(failures.of(0, lock, start), 0);
  failures.clear(0, sensor);
  EXPECT_DOUBLE_EQ(failures.of(0, sensor, start), 0);
}

TEST(Failures, StandardForgetsHalfInFiveMinutes) {
  Failures failures(standard_rules);
  failures.add(0, sensor, start);
  EXPECT_DOUBLE_EQ(failures.of(0, sensor, start), 1);
  EXPECT_DOUBLE_EQ(failures.of(0, sensor, start + 5min), 0.5);
  EXPECT_NEAR(failures.of(0, sensor, start + 1h), 0, 1e-3);
}

TEST(Failures, StandardWeighsEachInARowTwiceTheOneBefore) {
  Failures failures(standard_rules);
  failures.add(0, sensor, start);
  failures.add(0, sensor, start);
  failures.add(0, sensor, start);
  EXPECT_DOUBLE_EQ(failures.of(0, sensor, start), 1 + 2 + 4);
  for (int i = 0; i < 20; ++i) failures.add(0, sensor, start);
  EXPECT_DOUBLE_EQ(failures.of(0, sensor, start), Failures::heaviest);
  failures.clear(0, sensor);
  failures.add(0, sensor, start);
  EXPECT_DOUBLE_EQ(failures.of(0, sensor, start), 1);
}

TEST(Failures, ARadioIsBlamedForWhatAllDevicesSuffer) {
  Failures failures(standard_rules);
  failures.add(0, sensor, start);
  failures.add(0, lock, start);
  EXPECT_DOUBLE_EQ(failures.of_radio(0, start), 1 + 2);
  EXPECT_DOUBLE_EQ(failures.of_radio(1, start), 0);
  failures.clear(0, lock);
  EXPECT_DOUBLE_EQ(failures.of_radio(0, start), 0) << "it connects";
  EXPECT_DOUBLE_EQ(failures.of(0, sensor, start), 1) << "but not to this one";
}

TEST(Failures, OneDeviceThatFailsSaysLittleOfTheRadio) {
  Failures failures(standard_rules);
  for (int i = 0; i < 10; ++i) failures.add(0, sensor, start);
  EXPECT_DOUBLE_EQ(failures.of_radio(0, start), 1);
}

TEST(Failures, ARowEndsAfterAnHour) {
  Failures failures(standard_rules);
  for (int i = 0; i < 10; ++i) failures.add(0, sensor, start);
  failures.add(0, sensor, start + 61min);
  EXPECT_DOUBLE_EQ(failures.of(0, sensor, start + 61min), 1);
}

TEST(Failures, TwoInARowOutweighTwentyDecibelsWhileFresh) {
  Failures failures(standard_rules);
  failures.add(0, sensor, start);
  EXPECT_LT(failures.of(0, sensor, start) * standard_rules.failure_penalty, 20);
  failures.add(0, sensor, start);
  EXPECT_GT(failures.of(0, sensor, start) * standard_rules.failure_penalty, 20);
  EXPECT_LT(failures.of(0, sensor, start + 5min) * standard_rules.failure_penalty, 20);
}

TEST(Failures, AreBounded) {
  Failures failures(standard_rules);
  for (uint64_t i = 0; i < Failures::max_kept + 100; ++i) failures.add(0, Address(i, false), start + std::chrono::seconds(i));
  EXPECT_EQ(failures.size(), Failures::max_kept);
  EXPECT_DOUBLE_EQ(failures.of(0, Address(0, false), start), 0) << "the most faded made room";
}

}  // namespace
}  // namespace moor::hub
