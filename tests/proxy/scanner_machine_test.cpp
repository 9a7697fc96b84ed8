// When the radio scans, and what clients are told.

#include "proxy/scanner_machine.hpp"

#include <gmock/gmock.h>

namespace moor::proxy {
namespace {

using namespace std::chrono_literals;
using Kind = esphome::ScannerStateKind;
using esphome::ScannerMode;

const TimePoint start{1h};

bool rests(const ScannerMachine& machine, TimePoint now) {
  return std::holds_alternative<ScannerMachine::Rest>(machine.next(now));
}
bool scans(const ScannerMachine& machine, TimePoint now, bool active = true) {
  const auto action = machine.next(now);
  const auto* scan = std::get_if<ScannerMachine::Scan>(&action);
  return scan != nullptr && scan->active == active;
}
Duration waits(const ScannerMachine& machine, TimePoint now) {
  return std::get<ScannerMachine::Wait>(machine.next(now)).until - now;
}

TEST(ScannerMachine, ScansWhileItIsWanted) {
  ScannerMachine machine;
  EXPECT_TRUE(rests(machine, start));
  EXPECT_EQ(machine.state().state, Kind::idle);
  EXPECT_EQ(machine.state().configured_mode, ScannerMode::active);
  machine.set_wanted(true);
  EXPECT_TRUE(scans(machine, start));
  machine.on_starting(start);
  EXPECT_EQ(machine.state().state, Kind::starting);
  EXPECT_FALSE(machine.must_stop());
  machine.on_heard();
  EXPECT_EQ(machine.state().state, Kind::running);
  machine.set_wanted(false);
  EXPECT_TRUE(machine.must_stop());
  machine.on_stopping();
  EXPECT_EQ(machine.state().state, Kind::stopping);
  machine.on_heard();
  EXPECT_EQ(machine.state().state, Kind::stopping) << "the last reports of a scan that ends";
  machine.on_stopped();
  EXPECT_EQ(machine.state().state, Kind::idle);
  EXPECT_TRUE(rests(machine, start));
}

TEST(ScannerMachine, RunsThoughNothingIsHeard) {
  ScannerMachine machine;
  machine.set_wanted(true);
  machine.on_starting(start);
  EXPECT_EQ(machine.next_check(), start + 1s);
  machine.on_check(RadioHealth::State::idle, start + 1s);
  EXPECT_EQ(machine.state().state, Kind::running);
  EXPECT_EQ(machine.next_check(), start + 6s);
}

TEST(ScannerMachine, ARadioThatWaitsForItsAdapterHasFailedUntilItIsBack) {
  ScannerMachine machine;
  machine.set_wanted(true);
  machine.on_starting(start);
  machine.on_check(RadioHealth::State::unavailable, start + 1s);
  EXPECT_EQ(machine.state().state, Kind::failed);
  EXPECT_FALSE(machine.must_stop());
  machine.on_check(RadioHealth::State::scanning, start + 6s);
  EXPECT_EQ(machine.state().state, Kind::running);
  machine.on_check(RadioHealth::State::unavailable, start + 11s);
  machine.on_heard();
  EXPECT_EQ(machine.state().state, Kind::running);
}

TEST(ScannerMachine, AnotherModeNeedsAnotherScan) {
  ScannerMachine machine;
  machine.set_wanted(true);
  machine.on_starting(start);
  machine.set_mode(ScannerMode::active);
  EXPECT_FALSE(machine.must_stop());
  machine.set_mode(ScannerMode::passive);
  EXPECT_TRUE(machine.must_stop());
  machine.on_stopping();
  machine.on_stopped();
  EXPECT_TRUE(scans(machine, start, false));
  machine.on_starting(start);
  EXPECT_FALSE(machine.must_stop());
  EXPECT_EQ(machine.state().mode, ScannerMode::passive);
  EXPECT_EQ(machine.state().configured_mode, ScannerMode::active);
  machine.set_wanted(false);
  EXPECT_EQ(machine.state().mode, ScannerMode::active) << "who comes next finds what is configured";
}

TEST(ScannerMachine, TriesAgainEverMoreSeldom) {
  ScannerMachine machine;
  machine.set_wanted(true);
  TimePoint now = start;
  for (const Duration pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    machine.on_starting(now);
    machine.on_failed(now, false);
    EXPECT_EQ(machine.state().state, Kind::failed);
    EXPECT_EQ(waits(machine, now), pause);
    now += pause;
    EXPECT_TRUE(scans(machine, now));
  }
  machine.on_starting(now);
  machine.on_heard();
  machine.on_failed(now + 60s, false);
  EXPECT_EQ(waits(machine, now + 60s), 1s) << "one that worked for as long begins anew";
}

TEST(ScannerMachine, WhatIsOverIsOverUntilSomebodyNewComes) {
  for (const bool failed : {false, true}) {
    ScannerMachine machine;
    machine.set_wanted(true);
    machine.on_starting(start);
    if (failed)
      machine.on_failed(start, true);
    else
      machine.on_ended();
    EXPECT_EQ(machine.state().state, failed ? Kind::failed : Kind::stopped);
    EXPECT_TRUE(rests(machine, start + 1h));
    machine.set_wanted(true);
    EXPECT_TRUE(rests(machine, start + 1h)) << "the same";
    machine.set_wanted(false);
    machine.set_wanted(true);
    EXPECT_TRUE(scans(machine, start + 1h));
  }
}

}  // namespace
}  // namespace moor::proxy
