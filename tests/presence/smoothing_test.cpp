#include "moor/smoothing.hpp"

#include "moor/error.hpp"

#include <gmock/gmock.h>
#include <cmath>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

double rounded(double value, double digits = 10) {
  return std::round(value * digits) / digits;
}
TimePoint at(Duration d) {
  return TimePoint(d);
}

std::vector<double> smoothed(const SmoothingOptions& options, const std::vector<double>& samples) {
  Smoother smoother(options);
  std::vector<double> values;
  for (size_t i = 0; i < samples.size(); ++i) values.push_back(rounded(smoother.add(at(i * 1s), samples[i])->smoothed_dbm));
  return values;
}

// The course chapter's worked case.
TEST(Smoother, GivesTheWorkedCase) {
  EXPECT_THAT(smoothed({.alpha = 0.3}, {-68, -72, -65, -70, -66}), ElementsAre(-68, -69.2, -67.9, -68.6, -67.8));
}

TEST(Smoother, TheFirstSampleIsTheFirstValue) {
  EXPECT_THAT(smoothed({.alpha = 0.01}, {-50}), ElementsAre(-50));
  EXPECT_THAT(smoothed({.alpha = 1}, {-50, -80, -60}), ElementsAre(-50, -80, -60));
  EXPECT_EQ(Smoother().smoothed_dbm(), std::nullopt);
}

// What the formulas give for the ten samples of the chapter's proximity print-out, whose own columns follow neither formula
// (docs/presence.md).
TEST(Smoother, GivesTheChaptersApproachByItsFormula) {
  const std::vector<double> approach{-75, -72, -68, -65, -62, -58, -55, -52, -48, -45};
  EXPECT_THAT(smoothed({.alpha = 0.3}, approach),
              ElementsAre(-75, -74.1, -72.3, -70.1, -67.7, -64.8, -61.8, -58.9, -55.6, -52.4));
  EXPECT_THAT(smoothed({.alpha = 0.2}, approach),
              ElementsAre(-75, -74.4, -73.1, -71.5, -69.6, -67.3, -64.8, -62.3, -59.4, -56.5));
}

TEST(Smoother, ATimeConstantFollowsTimeNotSamples) {
  const SmoothingOptions options{.tau = 5s};
  Smoother often(options);
  Smoother seldom(options);
  (void)often.add(at(0s), -50);
  (void)seldom.add(at(0s), -50);
  for (int i = 1; i <= 50; ++i) (void)often.add(at(i * 100ms), -80);
  (void)seldom.add(at(5s), -80);
  EXPECT_NEAR(*often.smoothed_dbm(), -50 - 30 * (1 - std::exp(-1)), 1e-9);
  EXPECT_NEAR(*often.smoothed_dbm(), *seldom.smoothed_dbm(), 1e-9);
  EXPECT_EQ(ema_weight(options, 0s), 0);
  EXPECT_EQ(ema_weight(options, -1h), 0);
  EXPECT_EQ(ema_weight(options, Duration::max()), 1);
}

TEST(Smoother, AWindowIsOneReadingAtItsEnd) {
  Smoother smoother({.alpha = 1, .reading_interval = 2s});
  EXPECT_FALSE(smoother.add(at(10s), -60));
  EXPECT_FALSE(smoother.add(at(11s), -66));
  EXPECT_FALSE(smoother.advance(at(12s - 1ns)));
  const auto first = smoother.add(at(12s), -70);  // the end belongs to the next window
  ASSERT_TRUE(first);
  EXPECT_EQ(first->time, at(12s));
  EXPECT_EQ(first->rssi_dbm, -63);
  EXPECT_EQ(first->samples, 2U);
  const auto second = smoother.advance(at(1h));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->time, at(14s));
  EXPECT_EQ(second->rssi_dbm, -70);
  EXPECT_FALSE(smoother.advance(at(2h))) << "silence gives no reading";
}

TEST(Smoother, AWindowCanTakeItsStrongestOrLastSample) {
  for (const auto& [value, expected] :
       {std::pair(WindowValue::mean, -70.0), {WindowValue::strongest, -60.0}, {WindowValue::last, -75.0}}) {
    Smoother smoother({.reading_interval = 1s, .window_value = value});
    for (double rssi : {-75.0, -60.0, -75.0}) (void)smoother.add(at(0s), rssi);
    EXPECT_EQ(smoother.advance(at(1s))->rssi_dbm, expected);
  }
}

TEST(Smoothing, HasTheChaptersWindowAndResponseTime) {
  EXPECT_EQ(rounded(effective_window(0.3), 100), 5.67);
  EXPECT_EQ(rounded(effective_window(0.1), 100), 19);
  EXPECT_NEAR(to_seconds(response_time(0.3, 1)), 9.986, 0.001);   // printed as 10
  EXPECT_NEAR(to_seconds(response_time(0.1, 1)), 29.957, 0.001);  // printed as 30
  EXPECT_NEAR(to_seconds(response_time(0.2, 0.5)), 29.957, 0.001);
}

// The chapter: after a drop of 10 to 15 dB "the smoothed RSSI reacts in 2 readings" at alpha 0.3 and "it takes 4" at 0.2. This is
// the table of docs/presence.md: readings until the smoothed value is at -70 dBm or below.
TEST(Smoothing, TellsWhatADropReallyTakes) {
  struct Row {
    double from;
    double drop;
    std::optional<unsigned> at_01, at_02, at_03;
  };
  const Row rows[] = {{-69, 10, 1, 1, 1},    {-67, 10, 4, 2, 1},  {-65, 10, 7, 4, 2}, {-63, 10, 12, 6, 4}, {-61, 10, 22, 11, 7},
                      {-60, 10, {}, {}, {}}, {-69, 15, 1, 1, 1},  {-67, 15, 3, 1, 1}, {-65, 15, 4, 2, 2},  {-63, 15, 6, 3, 2},
                      {-61, 15, 9, 5, 3},    {-60, 15, 11, 5, 4}, {-58, 15, 16, 8, 5}};
  for (const Row& row : rows) {
    EXPECT_EQ(readings_to_reach(0.1, row.from, row.from - row.drop, -70), row.at_01) << row.from << ' ' << row.drop;
    EXPECT_EQ(readings_to_reach(0.2, row.from, row.from - row.drop, -70), row.at_02) << row.from << ' ' << row.drop;
    EXPECT_EQ(readings_to_reach(0.3, row.from, row.from - row.drop, -70), row.at_03) << row.from << ' ' << row.drop;
  }
}

TEST(Smoothing, ReadingsToReachAgreesWithTheFilterItself) {
  for (const double alpha : {0.05, 0.1, 0.2, 0.3, 0.5, 0.9, 1.0})
    for (const double limit : {-69.5, -70.0, -72.0, -74.9}) {
      Ema ema;
      ema.add(-60, alpha);
      unsigned readings = 0;
      while (ema.value() > limit + 1e-9) {
        ema.add(-75, alpha);
        ++readings;
      }
      EXPECT_EQ(readings_to_reach(alpha, -60, -75, limit), readings) << alpha << ' ' << limit;
    }
  EXPECT_EQ(readings_to_reach(0.3, -60, -75, -55), 0U);
  EXPECT_EQ(readings_to_reach(0.3, -60, -75, -75), std::nullopt);
  EXPECT_EQ(readings_to_reach(0.3, -60, -60, -70), std::nullopt);
  EXPECT_EQ(readings_to_reach(0.3, -60, -60, -60), 0U);
  EXPECT_EQ(readings_to_reach(1, -60, -75, -75), 1U);
}

TEST(Smoothing, FollowsTheShareOfAStepThatTheDocumentationPrints) {
  EXPECT_EQ(rounded(followed_share(0.3, 2), 100), 0.51);
  EXPECT_EQ(rounded(followed_share(0.2, 4), 100), 0.59);
  EXPECT_EQ(rounded(followed_share(0.2, 3), 100), 0.49);
  EXPECT_EQ(rounded(followed_share(0.1, 7), 100), 0.52);
  EXPECT_LT(followed_share(0.3, 8), 0.95);
  EXPECT_GT(followed_share(0.3, 9), 0.95);
  EXPECT_LT(followed_share(0.2, 13), 0.95);
  EXPECT_GT(followed_share(0.2, 14), 0.95);
  EXPECT_LT(followed_share(0.1, 28), 0.95);
  EXPECT_GT(followed_share(0.1, 29), 0.95);
}

TEST(SmoothingOptions, RefuseWhatCannotBeMeant) {
  for (const double alpha : {0.0, -0.1, 1.1, std::nan("")}) EXPECT_THROW(Smoother({.alpha = alpha}), UsageError) << alpha;
  EXPECT_THROW(Smoother({.tau = 0s}), UsageError);
  EXPECT_THROW(Smoother({.reading_interval = -1s}), UsageError);
}

}  // namespace
}  // namespace moor
