// The connection of a proxy to one device, step by step.

#include "radio/esphome/connecting_machine.hpp"

#include <gmock/gmock.h>

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using Machine = ConnectingMachine;
using Send = Machine::Send;
using Event = Machine::Event;
using State = Machine::State;

constexpr Machine::Book roomy{.has_room = true, .trusted = true};
constexpr Machine::Book full{.has_room = false, .trusted = true};
constexpr Machine::Book counted{.has_room = true, .counts = true, .trusted = true};

TimePoint at(Duration after) {
  return TimePoint{} + after;
}

class MachineOfAConnection : public testing::Test {
protected:
  void expect(const Machine::Step& step, Send send, Event event = Event::nothing, State state = State::idle) {
    EXPECT_EQ(step.send, send);
    EXPECT_EQ(step.event, event);
    EXPECT_EQ(machine.state(), state);
    last = step;
  }
  void request() { expect(machine.want(at(0s), at(20s), roomy), Send::connect, Event::nothing, State::requested); }
  void connect() {
    request();
    expect(machine.on_slots(at(1s), counted, true), Send::nothing, Event::nothing, State::requested);
    expect(machine.on_connection(true, 0, at(2s), counted), Send::nothing, Event::connected, State::up);
  }
  void release(Duration when = 3s) {
    expect(machine.cancel(at(when), counted), Send::disconnect, Event::nothing, State::draining);
  }
  Machine machine;
  Machine::Step last;
};

TEST_F(MachineOfAConnection, ConnectsAndLetsGo) {
  connect();
  EXPECT_EQ(machine.next(), TimePoint::max());
  release();
  expect(machine.on_connection(false, 0x16, at(4s), counted), Send::nothing, Event::nothing, State::draining);
  expect(machine.on_slots(at(5s), roomy, true), Send::nothing, Event::drained);
  EXPECT_TRUE(machine.is_finished(at(5s)));
}

TEST_F(MachineOfAConnection, WaitsTwoSecondsForASlot) {
  expect(machine.want(at(0s), at(20s), full), Send::nothing);
  EXPECT_TRUE(machine.is_busy());
  EXPECT_EQ(machine.next(), at(2s));
  expect(machine.on_slots(at(1s), full, true), Send::nothing);
  expect(machine.on_time(at(2s), full), Send::nothing, Event::failed);
  EXPECT_EQ(last.cause.reason, ConnectReason::out_of_slots);
  EXPECT_TRUE(machine.is_finished(at(2s)));
}

TEST_F(MachineOfAConnection, TakesASlotThatBecomesFree) {
  expect(machine.want(at(0s), at(20s), full), Send::nothing);
  expect(machine.on_slots(at(1s), roomy, true), Send::connect, Event::nothing, State::requested);
  EXPECT_EQ(machine.next(), at(20s));
}

TEST_F(MachineOfAConnection, GivesUpAtTheDeadlineAndAsksForTheEnd) {
  request();
  expect(machine.on_time(at(20s), counted), Send::disconnect, Event::failed, State::draining);
  EXPECT_EQ(last.cause.reason, ConnectReason::timed_out);
  expect(machine.on_connection(false, 0x16, at(21s), roomy), Send::nothing, Event::drained);
}

TEST_F(MachineOfAConnection, ALinkThatComesLateIsLetGo) {
  request();
  (void)machine.on_time(at(20s), counted);
  expect(machine.on_connection(true, 0, at(21s), counted), Send::disconnect, Event::nothing, State::draining);
  EXPECT_TRUE(last.late);
  expect(machine.on_connection(false, 0x16, at(22s), roomy), Send::nothing, Event::drained);
  expect(machine.on_connection(true, 0, at(23s), counted), Send::disconnect, Event::nothing, State::draining);
  EXPECT_TRUE(last.late);
}

TEST_F(MachineOfAConnection, AsksAgainWhereADisconnectIsNotAnswered) {
  connect();
  release(0s);
  for (const Duration when : {5s, 10s, 15s}) {
    EXPECT_EQ(machine.next(), at(when));
    expect(machine.on_time(at(when), counted), Send::disconnect, Event::nothing, State::draining);
  }
  expect(machine.on_time(at(20s), counted), Send::nothing, Event::drained);
  EXPECT_EQ(machine.next(), TimePoint::max()) << "nothing waits for ever";
  EXPECT_FALSE(machine.is_finished(at(20s))) << "the slot is not free";
  // The proxy says later that it counts it still.
  expect(machine.on_slots(at(30s), counted, true), Send::nothing);
  expect(machine.on_slots(at(40s), counted, true), Send::disconnect, Event::nothing, State::draining);
  expect(machine.on_slots(at(41s), roomy, true), Send::nothing, Event::drained);
  EXPECT_TRUE(machine.is_finished(at(60s)));
}

TEST_F(MachineOfAConnection, TheNextAttemptWaitsForTheEndOfTheLast) {
  connect();
  release();
  expect(machine.want(at(3s), at(23s), roomy), Send::nothing, Event::nothing, State::draining);
  expect(machine.on_connection(false, 0x16, at(4s), counted), Send::nothing, Event::nothing, State::draining);
  expect(machine.on_slots(at(5s), roomy, true), Send::nothing, Event::drained);
  expect(machine.on_slots(at(5s), roomy, false), Send::connect, Event::nothing, State::requested);
}

TEST_F(MachineOfAConnection, AndFailsWhereItDoesNotEnd) {
  connect();
  release();
  (void)machine.want(at(3s), at(7s), roomy);
  expect(machine.on_time(at(7s), counted), Send::nothing, Event::failed, State::draining);
  EXPECT_EQ(last.cause.reason, ConnectReason::closed_by_local);
  EXPECT_FALSE(machine.is_busy());
}

struct RefusalCase {
  const char* what;
  int32_t error;
  bool has_room;
  bool was_counted;
  ConnectReason reason;
};
class Refusal : public testing::TestWithParam<RefusalCase> {};

TEST_P(Refusal, HasAReason) {
  const RefusalCase& refusal = GetParam();
  Machine machine;
  (void)machine.want(at(0s), at(20s), roomy);
  if (refusal.was_counted) (void)machine.on_slots(at(1s), counted, true);
  Machine::Book book = roomy;
  book.has_room = refusal.has_room;
  const Machine::Step step = machine.on_connection(false, refusal.error, at(2s), book);
  EXPECT_EQ(step.event, Event::failed) << refusal.what;
  EXPECT_EQ(step.send, Send::nothing) << refusal.what;
  EXPECT_EQ(step.cause.reason, refusal.reason) << refusal.what;
  EXPECT_FALSE(step.cause.text.empty()) << refusal.what;
  EXPECT_EQ(machine.state(), State::idle) << refusal.what;
}
INSTANTIATE_TEST_SUITE_P(All, Refusal,
                         testing::Values(RefusalCase{"no slot", 0, false, false, ConnectReason::out_of_slots},
                                         RefusalCase{"no reason", 0, true, false, ConnectReason::unknown},
                                         RefusalCase{"gone", 0, true, true, ConnectReason::disconnected},
                                         RefusalCase{"range", 0x3E, true, true, ConnectReason::not_established},
                                         RefusalCase{"stack", 0x85, true, true, ConnectReason::stack_error},
                                         RefusalCase{"peer", 0x13, false, true, ConnectReason::closed_by_peer}));

// The device ended the link while our disconnect was on its way, which the proxy answers too: after the next request.
TEST_F(MachineOfAConnection, AnAnswerToTheLastDisconnectIsNotTheNextRequests) {
  connect();
  release(3s);
  expect(machine.on_connection(false, 0x13, at(3s), roomy), Send::nothing, Event::drained);
  expect(machine.want(at(3s), at(23s), roomy), Send::connect, Event::nothing, State::requested);
  expect(machine.on_connection(false, 0, at(3s), roomy), Send::nothing, Event::nothing, State::requested);
  EXPECT_EQ(machine.next(), at(5s));
  expect(machine.on_slots(at(4s), counted, true), Send::nothing, Event::nothing, State::requested);
  EXPECT_EQ(machine.next(), at(23s));
  expect(machine.on_connection(true, 0, at(5s), counted), Send::nothing, Event::connected, State::up);
}

TEST_F(MachineOfAConnection, ButWhereTheProxyNeverCountsTheRequestItWas) {
  connect();
  release(3s);
  (void)machine.on_connection(false, 0x13, at(3s), roomy);
  (void)machine.want(at(3s), at(23s), roomy);
  (void)machine.on_connection(false, 0, at(3s), roomy);
  expect(machine.on_time(at(5s), roomy), Send::disconnect, Event::failed, State::draining);
  EXPECT_EQ(last.cause.reason, ConnectReason::unknown);
}

TEST_F(MachineOfAConnection, AnOldDisconnectOwesNothing) {
  connect();
  release(3s);
  (void)machine.on_connection(false, 0x13, at(3s), roomy);
  expect(machine.want(at(9s), at(29s), roomy), Send::connect, Event::nothing, State::requested);
  expect(machine.on_connection(false, 0, at(10s), roomy), Send::nothing, Event::failed);
}

TEST_F(MachineOfAConnection, ClosesALinkThatIsMissingInTwoFacts) {
  connect();
  Machine::Book missing = roomy;
  missing.missing = true;
  expect(machine.on_slots(at(3s), missing, true), Send::nothing, Event::nothing, State::up);
  expect(machine.on_slots(at(4s), counted, true), Send::nothing, Event::nothing, State::up);
  expect(machine.on_slots(at(5s), missing, true), Send::nothing, Event::nothing, State::up);
  expect(machine.on_slots(at(6s), missing, true), Send::nothing, Event::missing);
}

TEST_F(MachineOfAConnection, TheDeviceEndsTheLink) {
  connect();
  expect(machine.on_connection(false, 0x13, at(3s), counted), Send::nothing, Event::closed, State::draining);
  expect(machine.on_slots(at(4s), roomy, true), Send::nothing, Event::drained);
}

TEST_F(MachineOfAConnection, ACancelledWaitAsksForNothing) {
  (void)machine.want(at(0s), at(20s), full);
  expect(machine.cancel(at(1s), full), Send::nothing);
  EXPECT_TRUE(machine.is_finished(at(1s)));
}

TEST_F(MachineOfAConnection, EndsSomebodyElsesLink) {
  expect(machine.disconnect(at(0s), counted), Send::disconnect, Event::nothing, State::draining);
  expect(machine.disconnect(at(0s), counted), Send::nothing, Event::nothing, State::draining);
  expect(machine.on_slots(at(1s), roomy, true), Send::nothing, Event::drained);
}

TEST_F(MachineOfAConnection, AnAttemptFailsWhereTheEndIsAskedFor) {
  request();
  expect(machine.disconnect(at(1s), roomy), Send::disconnect, Event::failed, State::draining);
  EXPECT_EQ(last.cause.reason, ConnectReason::closed_by_local);
}

TEST_F(MachineOfAConnection, SaidAgainItIsStillUp) {
  connect();
  expect(machine.on_connection(true, 0, at(3s), counted), Send::nothing, Event::still_up, State::up);
}

}  // namespace
}  // namespace moor::esphome_radio
