#include "radio/esphome/scanning_machine.hpp"

#include "radio/esphome/silence.hpp"

#include <gmock/gmock.h>

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using esphome::Feature;
using esphome::ScannerMode;
using esphome::ScannerState;
using esphome::ScannerStateKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimePoint start(std::chrono::hours(1));
constexpr uint32_t all = 0xFF;
constexpr uint32_t without_state = all & ~static_cast<uint32_t>(Feature::scanner_state_and_mode);
constexpr Wanted active_scan{.scan = ScannerMode::active};
constexpr Wanted only_links{.links = true};

// What the machine does now, in words, up to its Wait.
std::vector<std::string> acts(ScanningMachine& machine, TimePoint now) {
  std::vector<std::string> done;
  for (int i = 0; i < 10; ++i) {
    const auto action = machine.next(now);
    if (std::holds_alternative<ScanningMachine::Wait>(action)) return done;
    if (std::holds_alternative<ScanningMachine::Subscribe>(action)) done.emplace_back("subscribe");
    if (std::holds_alternative<ScanningMachine::Unsubscribe>(action)) done.emplace_back("unsubscribe");
    if (const auto* mode = std::get_if<ScanningMachine::SetMode>(&action))
      done.emplace_back(mode->mode == ScannerMode::active ? "active" : "passive");
  }
  done.emplace_back("for ever");
  return done;
}

TimePoint waits_until(ScanningMachine& machine, TimePoint now) {
  const auto action = machine.next(now);
  const auto* wait = std::get_if<ScanningMachine::Wait>(&action);
  return wait == nullptr ? TimePoint::min() : wait->until;
}

ScanningMachine ready(uint32_t features, const Wanted& wanted) {
  ScanningMachine machine;
  machine.want(wanted);
  machine.on_ready(features);
  return machine;
}

// One that the proxy serves.
ScanningMachine scanning() {
  ScanningMachine machine = ready(all, active_scan);
  (void)acts(machine, start);
  machine.on_scanner_state({.state = ScannerStateKind::running});
  (void)acts(machine, start);
  return machine;
}

TEST(ScanningMachine, SubscribesWhenThereIsASessionAndSomebodyWantsSomething) {
  ScanningMachine machine;
  machine.want(active_scan);
  EXPECT_THAT(acts(machine, start), IsEmpty()) << "no session";
  machine.want({});
  machine.on_ready(all);
  EXPECT_THAT(acts(machine, start), IsEmpty()) << "the newest subscriber takes the proxy from others: not without need";
  EXPECT_EQ(waits_until(machine, start), TimePoint::max());
  machine.want(active_scan);
  EXPECT_THAT(acts(machine, start), ElementsAre("subscribe"));
  EXPECT_THAT(acts(machine, start), IsEmpty());
}

TEST(ScanningMachine, ChoosesTheModeOnceTheProxyServesIt) {
  ScanningMachine machine = ready(all, active_scan);
  EXPECT_THAT(acts(machine, start), ElementsAre("subscribe")) << "until then the mode is another's to choose";
  EXPECT_FALSE(machine.is_answered());
  machine.on_scanner_state({});
  EXPECT_TRUE(machine.is_answered()) << "idle and passive is an empty message, and an answer";
  EXPECT_THAT(acts(machine, start), ElementsAre("active"));
  machine.on_scanner_state({.state = ScannerStateKind::running, .mode = ScannerMode::passive});
  EXPECT_THAT(acts(machine, start), IsEmpty()) << "what somebody else then chooses is not fought over";
  machine.want({.scan = ScannerMode::passive});
  EXPECT_THAT(acts(machine, start), ElementsAre("passive"));
}

TEST(ScanningMachine, LeavesTheModeAloneForLinks) {
  ScanningMachine machine = ready(all, only_links);
  EXPECT_THAT(acts(machine, start), ElementsAre("subscribe")) << "answers of connections go to the subscriber only";
  machine.on_scanner_state({});
  EXPECT_THAT(acts(machine, start), IsEmpty());
}

TEST(ScanningMachine, KeepsTheSubscriptionAsLongAsThereAreLinks) {
  ScanningMachine machine = scanning();
  machine.want({.scan = ScannerMode::active, .links = true});
  EXPECT_THAT(acts(machine, start), IsEmpty());
  machine.want(only_links);
  EXPECT_THAT(acts(machine, start), IsEmpty()) << "unsubscribing tears links down";
  machine.want({});
  EXPECT_THAT(acts(machine, start), ElementsAre("unsubscribe"));
  EXPECT_THAT(acts(machine, start), IsEmpty());
}

TEST(ScanningMachine, SaysThatAnotherProgramHoldsTheProxyAndAsksAgain) {
  ScanningMachine machine = ready(all, active_scan);
  std::vector<int> subscribed_at;
  std::vector<int> held_at;
  for (TimePoint now = start; now < start + 300s; now = waits_until(machine, now)) {
    for (const std::string& act : acts(machine, now))
      if (act == "subscribe") subscribed_at.push_back(static_cast<int>((now - start) / 1s));
    if (machine.is_held_by_another()) held_at.push_back(static_cast<int>((now - start) / 1s));
  }
  EXPECT_THAT(subscribed_at, ElementsAre(0, 10, 40, 100, 160, 220, 280));
  EXPECT_THAT(held_at, ElementsAre(10, 40, 100, 160, 220, 280));
  machine.on_scanner_state({.state = ScannerStateKind::running});
  EXPECT_FALSE(machine.is_held_by_another()) << "the other has gone";
  EXPECT_THAT(acts(machine, start + 300s), ElementsAre("active"));
  EXPECT_EQ(waits_until(machine, start + 300s), TimePoint::max());
}

TEST(ScanningMachine, AnAdvertisementIsAnAnswerToo) {
  ScanningMachine machine = ready(all, active_scan);
  (void)acts(machine, start);
  machine.on_heard();
  EXPECT_THAT(acts(machine, start + 20s), ElementsAre("active"));
  EXPECT_FALSE(machine.is_held_by_another());
}

TEST(ScanningMachine, CannotTellOfAnotherWithoutTheFeature) {
  ScanningMachine machine = ready(without_state, active_scan);
  EXPECT_THAT(acts(machine, start), ElementsAre("subscribe"));
  EXPECT_TRUE(machine.is_answered());
  EXPECT_EQ(waits_until(machine, start + 60s), TimePoint::max());
  EXPECT_FALSE(machine.is_held_by_another());
}

TEST(ScanningMachine, BeginsAnewWithEachSession) {
  ScanningMachine machine = scanning();
  machine.on_lost();
  EXPECT_THAT(acts(machine, start + 5s), IsEmpty());
  EXPECT_FALSE(machine.scanner()) << "that was another session's";
  machine.on_ready(all);
  EXPECT_THAT(acts(machine, start + 9s), ElementsAre("subscribe"));
  EXPECT_EQ(waits_until(machine, start + 9s), start + 19s);
}

TEST(ScanningMachine, RenewsWhereThatCostsNoLinks) {
  ScanningMachine machine = scanning();
  EXPECT_TRUE(machine.renew());
  EXPECT_THAT(acts(machine, start + 90s), ElementsAre("unsubscribe", "subscribe"));
  machine.on_scanner_state({});
  EXPECT_THAT(acts(machine, start + 90s), ElementsAre("active"));
  machine.want({.scan = ScannerMode::active, .links = true});
  EXPECT_FALSE(machine.renew());
  EXPECT_THAT(acts(machine, start + 120s), IsEmpty());
}

TEST(ScanningMachine, DoesNotRenewOnceALinkHasCome) {
  ScanningMachine machine = scanning();
  EXPECT_TRUE(machine.renew());
  machine.want({.scan = ScannerMode::active, .links = true});
  EXPECT_THAT(acts(machine, start + 90s), IsEmpty());
}

TEST(ScanningMachine, TellsWhatIsWrongWithTheScanner) {
  ScanningMachine machine = scanning();
  EXPECT_EQ(machine.scanner_problem(), "");
  machine.on_scanner_state({.state = ScannerStateKind::failed});
  EXPECT_EQ(machine.scanner_problem(), "its scanner has failed");
  machine.on_scanner_state({.state = ScannerStateKind::stopped});
  EXPECT_EQ(machine.scanner_problem(), "its scanner has stopped");
  machine.on_scanner_state({.state = ScannerStateKind::running});
  EXPECT_EQ(machine.scanner_problem(), "");
}

// So many messages at this interval; when the last one came.
TimePoint hears(Silence& silence, TimePoint from, Duration interval, int messages) {
  for (int i = 0; i < messages; ++i) silence.on_message(from += interval);
  return from;
}

TEST(Silence, IsMeasuredAgainstItsOwnRate) {
  for (const auto& [interval, limit] :
       {std::pair<Duration, Duration>{100ms, 30s}, {1s, 30s}, {3s, 60s}, {20s, 400s}, {10min, 30min}}) {
    Silence silence;
    silence.on_started(start);
    const TimePoint last = hears(silence, start, interval, 200);
    if (interval < 10min) {
      EXPECT_NEAR(to_seconds(silence.silent_at() - last), to_seconds(limit), 0.001) << to_seconds(interval);
    } else {
      EXPECT_LE(silence.silent_at() - last, limit);
    }
  }
}

TEST(Silence, TakesNinetySecondsWhereItHasNoRate) {
  Silence silence;
  EXPECT_EQ(silence.silent_at(), TimePoint::max()) << "it does not scan";
  silence.on_started(start);
  EXPECT_EQ(silence.silent_at(), start + 90s);
  const TimePoint last = hears(silence, start, 100ms, 4);
  EXPECT_EQ(silence.silent_at(), last + 90s) << "three intervals are no rate";
  silence.on_message(last + 100ms);
  EXPECT_EQ(silence.silent_at(), last + 100ms + 30s);
}

TEST(Silence, RemembersTheRateOverASessionAndNotTheGap) {
  Silence silence;
  silence.on_started(start);
  const TimePoint last = hears(silence, start, 3s, 100);
  silence.on_stopped();
  EXPECT_EQ(silence.silent_at(), TimePoint::max());
  silence.on_message(last + 1s);
  silence.on_started(last + 1h);
  EXPECT_NEAR(to_seconds(silence.silent_at() - (last + 1h)), 60, 0.001);
  silence.on_message(last + 1h + 3s);
  EXPECT_NEAR(to_seconds(silence.silent_at() - (last + 1h + 3s)), 60, 0.001);
}

TEST(Silence, IsNotTaughtPatienceByOneSilence) {
  Silence silence;
  silence.on_started(start);
  const TimePoint last = hears(silence, start, 100ms, 100);
  silence.on_message(last + 10min);
  EXPECT_LT(silence.silent_at() - (last + 10min), 45s);
  const TimePoint again = hears(silence, last + 10min, 100ms, 60);
  EXPECT_EQ(silence.silent_at() - again, 30s);
}

}  // namespace
}  // namespace moor::esphome_radio
