// Who waits for which answer, as tables of what is sent and what comes.

#include "radio/esphome/pending.hpp"

#include <gmock/gmock.h>

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using Key = Pending::Key;

constexpr Key read_5{5, RequestKind::read};
constexpr Key write_5{5, RequestKind::write};
constexpr Key notify_5{5, RequestKind::notify};
constexpr Key services{0, RequestKind::services};
const TimePoint start{};

TEST(EsphomePending, AnAnswerGoesToWhoAskedForItsHandleAndKind) {
  Pending pending;
  const auto reading = pending.begin(read_5, start);
  const auto other = pending.begin({6, RequestKind::read}, start);
  EXPECT_EQ(pending.under_way(), 2U);
  EXPECT_EQ(pending.on_answer(write_5), std::nullopt);
  EXPECT_EQ(pending.on_answer({7, RequestKind::read}), std::nullopt);
  EXPECT_EQ(pending.on_answer({6, RequestKind::read}), other);
  EXPECT_EQ(pending.on_answer(read_5), reading);
  EXPECT_EQ(pending.on_answer(read_5), std::nullopt);
  EXPECT_EQ(pending.under_way(), 0U);
}

TEST(EsphomePending, AnErrorGoesToWhateverIsUnderWayOnTheHandle) {
  for (const RequestKind kind : {RequestKind::read, RequestKind::write, RequestKind::notify}) {
    Pending pending;
    const auto ticket = pending.begin({5, kind}, start);
    EXPECT_EQ(pending.on_error(4), std::nullopt);
    EXPECT_EQ(pending.on_error(6), std::nullopt);
    EXPECT_EQ(pending.on_error(0), std::nullopt);
    EXPECT_EQ(pending.on_error(5), ticket);
    EXPECT_EQ(pending.on_error(5), std::nullopt);
  }
}

TEST(EsphomePending, AnErrorWithoutAHandleEndsTheServicesAlone) {
  Pending pending;
  const auto reading = pending.begin(read_5, start);
  const auto pairing = pending.begin({0, RequestKind::bond}, start);
  const auto discovering = pending.begin(services, start);
  EXPECT_EQ(pending.on_error(0), discovering);
  EXPECT_EQ(pending.on_answer(read_5), reading);
  EXPECT_EQ(pending.on_answer({0, RequestKind::bond}), pairing);
}

TEST(EsphomePending, WhatWasGivenUpIsWaitedForTwoSecondsAndThenTakenForLost) {
  Pending pending;
  const auto first = pending.begin(read_5, start);
  EXPECT_EQ(pending.held_until(read_5, start, start), std::nullopt);
  pending.give_up(first, start + 1s);
  EXPECT_EQ(pending.owed(start + 1s), 1U);
  const TimePoint asked = start + 10s;
  EXPECT_EQ(pending.held_until(read_5, asked, asked), asked + 2s);
  EXPECT_EQ(pending.held_until(read_5, asked, asked + 2s), std::nullopt);
  const auto second = pending.begin(read_5, asked + 2s);
  EXPECT_EQ(pending.owed(asked + 2s), 0U);
  EXPECT_EQ(pending.on_answer(read_5), second);
}

TEST(EsphomePending, ALateAnswerGoesToNobodyAndFreesTheHandle) {
  Pending pending;
  pending.give_up(pending.begin(read_5, start), start + 1s);
  EXPECT_EQ(pending.on_answer(read_5), std::nullopt);
  EXPECT_EQ(pending.held_until(read_5, start + 2s, start + 2s), std::nullopt);
  EXPECT_EQ(pending.owed(start + 2s), 0U);
}

TEST(EsphomePending, ALateErrorFreesTheHandleToo) {
  Pending pending;
  pending.give_up(pending.begin(write_5, start), start + 1s);
  EXPECT_EQ(pending.on_error(5), std::nullopt);
  EXPECT_EQ(pending.held_until(write_5, start + 2s, start + 2s), std::nullopt);
}

// An error does not say of what it is, so a read must wait for what a write left behind.
TEST(EsphomePending, AnyKindOfTheHandleWaitsAndNoOtherHandleDoes) {
  Pending pending;
  pending.give_up(pending.begin(write_5, start), start + 1s);
  EXPECT_EQ(pending.held_until(read_5, start + 1s, start + 1s), start + 3s);
  EXPECT_EQ(pending.held_until(notify_5, start + 1s, start + 1s), start + 3s);
  EXPECT_EQ(pending.held_until({4, RequestKind::read}, start + 1s, start + 1s), std::nullopt);
  EXPECT_EQ(pending.held_until({6, RequestKind::read}, start + 1s, start + 1s), std::nullopt);
  EXPECT_EQ(pending.held_until(services, start + 1s, start + 1s), std::nullopt);
}

TEST(EsphomePending, WhatIsAskedOfTheDeviceIsToldApartByItsKind) {
  Pending pending;
  pending.give_up(pending.begin({0, RequestKind::bond}, start), start + 1s);
  EXPECT_EQ(pending.held_until({0, RequestKind::bond}, start + 1s, start + 1s), start + 3s);
  EXPECT_EQ(pending.held_until({0, RequestKind::cache}, start + 1s, start + 1s), std::nullopt);
  EXPECT_EQ(pending.held_until(services, start + 1s, start + 1s), std::nullopt);
}

TEST(EsphomePending, AfterThirtySecondsNothingIsOwed) {
  Pending pending;
  pending.give_up(pending.begin(read_5, start), start + 5s);
  EXPECT_EQ(pending.held_until(read_5, start + 29s, start + 29s), start + 30s);
  EXPECT_EQ(pending.held_until(read_5, start + 30s, start + 30s), std::nullopt);
  EXPECT_EQ(pending.owed(start + 30s), 0U);
}

TEST(EsphomePending, AnswersOfWritesWithoutResponseGoToNobody) {
  Pending pending;
  for (int i = 0; i < 3; ++i) pending.begin_command(5, start);
  EXPECT_EQ(pending.held_until(write_5, start, start), start + 2s);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(pending.on_answer(write_5), std::nullopt);
  EXPECT_EQ(pending.held_until(write_5, start, start), std::nullopt);
  const auto ticket = pending.begin(write_5, start);
  EXPECT_EQ(pending.on_answer(write_5), ticket);
  // A proxy that answers them once is expected to do so again.
  pending.begin_command(5, start);
  EXPECT_TRUE(pending.held_until(write_5, start, start));
}

TEST(EsphomePending, AProxyThatDoesNotAnswerWritesWithoutResponseIsWaitedForOnce) {
  Pending pending;
  pending.begin_command(5, start);
  EXPECT_EQ(pending.held_until(write_5, start + 1s, start + 1s), start + 2s);
  const auto ticket = pending.begin(write_5, start + 2s);
  EXPECT_EQ(pending.on_answer(write_5), ticket);
  pending.begin_command(5, start + 3s);
  EXPECT_EQ(pending.held_until(write_5, start + 3s, start + 3s), std::nullopt);
  EXPECT_EQ(pending.owed(start + 3s), 0U);
}

TEST(EsphomePending, AnUnawaitedRequestBehindOneThatIsUnderWayIsAnsweredAfterIt) {
  Pending pending;
  const auto ticket = pending.begin(write_5, start);
  pending.begin_unawaited(write_5, start);
  EXPECT_EQ(pending.on_answer(write_5), ticket);
  EXPECT_EQ(pending.owed(start), 1U);
  EXPECT_EQ(pending.on_answer(write_5), std::nullopt);
  EXPECT_EQ(pending.owed(start), 0U);
}

TEST(EsphomePending, AStreamOfServicesThatNobodyCollectsMustEndFirst) {
  Pending pending;
  const auto ticket = pending.begin(services, start);
  EXPECT_EQ(pending.on_services_part(), ticket);
  pending.give_up(ticket, start + 1s);
  EXPECT_EQ(pending.on_services_part(), std::nullopt);
  EXPECT_EQ(pending.held_until(services, start + 1s, start + 1s), TimePoint::max());
  EXPECT_EQ(pending.held_until(services, start + 100s, start + 100s), TimePoint::max());
  EXPECT_EQ(pending.on_answer(services), std::nullopt);
  EXPECT_EQ(pending.held_until(services, start + 100s, start + 100s), std::nullopt);
}

TEST(EsphomePending, GivingUpWhatWasAnsweredOwesNothing) {
  Pending pending;
  const auto ticket = pending.begin(read_5, start);
  EXPECT_EQ(pending.on_answer(read_5), ticket);
  pending.give_up(ticket, start);
  EXPECT_EQ(pending.owed(start), 0U);
}

}  // namespace
}  // namespace moor::esphome_radio
