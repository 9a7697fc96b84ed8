#include "http/rate_limit.hpp"

#include <gtest/gtest.h>

namespace moor::http {
namespace {

using namespace std::chrono_literals;

TEST(RateLimit, GivesABurstAndThenARate) {
  RateLimit limit(10, 20);
  const TimePoint begin{};
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(limit.take("a", begin)) << i;
  EXPECT_EQ(limit.take("a", begin), Duration(100ms));
  EXPECT_FALSE(limit.take("b", begin));
  EXPECT_FALSE(limit.take("a", begin + 100ms));
  EXPECT_TRUE(limit.take("a", begin + 100ms));
  EXPECT_FALSE(limit.take("a", begin + 1h));
}

TEST(RateLimit, AsksWithoutTaking) {
  RateLimit limit(1, 1);
  EXPECT_FALSE(limit.wait("a", TimePoint{}));
  EXPECT_FALSE(limit.take("a", TimePoint{}));
  EXPECT_EQ(limit.wait("a", TimePoint{}), Duration(1s));
}

TEST(RateLimit, IsBoundedByLettingStrangersShare) {
  RateLimit limit(1, 2, 3);
  const TimePoint begin{};
  for (const char* each : {"a", "b", "c"}) EXPECT_FALSE(limit.take(each, begin));
  EXPECT_FALSE(limit.take("d", begin));
  EXPECT_FALSE(limit.take("e", begin));
  EXPECT_TRUE(limit.take("f", begin));
  EXPECT_EQ(limit.addresses(), 3U);
  EXPECT_FALSE(limit.take("f", begin + 10s)) << "those that have been quiet are forgotten";
  EXPECT_EQ(limit.addresses(), 1U);
}

TEST(RateLimit, DoesNotRunBackwards) {
  RateLimit limit(1, 1);
  EXPECT_FALSE(limit.take("a", TimePoint{} + 10s));
  EXPECT_TRUE(limit.take("a", TimePoint{}));
}

}  // namespace
}  // namespace moor::http
