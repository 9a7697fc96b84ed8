#include "hub/watchdog.hpp"

#include <gmock/gmock.h>

namespace moor::hub {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using Action = Watchdog::Action;

constexpr TimePoint start = TimePoint(1h);

struct Act {
  int64_t second;
  Action action;
  friend bool operator==(const Act&, const Act&) = default;
  friend void PrintTo(const Act& act, std::ostream* out) { *out << act.second << " s: " << static_cast<int>(act.action); }
};

// What it wants while nothing is heard, as a loop would ask it.
std::vector<Act> acts_until(Watchdog& watchdog, TimePoint end) {
  std::vector<Act> acts;
  while (watchdog.next_check() <= end) {
    const TimePoint now = watchdog.next_check();
    acts.push_back({(now - start) / 1s, watchdog.check(now)});
    watchdog.on_acted(now);
  }
  return acts;
}

TEST(Watchdog, RestartsAScanThatFellSilentAndThenResetsTheRadio) {
  Watchdog watchdog;
  watchdog.on_started(start);
  watchdog.on_advertisement(start + 10s, false);
  EXPECT_THAT(acts_until(watchdog, start + 200s), ElementsAre(Act{120, Action::restart}, Act{150, Action::reset}));
  EXPECT_TRUE(watchdog.is_silent());
}

TEST(Watchdog, ResetsARadioThatNeverHeardAnything) {
  Watchdog watchdog;
  watchdog.on_started(start);
  EXPECT_THAT(acts_until(watchdog, start + 100s), ElementsAre(Act{90, Action::reset}));
}

TEST(Watchdog, EmptyAdvertisementsAreNoSignOfLife) {
  Watchdog watchdog;
  watchdog.on_started(start);
  for (int t = 1; t < 90; ++t) watchdog.on_advertisement(start + std::chrono::seconds(t), true);
  EXPECT_EQ(watchdog.check(start + 90s), Action::reset);
}

TEST(Watchdog, TriesEverMoreRarelyAndSaysWhenItGivesUp) {
  Watchdog watchdog;
  watchdog.on_started(start);
  const auto acts = acts_until(watchdog, start + 3h);
  std::vector<int64_t> minutes;
  for (const Act& act : acts) minutes.push_back(act.second / 60);
  EXPECT_THAT(minutes, ElementsAre(1, 3, 7, 15, 31, 91, 151));
  EXPECT_TRUE(watchdog.is_given_up());
  watchdog.on_advertisement(start + 4h, false);
  EXPECT_FALSE(watchdog.is_given_up());
  EXPECT_FALSE(watchdog.is_silent());
  EXPECT_EQ(watchdog.next_check(), start + 4h + 90s) << "all is forgiven";
}

TEST(Watchdog, RestsWhileTheRadioDoesNotScan) {
  Watchdog watchdog;
  EXPECT_EQ(watchdog.next_check(), TimePoint::max());
  watchdog.on_started(start);
  watchdog.on_stopped();
  EXPECT_EQ(watchdog.next_check(), TimePoint::max());
  EXPECT_EQ(watchdog.check(start + 1h), Action::none);
  watchdog.on_started(start + 1h);
  EXPECT_EQ(watchdog.next_check(), start + 1h + 90s);
}

TEST(Watchdog, WaitsForWhatItAskedFor) {
  Watchdog watchdog;
  watchdog.on_started(start);
  EXPECT_EQ(watchdog.check(start + 90s), Action::reset);
  EXPECT_EQ(watchdog.next_check(), TimePoint::max()) << "the reset goes on";
  watchdog.on_acted(start + 100s);
  EXPECT_EQ(watchdog.next_check(), start + 240s) << "two minutes, on the beat";
}

TEST(Watchdog, GoesByTheRateOfARadioThatKnowsIt) {
  Watchdog watchdog;
  watchdog.on_started(start);
  watchdog.on_advertisement(start + 3s, false);
  watchdog.on_rate(start + 33s);
  EXPECT_THAT(acts_until(watchdog, start + 100s), ElementsAre(Act{60, Action::restart}, Act{90, Action::reset})) << "a busy one";
  watchdog.on_advertisement(start + 100s, false);
  watchdog.on_rate(start + 700s);
  EXPECT_THAT(acts_until(watchdog, start + 760s), ElementsAre(Act{720, Action::restart}, Act{750, Action::reset}))
      << "a quiet one";
}

TEST(Watchdog, LeavesARadioAloneThatCannotHearNow) {
  Watchdog watchdog;
  watchdog.on_started(start);
  watchdog.on_rate(TimePoint::max());
  EXPECT_EQ(watchdog.next_check(), TimePoint::max());
  EXPECT_EQ(watchdog.check(start + 1h), Action::none);
  watchdog.on_rate(start + 1h + 90s);
  EXPECT_EQ(watchdog.check(start + 1h + 90s), Action::reset) << "nothing was heard since the start";
}

}  // namespace
}  // namespace moor::hub
