#include "core/duration_text.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, IsReadWithItsUnit) {
  EXPECT_EQ(parse_duration("250 ms"), 250ms);
  EXPECT_EQ(parse_duration("60s"), 60s);
  EXPECT_EQ(parse_duration("1.5 h"), 90min);
  EXPECT_EQ(parse_duration("30 d"), 720h);
  EXPECT_EQ(parse_duration("15min"), 15min);
  EXPECT_EQ(parse_duration("7 us"), 7us);
  EXPECT_EQ(parse_duration("0 s"), 0s);
}

TEST(DurationText, RefusesWhatIsNoLengthOfTime) {
  for (const char* text :
       {"", "5", "s", "five s", "-1 s", "1 week", "1 S", "nan s", "inf s", "1e3 s", "300 d 4 h", " 5 s", "99999999 d"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(DurationText, SaysTheTwoLargestUnits) {
  EXPECT_EQ(elapsed_text(0s), "0 s");
  EXPECT_EQ(elapsed_text(250ms), "250 ms");
  EXPECT_EQ(elapsed_text(1500ms), "1.5 s");
  EXPECT_EQ(elapsed_text(41s), "41 s");
  EXPECT_EQ(elapsed_text(59'900ms), "1 min");
  EXPECT_EQ(elapsed_text(75s), "1 min 15 s");
  EXPECT_EQ(elapsed_text(2h + 5min + 20s), "2 h 5 min");
  EXPECT_EQ(elapsed_text(30 * 24h), "30 d");
  EXPECT_EQ(elapsed_text(26h + 31min), "1 d 3 h");
  EXPECT_EQ(elapsed_text(-90s), "-1 min 30 s");
}

}  // namespace
}  // namespace moor
