#include "connect/connect_machine.hpp"

#include <gmock/gmock.h>
#include <ostream>

namespace moor {
namespace {

using namespace std::chrono_literals;
using Machine = ConnectMachine;
using ::testing::ElementsAre;

constexpr TimePoint start{1h};

ConnectCause because(ConnectReason reason, std::string text = {}, CauseOrigin origin = CauseOrigin::radio) {
  return {.reason = reason, .origin = origin, .text = std::move(text)};
}

// Radios, each with one cause for ever; the machine's attempts as "radio@ms", and how it ends.
struct Played {
  std::vector<std::string> attempts;
  TimePoint ended = start;
};

struct Play {
  Machine machine;
  std::vector<Machine::Candidate> candidates;
  std::vector<ConnectCause> causes;
  Duration attempt_takes{};

  Played run() {
    Played played;
    TimePoint now = start;
    for (int step = 0; step < 1000; ++step) {
      const Machine::Action action = machine.next(now, candidates);
      if (const auto* attempt = std::get_if<Machine::Attempt>(&action)) {
        played.attempts.push_back(std::to_string(attempt->radio) + "@" + std::to_string((now - start) / 1ms));
        now += attempt_takes;
        machine.on_failed(causes[attempt->radio], attempt_takes);
      } else if (const auto* wait = std::get_if<Machine::Wait>(&action)) {
        EXPECT_GT(wait->until, now);
        now = wait->until;
      } else if (std::holds_alternative<Machine::NoRadio>(action)) {
        played.attempts.push_back("none@" + std::to_string((now - start) / 1ms));
        machine.on_failed(because(ConnectReason::device_not_found, {}, CauseOrigin::lookup), 0s);
      } else if (std::holds_alternative<Machine::GiveUp>(action)) {
        played.ended = now;
        return played;
      }
    }
    ADD_FAILURE() << "no end";
    return played;
  }
};

Play one_radio(RetryProfile profile, ConnectReason reason, int max_attempts = 4) {
  return {.machine = Machine(profile, max_attempts, true), .candidates = {{.radio = 0}}, .causes = {because(reason)}};
}

struct Row {
  ConnectReason reason;
  int compat_attempts;
  Duration compat_ends;
  int standard_attempts;
  Duration standard_ends;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << to_string(row.reason);
}

class ForEver : public ::testing::TestWithParam<Row> {};

// docs/connections.md has the same table. The compat column: reference, timing envelope.
INSTANTIATE_TEST_SUITE_P(
    OneRadio, ForEver,
    ::testing::Values(Row{ConnectReason::unknown, 4, 400ms, 4, 300ms}, Row{ConnectReason::timed_out, 4, 1s, 4, 750ms},
                      Row{ConnectReason::device_not_found, 9, 36s, 9, 32s}, Row{ConnectReason::out_of_slots, 9, 36s, 9, 32s},
                      Row{ConnectReason::aborted_by_local, 9, 2250ms, 9, 2s}, Row{ConnectReason::canceled, 9, 2250ms, 9, 2s},
                      Row{ConnectReason::not_established, 9, 4500ms, 9, 4s}, Row{ConnectReason::closed_by_peer, 9, 2250ms, 9, 2s},
                      Row{ConnectReason::closed_by_local, 9, 2250ms, 9, 2s},
                      Row{ConnectReason::supervision_timeout, 4, 2s, 4, 1500ms}, Row{ConnectReason::stack_error, 4, 4s, 4, 3s},
                      Row{ConnectReason::disconnected, 4, 0s, 4, 300ms},
                      Row{ConnectReason::services_incomplete, 9, 900ms, 9, 800ms},
                      Row{ConnectReason::att_error, 4, 400ms, 4, 300ms},
                      Row{ConnectReason::radio_unavailable, 4, 400ms, 4, 750ms},
                      Row{ConnectReason::system_gone, 9, 2250ms, 9, 2s}, Row{ConnectReason::pipe_broken, 9, 0s, 9, 2s}));

TEST_P(ForEver, SpendsItsBudget) {
  const Row& row = GetParam();
  const Played compat = one_radio(RetryProfile::compat, row.reason).run();
  EXPECT_EQ(compat.attempts.size(), static_cast<size_t>(row.compat_attempts));
  EXPECT_EQ(compat.ended - start, row.compat_ends) << "the last failure waits too";
  const Played standard = one_radio(RetryProfile::standard, row.reason).run();
  EXPECT_EQ(standard.attempts.size(), static_cast<size_t>(row.standard_attempts));
  EXPECT_EQ(standard.ended - start, row.standard_ends) << "the last failure does not wait";
}

TEST(ConnectMachine, OneAttemptAtLeast) {
  for (const RetryProfile profile : {RetryProfile::standard, RetryProfile::compat})
    EXPECT_EQ(one_radio(profile, ConnectReason::unknown, 0).run().attempts.size(), 1U);
}

TEST(ConnectMachine, CompatCountsTimeoutsAndErrorsTogether) {
  Machine machine(RetryProfile::compat, 4, true);
  const Machine::Candidate candidate;
  TimePoint now = start;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(std::holds_alternative<Machine::Attempt>(machine.next(now, {&candidate, 1}))) << i;
    machine.on_failed(because(i % 2 == 0 ? ConnectReason::timed_out : ConnectReason::unknown), 0s);
    now = std::get<Machine::Wait>(machine.next(now, {&candidate, 1})).until;
  }
  EXPECT_TRUE(std::holds_alternative<Machine::GiveUp>(machine.next(now, {&candidate, 1})));
}

TEST(ConnectMachine, StandardCountsEachClassByItself) {
  Machine machine(RetryProfile::standard, 4, true);
  const Machine::Candidate candidate;
  TimePoint now = start;
  int attempts = 0;
  for (int step = 0; step < 100; ++step) {
    const auto action = machine.next(now, {&candidate, 1});
    if (std::holds_alternative<Machine::GiveUp>(action)) break;
    if (const auto* wait = std::get_if<Machine::Wait>(&action)) {
      now = wait->until;
      continue;
    }
    machine.on_failed(because(attempts++ % 2 == 0 ? ConnectReason::timed_out : ConnectReason::unknown), 0s);
  }
  EXPECT_EQ(attempts, 7) << "the fourth time-out is the seventh failure";
}

TEST(ConnectMachine, AnotherRadioIsTriedAtOnceAndTheOneThatFailedLessFirst) {
  Play play{.machine = Machine(RetryProfile::standard, 2, true),
            .candidates = {{.radio = 0}, {.radio = 1}, {.radio = 2}},
            .causes = {because(ConnectReason::stack_error), because(ConnectReason::unknown), because(ConnectReason::unknown)}};
  // The second radio and the third share a budget of two.
  EXPECT_THAT(play.run().attempts, ElementsAre("0@0", "1@0", "2@0", "0@1000"));
}

TEST(ConnectMachine, ABadRadioDoesNotUseUpTheAttemptsOfTheFirst) {
  Play play{.machine = Machine(RetryProfile::standard, 4, true),
            .candidates = {{.radio = 0}, {.radio = 1}},
            .causes = {because(ConnectReason::aborted_by_local), because(ConnectReason::unknown)}};
  const Played played = play.run();
  EXPECT_EQ(std::ranges::count_if(played.attempts, [](const std::string& at) { return at.front() == '0'; }), 9);
  EXPECT_EQ(std::ranges::count_if(played.attempts, [](const std::string& at) { return at.front() == '1'; }), 4);
}

TEST(ConnectMachine, ARadioThatIsOffOrFullIsSkippedWhileAnotherMayBeTried) {
  Machine::Candidate off{.radio = 0};
  off.seen.available = false;
  Machine::Candidate full{.radio = 1};
  full.seen.slot_free = false;
  Play play{.machine = Machine(RetryProfile::standard, 1, true),
            .candidates = {off, full, {.radio = 2}},
            .causes = {because(ConnectReason::unknown), because(ConnectReason::unknown), because(ConnectReason::unknown)}};
  EXPECT_THAT(play.run().attempts, ElementsAre("2@0", "0@0")) << "then the first, which has a budget of its own";
}

TEST(ConnectMachine, NobodyReachesTheDevice) {
  Play play{.machine = Machine(RetryProfile::standard, 4, true), .candidates = {}, .causes = {}};
  const Played played = play.run();
  EXPECT_EQ(played.attempts.size(), 9U);
  EXPECT_EQ(played.ended - start, 32s);
  EXPECT_EQ(play.machine.attempts(), 0) << "no radio was asked";
}

TEST(ConnectMachine, WhatWasTriedEarlyIsNotCounted) {
  Machine machine(RetryProfile::standard, 4, true);
  Machine::Candidate candidate;
  candidate.seen.slot_free = false;
  const auto next = [&](TimePoint now) { return machine.next(now, {&candidate, 1}); };
  ASSERT_TRUE(std::holds_alternative<Machine::Attempt>(next(start)));
  EXPECT_EQ(machine.on_failed(because(ConnectReason::out_of_slots), 0s).counted_as, AttemptBudget::transient);
  ASSERT_TRUE(std::holds_alternative<Machine::Wait>(next(start)));
  candidate.seen.slot_free = true;
  ASSERT_TRUE(std::holds_alternative<Machine::Attempt>(next(start + 700ms)));
  EXPECT_EQ(machine.on_failed(because(ConnectReason::out_of_slots), 0s).counted_as, std::nullopt);
  EXPECT_EQ(machine.counters().transient, 1);
}

TEST(ConnectMachine, IncompleteServicesAreClearedBeforeTheWait) {
  for (const RetryProfile profile : {RetryProfile::standard, RetryProfile::compat}) {
    Machine machine(profile, 4, true);
    const Machine::Candidate candidate{.radio = 3};
    ASSERT_TRUE(std::holds_alternative<Machine::Attempt>(machine.next(start, {&candidate, 1})));
    machine.on_failed(because(ConnectReason::services_incomplete), 0s);
    EXPECT_EQ(std::get<Machine::ClearServices>(machine.next(start, {&candidate, 1})).radio, 3U);
    const TimePoint cleared = start + 2s;
    EXPECT_EQ(std::get<Machine::Wait>(machine.next(cleared, {&candidate, 1})).until, cleared + 100ms);
  }
}

TEST(ConnectMachine, CompatDoesNotWaitWhereItMayNotClear) {
  Machine machine(RetryProfile::compat, 4, false);
  const Machine::Candidate candidate;
  ASSERT_TRUE(std::holds_alternative<Machine::Attempt>(machine.next(start, {&candidate, 1})));
  EXPECT_EQ(machine.on_failed(because(ConnectReason::services_incomplete), 0s).wait, std::nullopt);
  EXPECT_TRUE(std::holds_alternative<Machine::Attempt>(machine.next(start, {&candidate, 1})));
}

struct TextRow {
  ConnectCause cause;
  Duration backoff;
  AttemptBudget budget;
  ConnectFailure failure;
};

TEST(RetryRule, CompatSortsByTypeFirstThenByText) {
  using enum ConnectReason;
  using enum AttemptBudget;
  const TextRow rows[] = {
      {because(out_of_slots, "[org.bluez.Error.Failed] ESP_GATT_CONN_CONN_CANCEL", CauseOrigin::system_call), 250ms, transient,
       ConnectFailure::out_of_slots},
      {because(unknown, "le-connection-abort-by-local", CauseOrigin::client), 100ms, transient, ConnectFailure::failed},
      {because(unknown, "adapter 'hci0' not found"), 100ms, errors, ConnectFailure::not_found},
      {because(device_not_found, "[org.freedesktop.DBus.Error.UnknownObject] x"), 100ms, errors, ConnectFailure::not_found},
      {because(device_not_found, "[org.freedesktop.DBus.Error.UnknownObject] x", CauseOrigin::lookup), 4s, transient,
       ConnectFailure::not_found},
      {because(device_not_found, "no such device"), 4s, transient, ConnectFailure::not_found},
      {because(unknown, "ESP_GATT_ERROR ESP_GATT_CONN_TIMEOUT"), 500ms, errors, ConnectFailure::aborted},
      {because(unknown, "Disconnected: ESP_GATT_ERROR"), 1s, errors, ConnectFailure::aborted},
      {because(unknown, "ESP_GATT_CONN_TIMEOUT, br-connection-canceled"), 500ms, transient, ConnectFailure::aborted},
      {because(unknown, "connection slot ESP_GATT_ERROR"), 4s, transient, ConnectFailure::out_of_slots},
      {because(system_gone, "not found"), 250ms, transient, ConnectFailure::not_found},
      {because(timed_out, "connection slot"), 250ms, timeouts, ConnectFailure::not_found},
      {because(not_established), 500ms, transient, ConnectFailure::aborted},
  };
  for (const TextRow& row : rows) {
    const RetryRule rule = retry_rule(row.cause, RetryProfile::compat);
    EXPECT_EQ(rule.backoff, row.backoff) << row.cause.text;
    EXPECT_EQ(rule.budget, row.budget) << row.cause.text;
    EXPECT_EQ(rule.failure, row.failure) << row.cause.text;
  }
}

TEST(RetryRule, StandardDoesNotReadTexts) {
  const RetryRule rule = retry_rule(because(ConnectReason::timed_out, "connection slot not found"), RetryProfile::standard);
  EXPECT_EQ(rule.budget, AttemptBudget::timeouts);
  EXPECT_EQ(rule.backoff, 250ms);
}

}  // namespace
}  // namespace moor
