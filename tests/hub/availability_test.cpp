#include "hub/availability.hpp"

#include <gmock/gmock.h>

namespace moor::hub {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr TimePoint begin = TimePoint(1h);

Duration gone_after(const Rules& rules, Duration any, Duration owned, Duration interval) {
  return Availability::gone_at(rules, {.last_heard = begin + any, .last_owned = begin + owned, .interval = interval}, begin) -
         begin;
}

TEST(Availability, StandardGoesByTheDevicesOwnPace) {
  EXPECT_EQ(gone_after(standard_rules, 100s, 100s, 10s), 115s);
  EXPECT_EQ(gone_after(standard_rules, 100s, 40s, 10s), 115s) << "any radio will do";
  EXPECT_EQ(gone_after(standard_rules, 100s, 100s, 0s), 1000s);
}

TEST(Availability, CompatLooksEveryFiveMinutes) {
  EXPECT_EQ(gone_after(compat_rules, 100s, 100s, 10s), 300s) << "not listed after 195 s, seen at the next look";
  EXPECT_EQ(gone_after(compat_rules, 110s, 100s, 10s), 600s);
  EXPECT_EQ(gone_after(compat_rules, 100s, 100s, 0s), 1200s) << "900 s where the interval is not known";
}

TEST(Availability, TellsOfEachOnTimeAndInOrder) {
  Availability availability(standard_rules);
  availability.begin(begin);
  std::vector<Availability::Silence> silences = {{begin, begin, 60s}, {begin, begin, 10s}, {begin, begin, 30s}};
  for (DeviceSlot slot = 0; slot < 3; ++slot) availability.watch(slot, begin, silences[slot]);
  silences[2].last_heard = begin + 20s;  // needs no word
  availability.forget(0);
  std::vector<DeviceSlot> gone;
  const auto advance = [&](TimePoint now) {
    availability.advance(now, [&](DeviceSlot slot) { return silences[slot]; }, [&](DeviceSlot slot) { gone.push_back(slot); });
  };
  advance(begin + 14s);
  EXPECT_TRUE(gone.empty());
  advance(begin + 15s);
  EXPECT_THAT(gone, ElementsAre(1));
  advance(begin + 54s);
  EXPECT_THAT(gone, ElementsAre(1));
  advance(begin + 1h);
  EXPECT_THAT(gone, ElementsAre(1, 2));
  EXPECT_EQ(availability.next_deadline(), TimePoint::max());
}

}  // namespace
}  // namespace moor::hub
