#include "connect/wait_machine.hpp"

#include <gtest/gtest.h>
#include <map>

namespace moor {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};
constexpr DeviceView proxy{};
constexpr DeviceView down{.keeps_objects = true, .known = true, .known_anywhere = true};
constexpr DeviceView up{.keeps_objects = true, .known = true, .connected = true, .known_anywhere = true};
constexpr DeviceView removed{.keeps_objects = true};
constexpr DeviceView elsewhere{.keeps_objects = true, .known_anywhere = true};
constexpr DeviceView full{.keeps_objects = true, .known = true, .slot_free = false};
constexpr DeviceView off{.available = false};

// How long a wait takes where views change at the times given; the machine is also asked at each change, as the loop does it.
Duration length(WaitMachine machine, const std::map<Duration, DeviceView>& views) {
  TimePoint now = start;
  for (int step = 0; step < 1000; ++step) {
    const auto after = views.upper_bound(now - start);
    const auto until = machine.look(std::prev(after)->second, now);
    if (!until) return now - start;
    EXPECT_GT(*until, now);
    now = after == views.end() ? *until : std::min(*until, start + after->first);
  }
  ADD_FAILURE() << "no end";
  return {};
}

Duration compat(Duration backoff, const std::map<Duration, DeviceView>& views) {
  return length(WaitMachine(RetryProfile::compat, WaitFor::link_gone, backoff, start), views);
}
Duration standard(WaitFor what, Duration backoff, const std::map<Duration, DeviceView>& views) {
  return length(WaitMachine(RetryProfile::standard, what, backoff, start), views);
}

TEST(WaitMachine, CompatSleepsWhereThereAreNoObjects) {
  EXPECT_EQ(compat(100ms, {{0s, proxy}}), 100ms);
  EXPECT_EQ(compat(4s, {{0s, proxy}, {1s, up}}), 4s);
  EXPECT_EQ(compat(0s, {{0s, proxy}}), 0s);
}

TEST(WaitMachine, CompatWaitsForTheLinkToBeGone) {
  EXPECT_EQ(compat(100ms, {{0s, down}}), 100ms);
  EXPECT_EQ(compat(100ms, {{0s, up}, {2s, down}}), 2s);
  EXPECT_EQ(compat(4s, {{0s, up}, {2s, down}}), 4s) << "at least the backoff";
  EXPECT_EQ(compat(100ms, {{0s, up}}), 5s);
  EXPECT_EQ(compat(4s, {{0s, up}}), 5s);
  EXPECT_EQ(compat(100ms, {{0s, up}, {1s, removed}, {2s, down}}), 5s) << "bleak's waiter does not see a removal";
}

TEST(WaitMachine, CompatLooksForARemovedDeviceEveryHalfSecond) {
  EXPECT_EQ(compat(4s, {{0s, removed}}), 4s);
  EXPECT_EQ(compat(4s, {{0s, removed}, {1200ms, down}}), 1500ms);
  EXPECT_EQ(compat(4s, {{0s, removed}, {700ms, elsewhere}}), 1s);
  EXPECT_EQ(compat(500ms, {{0s, removed}}), 500ms);
  EXPECT_EQ(compat(250ms, {{0s, removed}}), 0s) << "no time for a look: none, and no wait";
  EXPECT_EQ(compat(1s, {{0s, elsewhere}}), 0s);
}

TEST(WaitMachine, StandardWaitsForTheLinkToBeGone) {
  EXPECT_EQ(standard(WaitFor::link_gone, 100ms, {{0s, proxy}}), 100ms);
  EXPECT_EQ(standard(WaitFor::link_gone, 100ms, {{0s, up}, {2s, down}}), 2s);
  EXPECT_EQ(standard(WaitFor::link_gone, 100ms, {{0s, up}}), 5s);
  EXPECT_EQ(standard(WaitFor::link_gone, 100ms, {{0s, up}, {1s, removed}}), 1s) << "a removed device has no link";
  EXPECT_EQ(standard(WaitFor::link_gone, 1s, {{0s, removed}, {300ms, down}}), 300ms) << "back at once";
  EXPECT_EQ(standard(WaitFor::link_gone, 250ms, {{0s, removed}}), 250ms);
}

TEST(WaitMachine, StandardEndsWhenWhatItWaitsForHappens) {
  EXPECT_EQ(standard(WaitFor::slot_free, 4s, {{0s, full}}), 4s);
  EXPECT_EQ(standard(WaitFor::slot_free, 4s, {{0s, full}, {1300ms, down}}), 1300ms);
  EXPECT_EQ(standard(WaitFor::slot_free, 4s, {{0s, down}}), 4s) << "the radio refused though it says that a slot is free";
  EXPECT_EQ(standard(WaitFor::heard, 4s, {{0s, removed}, {1200ms, down}}), 1200ms);
  EXPECT_EQ(standard(WaitFor::heard, 4s, {{0s, down}}), 4s);
  EXPECT_EQ(standard(WaitFor::radio_available, 250ms, {{0s, off}, {100ms, proxy}}), 100ms);
}

TEST(WaitMachine, SaysWhetherItEndedEarly) {
  WaitMachine machine(RetryProfile::standard, WaitFor::heard, 4s, start);
  EXPECT_EQ(machine.look(removed, start), start + 4s);
  EXPECT_EQ(machine.look(down, start + 1s), std::nullopt);
  EXPECT_TRUE(machine.ended_early());
  WaitMachine whole(RetryProfile::standard, WaitFor::heard, 4s, start);
  EXPECT_TRUE(whole.look(removed, start));
  EXPECT_FALSE(whole.look(removed, start + 4s));
  EXPECT_FALSE(whole.ended_early());
}

}  // namespace
}  // namespace moor
