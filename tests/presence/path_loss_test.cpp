#include "moor/path_loss.hpp"

#include "moor/error.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <cmath>
#include <limits>

namespace moor {
namespace {

// The course chapter's worked case, with the smoothed value as it prints it and as it is.
TEST(PathLoss, GivesTheWorkedCase) {
  EXPECT_NEAR(distance_m(-67.8, -59, 2.5), 2.25, 0.005);
  EXPECT_NEAR(distance_m(-67.7906, -59, 2.5), 2.25, 0.005);
  EXPECT_EQ(distance_m(-59, -59, 2.5), 1);
}

TEST(PathLoss, ADeviationIsAFactorNotAPlusMinus) {
  EXPECT_NEAR(deviation_factor(6, 2.5) - 1, 0.74, 0.005);
  EXPECT_NEAR(1 / deviation_factor(6, 2.5) - 1, -0.42, 0.005);
  const DistanceEstimate estimate = estimate_distance(-67.8, -59, {});
  EXPECT_NEAR(estimate.m, 2.25, 0.005);
  EXPECT_NEAR(estimate.low_m, 1.29, 0.005);
  EXPECT_NEAR(estimate.high_m, 3.91, 0.005);
}

// The chapter's deviations as factors, for the table of docs/presence.md: orientation, a body, fading.
TEST(PathLoss, GivesTheFactorsThatTheDocumentationPrints) {
  EXPECT_NEAR(deviation_factor(5, 2.5), 1.58, 0.005);
  EXPECT_NEAR(deviation_factor(10, 2.5), 2.51, 0.005);
  EXPECT_NEAR(deviation_factor(15, 2.5), 3.98, 0.005);
  EXPECT_NEAR(distance_m(-55, -59, 2.5), 0.69, 0.005);
  EXPECT_NEAR(distance_m(-70, -59, 2.5), 2.75, 0.005);
  EXPECT_NEAR(distance_m(-75, -59, 2.5), 4.37, 0.005);
  EXPECT_NEAR(distance_m(-45, -59, 2.5), 0.28, 0.005);
  EXPECT_NEAR(distance_m(-62, -59, 2.5), 1.32, 0.005);
}

// The smoothed values of the chapter's approach (smoothing_test.cpp) as distances; its print-out has 7.08 m down to 0.45 m.
TEST(PathLoss, GivesTheChaptersApproachByItsFormula) {
  const double smoothed[] = {-75,       -74.1,      -72.27,      -70.089,      -67.6623,
                             -64.76361, -61.834527, -58.8841689, -55.61891823, -52.433242761};
  const double metres[] = {4.37, 4.02, 3.39, 2.78, 2.22, 1.70, 1.30, 0.99, 0.73, 0.55};
  for (size_t i = 0; i < std::size(smoothed); ++i)
    EXPECT_NEAR(distance_m(smoothed[i], -59, 2.5), metres[i], 0.005) << smoothed[i];
}

// What the chapter's printed distances would need instead, as docs/presence.md says.
TEST(PathLoss, FitsTheChaptersPrintOutsOnlyWithOtherParameters) {
  const std::pair<double, double> approach[] = {{-75, 7.08}, {-73.5, 5.62}, {-71.7, 4.47}, {-70, 3.55},   {-68.4, 2.82},
                                                {-66, 2},    {-63.6, 1.41}, {-61, 1},      {-58.2, 0.71}, {-55.2, 0.45}};
  for (const auto& [rssi, metres] : approach) EXPECT_NEAR(distance_m(rssi, -61, 1.65) / metres, 1, 0.05) << rssi;
  EXPECT_NEAR(distance_m(-45, -37.25, 3.093), 1.78, 0.005);
  EXPECT_NEAR(distance_m(-62, -37.25, 3.093), 6.31, 0.005);
  EXPECT_NEAR(distance_m(-45, -40, 2), 1.78, 0.005);
  EXPECT_NEAR(distance_m(-62, -46, 2), 6.31, 0.005);
}

TEST(PathLoss, TakesTheDefaultForAPowerThatNobodyCalibrated) {
  const DistanceEstimate with_default = estimate_distance(-70, std::nullopt, {});
  EXPECT_EQ(estimate_distance(-70, 0, {}), with_default);
  EXPECT_EQ(estimate_distance(-70, 4, {}), with_default);
  EXPECT_EQ(estimate_distance(-70, 127, {}), with_default);
  EXPECT_LT(estimate_distance(-70, -65, {}).m, with_default.m);
}

TEST(PathLoss, KnowsWhatIsNoSample) {
  for (const double rssi : {-127.0, -70.0, -0.5, 1.0, 20.0}) EXPECT_TRUE(is_plausible_rssi(rssi)) << rssi;
  for (const double rssi : {0.0, 21.0, 29.0, 42.0, 127.0, -128.0, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_FALSE(is_plausible_rssi(rssi)) << rssi;
}

TEST(PathLoss, RefusesAnExponentThatCannotBeMeant) {
  for (const double exponent : {0.0, -2.0, 11.0, std::nan("")})
    EXPECT_THROW(PathLoss{.exponent = exponent}.validate(), UsageError);
  EXPECT_THROW(PathLoss{.default_power_dbm = 0}.validate(), UsageError);
  EXPECT_THROW(PathLoss{.deviation_db = -1}.validate(), UsageError);
}

RC_GTEST_PROP(PathLoss, ReadsBothWays, ()) {
  const double rssi = -*rc::gen::inRange(1, 128);
  const double exponent = 1 + *rc::gen::inRange(0, 50) / 10.0;
  const double m = distance_m(rssi, -59, exponent);
  RC_ASSERT(std::isfinite(m) && m > 0);
  RC_ASSERT(std::abs(expected_rssi_dbm(m, -59, exponent) - rssi) < 1e-9);
}

}  // namespace
}  // namespace moor
