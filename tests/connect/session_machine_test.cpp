#include "connect/session_machine.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const Uuid temperature(0x2A6E);
const Uuid battery(0x2A19);

// "connect", or how many seconds to wait.
std::string text(const SessionMachine::Action& action) {
  const auto* const wait = std::get_if<SessionMachine::Wait>(&action);
  return wait == nullptr ? "connect" : std::to_string(wait->how_long / 1s);
}

constexpr TimePoint at(Duration t) {
  return TimePoint(t);
}

TEST(SessionMachine, WaitsTwiceAsLongAfterEachFailureUpToTheLimit) {
  SessionMachine machine(SessionOptions{});
  EXPECT_EQ(text(machine.on_start(at(0s))), "connect");
  std::vector<std::string> waits;
  for (int i = 0; i < 6; ++i) waits.push_back(text(machine.on_connect_failed(at(1s), "no answer")));
  EXPECT_THAT(waits, ElementsAre("5", "10", "20", "40", "60", "60"));
  EXPECT_EQ(text(machine.on_waited()), "connect");
  machine.on_connected(at(300s));
  EXPECT_EQ(text(machine.on_link_lost(at(400s), "supervision timeout")), "5") << "a success begins anew";
  EXPECT_EQ(text(machine.on_connect_failed(at(410s), "no answer")), "10");
}

TEST(SessionMachine, WaitsNoShorterAndNoLongerThanTold) {
  SessionMachine machine(SessionOptions{.first_retry = 7s, .last_retry = 7s});
  (void)machine.on_start(at(0s));
  EXPECT_EQ(text(machine.on_connect_failed(at(1s), "")), "7");
  EXPECT_EQ(text(machine.on_connect_failed(at(1s), "")), "7");
}

TEST(SessionMachine, CountsUpTimeOnlyWithLinkAndSubscriptions) {
  SessionOptions options;
  options.subscriptions = {{temperature}, {battery}};
  SessionMachine machine(options);
  (void)machine.on_start(at(0s));
  machine.on_connected(at(10s));
  EXPECT_EQ(machine.due_subscription(at(10s)), 0U);
  machine.on_subscribed(at(11s), 0);
  EXPECT_EQ(machine.report(at(12s)).up, 0s);
  machine.on_subscribed(at(12s), 1);
  EXPECT_EQ(machine.report(at(20s)).up, 8s);
  (void)machine.on_link_lost(at(22s), "supervision timeout");
  const SessionReport report = machine.report(at(30s));
  EXPECT_EQ(report.up, 10s);
  EXPECT_EQ(report.drops, 1U);
  ASSERT_EQ(report.gaps.size(), 2U);
  EXPECT_EQ(report.gaps[0].to - report.gaps[0].from, 12s);
  EXPECT_EQ(report.gaps[1].cause, "supervision timeout");
  EXPECT_EQ(report.gaps[1].to, at(30s)) << "it lasts";
  EXPECT_EQ(report.longest_gap, 12s);
  EXPECT_NEAR(report.uptime(), 1.0 / 3, 1e-9);
}

TEST(SessionMachine, AGapIsExplainedByWhatBeganIt) {
  SessionMachine machine(SessionOptions{});
  (void)machine.on_start(at(0s));
  (void)machine.on_connect_failed(at(20s), "nobody hears it");
  EXPECT_EQ(machine.report(at(20s)).gaps.at(0).cause, "nobody hears it");
  machine.on_connected(at(30s));
  (void)machine.on_link_lost(at(40s), "closed by the device");
  (void)machine.on_connect_failed(at(60s), "no answer");
  machine.on_connected(at(70s));
  const SessionReport report = machine.report(at(80s));
  EXPECT_EQ(report.gaps.at(1).cause, "closed by the device");
  EXPECT_EQ(report.longest_gap, 30s);
  EXPECT_EQ(report.failed_connects, 2U);
  EXPECT_EQ(report.connections, 2U);
}

TEST(SessionMachine, TriesARefusedSubscriptionAgainAndEndsNoLinkForIt) {
  SessionOptions options;
  options.subscriptions = {{temperature}, {battery}};
  SessionMachine machine(options);
  (void)machine.on_start(at(0s));
  machine.on_connected(at(0s));
  machine.on_subscription_failed(at(0s), 0, "insufficient authentication");
  EXPECT_EQ(machine.due_subscription(at(0s)), 1U);
  machine.on_subscribed(at(0s), 1);
  EXPECT_EQ(machine.due_subscription(at(4s)), std::nullopt);
  EXPECT_EQ(machine.next_due(), at(5s));
  machine.on_subscription_failed(at(5s), 0, "insufficient authentication");
  EXPECT_EQ(machine.next_due(), at(15s));
  machine.on_subscribed(at(15s), 0);
  EXPECT_EQ(machine.next_due(), TimePoint::max());
  EXPECT_EQ(machine.report(at(25s)).up, 10s);
  EXPECT_EQ(machine.report(at(25s)).gaps.at(0).cause, "insufficient authentication");
  machine.on_subscription_ended(at(25s), 1, "the services have changed");
  EXPECT_EQ(machine.due_subscription(at(25s)), 1U);
  EXPECT_EQ(machine.report(at(30s)).up, 10s);
  EXPECT_EQ(machine.report(at(30s)).failed_operations, 2U);
}

TEST(SessionMachine, ReadsKeepTheirBeatAndMissedOnesAreMadeUpForOnce) {
  SessionOptions options;
  options.reads = {{temperature, 60s}, {battery, 1h}};
  SessionMachine machine(options);
  (void)machine.on_start(at(0s));
  EXPECT_EQ(machine.due_read(at(5s)), std::nullopt) << "without a link";
  machine.on_connected(at(5s));
  EXPECT_EQ(machine.due_read(at(5s)), 0U);
  machine.on_read(at(6s), 0);
  EXPECT_EQ(machine.due_read(at(6s)), 1U);
  machine.on_read_failed(at(7s), 1);
  EXPECT_EQ(machine.due_read(at(59s)), std::nullopt);
  EXPECT_EQ(machine.next_due(), at(60s));
  EXPECT_EQ(machine.due_read(at(60s)), 0U);
  machine.on_read(at(61s), 0);
  EXPECT_EQ(machine.next_due(), at(120s)) << "however long the read took";
  (void)machine.on_link_lost(at(100s), "");
  EXPECT_EQ(machine.next_due(), TimePoint::max());
  machine.on_connected(at(400s));
  EXPECT_EQ(machine.due_read(at(400s)), 0U);
  machine.on_read(at(400s), 0);
  EXPECT_EQ(machine.next_due(), at(420s));
  EXPECT_EQ(machine.report(at(400s)).values, 3U);
  EXPECT_EQ(machine.report(at(400s)).failed_operations, 1U);
}

TEST(SessionMachine, KeepsTheNewestThousandGaps) {
  SessionMachine machine(SessionOptions{});
  (void)machine.on_start(at(0s));
  for (int i = 0; i < 1500; ++i) {
    machine.on_connected(at(10s * i + 5s));
    (void)machine.on_link_lost(at(10s * i + 6s), std::to_string(i));
  }
  const SessionReport report = machine.report(at(15005s));
  EXPECT_EQ(report.gaps.size(), 1000U);
  EXPECT_EQ(report.gaps.back().cause, "1499");
  EXPECT_EQ(report.up, 1500s);
}

TEST(SessionMachine, AReportOfASessionThatHasEndedStaysAsItIs) {
  SessionMachine machine(SessionOptions{});
  (void)machine.on_start(at(0s));
  machine.on_connected(at(10s));
  machine.on_stopped(at(20s));
  EXPECT_EQ(machine.report(at(100s)).up, 10s);
  EXPECT_EQ(machine.report(at(100s)).until, at(20s));
  EXPECT_EQ(machine.report(at(100s)).drops, 0U);
  EXPECT_EQ(SessionReport().uptime(), 1.0);
}

TEST(SessionMachine, RefusesOptionsThatCannotBeMeant) {
  const std::vector<SessionOptions> wrong{
      {.reads = {{temperature, 0s}}},
      {.reads = {{temperature, -1s}}},
      {.subscriptions = {{temperature}, {temperature}}},
      {.subscriptions = {{temperature, {.capacity = 0}}}},
      {.first_retry = 0s},
      {.first_retry = 10s, .last_retry = 5s},
  };
  for (const SessionOptions& options : wrong) EXPECT_THROW(SessionMachine{options}, UsageError);
}

}  // namespace
}  // namespace moor
