#include "radio/bluez/management_scan_machine.hpp"

#include "hci/management_commands.hpp"

#include <gtest/gtest.h>

namespace moor::bluez {
namespace {

using namespace std::chrono_literals;
using Machine = ManagementScanMachine;
namespace status = hci::management_status;

TimePoint at(Duration t) {
  return TimePoint{} + t;
}

/// "monitors?", "monitor", "monitor everything", "start", "wait 0.2" (seconds from now), "wait", "fail powered_off"
std::string next(Machine& machine, Duration now) {
  const auto action = machine.next(at(now));
  if (std::holds_alternative<Machine::ReadMonitors>(action)) return "monitors?";
  if (const auto* add = std::get_if<Machine::AddMonitor>(&action)) return add->everything ? "monitor everything" : "monitor";
  if (std::holds_alternative<Machine::StartDiscovery>(action)) return "start";
  if (const auto* wait = std::get_if<Machine::Wait>(&action)) {
    if (wait->until == TimePoint::max()) return "wait";
    return "wait " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(wait->until - at(now)).count());
  }
  const auto& fail = std::get<Machine::Fail>(action);
  return "fail " + std::string(to_string(fail.reason)) + (fail.no_monitors ? " no monitors" : "");
}

/// With its monitor, about to start discovery where it is active.
Machine with_monitor(bool active) {
  Machine machine(active);
  EXPECT_EQ(next(machine, 0s), "monitors?");
  machine.on_monitors(false, false);
  EXPECT_EQ(next(machine, 0s), "monitor");
  machine.on_monitor_added(status::success, 3, at(0s));
  return machine;
}

Machine discovering() {
  Machine machine = with_monitor(true);
  EXPECT_EQ(next(machine, 0s), "start");
  machine.on_discovery_started(status::success, at(0s));
  machine.on_discovering(true, at(0s));
  return machine;
}

TEST(ManagementScanMachine, APassiveScanIsAMonitor) {
  Machine machine = with_monitor(false);
  EXPECT_EQ(next(machine, 0s), "wait");
  EXPECT_EQ(machine.monitor(), 3);
  EXPECT_FALSE(machine.has_discovery());
}

TEST(ManagementScanMachine, WhatTheKernelEndsIsStartedAgainAtOnce) {
  Machine machine = discovering();
  EXPECT_TRUE(machine.has_discovery());
  EXPECT_EQ(next(machine, 1s), "wait 14000");
  machine.on_discovering(false, at(10240ms));
  EXPECT_EQ(next(machine, 10240ms), "start");
}

TEST(ManagementScanMachine, WhatSomebodyElseEndsIsLeftToThemForAMoment) {
  Machine machine = discovering();
  machine.on_discovering(false, at(3s));
  EXPECT_EQ(next(machine, 3s), "wait 200");
  machine.on_discovering(true, at(3007ms));
  EXPECT_FALSE(machine.has_discovery()) << "it is theirs";
  EXPECT_EQ(next(machine, 3007ms), "wait 15000");
  machine.on_discovering(false, at(7s));
  EXPECT_EQ(next(machine, 7s), "wait 200");
  EXPECT_EQ(next(machine, 7200ms), "start");
}

TEST(ManagementScanMachine, BusyIsAskedAgainLessAndLessOftenUntilItIsKnownToRun) {
  Machine machine = with_monitor(true);
  EXPECT_EQ(next(machine, 0s), "start");
  machine.on_discovery_started(status::busy, at(0s));
  EXPECT_EQ(next(machine, 0s), "wait 50");
  EXPECT_EQ(next(machine, 50ms), "start");
  machine.on_discovery_started(status::busy, at(50ms));
  EXPECT_EQ(next(machine, 50ms), "wait 100");
  for (Duration t = 1s; t < 10s; t += 1s) {
    EXPECT_EQ(next(machine, t), "start");
    machine.on_discovery_started(status::busy, at(t));
  }
  EXPECT_EQ(next(machine, 9s), "wait 1000");
  machine.on_discovering(false, at(9500ms));
  EXPECT_EQ(next(machine, 9500ms), "wait 200");
  EXPECT_EQ(next(machine, 9700ms), "start");
  EXPECT_FALSE(machine.has_discovery());
}

TEST(ManagementScanMachine, BusyForEverWithNothingHeardFails) {
  Machine machine = with_monitor(true);
  std::string said;
  Duration t{};
  for (; t < 2min && !said.starts_with("fail"); t += 100ms) {
    if ((said = next(machine, t)) == "start") machine.on_discovery_started(status::busy, at(t));
    if (t == 10s) machine.on_heard(at(t));
  }
  EXPECT_EQ(said, "fail unknown");
  EXPECT_NEAR(to_seconds(t), 40, 0.3) << "30 s after the last thing that was heard";
}

TEST(ManagementScanMachine, ADiscoveryWithoutAnEndIsAskedForAgain) {
  Machine machine = discovering();
  EXPECT_EQ(next(machine, 15s), "start");
  machine.on_discovery_started(status::busy, at(15s));
  EXPECT_EQ(next(machine, 15s), "wait 15000");
}

TEST(ManagementScanMachine, AMonitorThatIsThereAlreadyIsUsed) {
  Machine machine(false);
  EXPECT_EQ(next(machine, 0s), "monitors?");
  machine.on_monitors(false, true);
  EXPECT_EQ(next(machine, 0s), "wait");
  EXPECT_FALSE(machine.monitor().has_value()) << "it is not ours to remove";
  machine.on_monitor_removed(9);
  EXPECT_EQ(next(machine, 1s), "monitors?");
}

TEST(ManagementScanMachine, OneThatSomebodyRemovesIsAddedAgain) {
  Machine machine = with_monitor(false);
  machine.on_monitor_removed(4);
  EXPECT_EQ(next(machine, 1s), "wait") << "another one's";
  machine.on_monitor_removed(0);  // all: bluetoothd does that when it starts
  EXPECT_FALSE(machine.monitor().has_value());
  EXPECT_EQ(next(machine, 1s), "monitors?");
}

TEST(ManagementScanMachine, WhereTheControllerComparesPatternsItAsksForEverythingFirst) {
  Machine machine(false);
  EXPECT_EQ(next(machine, 0s), "monitors?");
  machine.on_monitors(true, true);
  EXPECT_EQ(next(machine, 0s), "monitor everything");
  machine.on_monitor_added(status::invalid_parameters, 0, at(0s));
  EXPECT_EQ(next(machine, 0s), "monitor");
}

TEST(ManagementScanMachine, WithoutMonitorsOnlyAnActiveScanGoesOn) {
  for (const uint8_t refusal : {status::unknown_command, status::not_supported, status::invalid_parameters}) {
    Machine active(true);
    active.on_monitors(false, false);
    EXPECT_EQ(next(active, 0s), "monitor");
    active.on_monitor_added(refusal, 0, at(0s));
    EXPECT_EQ(next(active, 0s), "start");
    Machine passive(false);
    passive.on_monitors(false, false);
    EXPECT_EQ(next(passive, 0s), "monitor");
    passive.on_monitor_added(refusal, 0, at(0s));
    EXPECT_EQ(next(passive, 0s), "fail no service no monitors");
  }
}

TEST(ManagementScanMachine, AsManyMonitorsAsThereCanBeAreEnough) {
  Machine machine(false);
  machine.on_monitors(false, false);
  machine.on_monitor_added(status::no_resources, 0, at(0s));
  EXPECT_EQ(next(machine, 0s), "wait");
}

TEST(ManagementScanMachine, FailsForAReasonWhereThereIsOneAndElseAfterFourAttempts) {
  const std::vector<std::pair<uint8_t, Unavailable>> reasons{{status::not_powered, Unavailable::powered_off},
                                                             {status::blocked, Unavailable::blocked},
                                                             {status::invalid_index, Unavailable::no_radio},
                                                             {status::permission_denied, Unavailable::permission_denied},
                                                             {status::not_supported, Unavailable::unknown}};
  for (const auto& [refusal, reason] : reasons) {
    Machine machine = with_monitor(true);
    machine.on_discovery_started(refusal, at(0s));
    EXPECT_EQ(next(machine, 0s), "fail " + std::string(to_string(reason)));
  }
  for (const uint8_t refusal : {status::failed, status::rejected, uint8_t{0xFF}}) {
    Machine machine = with_monitor(true);
    int attempts = 0;
    Duration t{};
    for (std::string said; t < 1min && !said.starts_with("fail"); t += 10ms) {
      if ((said = next(machine, t)) != "start") continue;
      machine.on_discovery_started(refusal, at(t));
      ++attempts;
    }
    EXPECT_EQ(attempts, Machine::attempts);
    EXPECT_LT(t, 1s);
  }
}

TEST(ManagementScanMachine, EventsThatEndTheScan) {
  Machine off = discovering();
  off.on_powered(true, at(1s));
  EXPECT_EQ(next(off, 1s), "wait 14000");
  off.on_powered(false, at(1s));
  EXPECT_EQ(next(off, 1s), "wait 10000") << "bluetoothd may be restarting";
  EXPECT_EQ(next(off, 11s), "fail " + std::string(to_string(Unavailable::powered_off)));
  Machine for_a_moment = discovering();
  for_a_moment.on_powered(false, at(1s));
  for_a_moment.on_powered(true, at(1050ms));
  EXPECT_EQ(next(for_a_moment, 1100ms), "wait 13900");
  Machine never_on = discovering();
  never_on.on_powered(false, at(1s));
  EXPECT_EQ(next(never_on, 1100ms), "fail " + std::string(to_string(Unavailable::powered_off)));
  // As the kernel does it.
  Machine removed = discovering();
  removed.on_discovering(false, at(1s));
  removed.on_powered(false, at(1s));
  removed.on_removed();
  EXPECT_EQ(next(removed, 1s), "fail " + std::string(to_string(Unavailable::no_radio)));
  EXPECT_FALSE(removed.has_discovery());
  EXPECT_FALSE(removed.monitor().has_value());
  Machine closed = discovering();
  closed.on_closed();
  EXPECT_EQ(next(closed, 1s), "fail " + std::string(to_string(Unavailable::no_service)));
}

}  // namespace
}  // namespace moor::bluez
