#include "proxy/slot_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace moor::proxy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Answer = SlotDesk::Answer;
using Phase = SlotDesk::Phase;

constexpr TimePoint start{1h};
const Slots unsaid{};  // of a radio that does not count

Address device(uint64_t number) {
  return Address(0xC00000000000 | number, true);
}
uint64_t bits(uint64_t number) {
  return device(number).bits();
}
Slots radio(int limit, std::vector<uint64_t> holders) {
  Slots slots{.limit = limit, .free = limit - static_cast<int>(holders.size())};
  for (const uint64_t each : holders) slots.holders.push_back({device(each), {}, start});
  return slots;
}
SlotDesk::Ticket take(SlotDesk& desk, uint64_t number, const Slots& radio = unsaid) {
  const auto decision = desk.request(device(number), start, radio);
  EXPECT_EQ(decision.answer, Answer::accepted);
  return decision.ticket;
}

TEST(SlotDesk, ReservesFromTheRequestOnAndFreesWhenTheLinkIsClosed) {
  SlotDesk desk(3);
  EXPECT_EQ(desk.count(unsaid), (SlotCount{3, 3, {}}));
  const auto ticket = take(desk, 1);
  EXPECT_EQ(desk.count(unsaid), (SlotCount{2, 3, {bits(1)}}));
  EXPECT_EQ(desk.phase(ticket), Phase::connecting);
  desk.on_up(ticket);
  EXPECT_EQ(desk.phase(ticket), Phase::up);
  desk.on_closing(ticket, start + 5s);
  EXPECT_EQ(desk.count(unsaid), (SlotCount{2, 3, {bits(1)}})) << "asked is not closed";
  EXPECT_TRUE(desk.on_closed(ticket));
  EXPECT_EQ(desk.count(unsaid), (SlotCount{3, 3, {}}));
  EXPECT_FALSE(desk.on_closed(ticket));
  EXPECT_TRUE(desk.empty());
}

TEST(SlotDesk, AnswersByThePhaseOfTheSameAddressWhateverItsKind) {
  SlotDesk desk(1);
  const auto ticket = take(desk, 1);
  const Address other_kind(bits(1), false);
  EXPECT_EQ(desk.request(other_kind, start, unsaid).answer, Answer::connecting);
  desk.on_up(ticket);
  EXPECT_EQ(desk.request(device(1), start, unsaid).answer, Answer::up);
  desk.on_closing(ticket, start);
  EXPECT_EQ(desk.request(device(1), start, unsaid).answer, Answer::closing);
  EXPECT_EQ(desk.request(device(2), start, unsaid).answer, Answer::no_slot);
}

TEST(SlotDesk, AnUpThatComesAfterTheClosingChangesNothing) {
  SlotDesk desk(1);
  const auto ticket = take(desk, 1);
  desk.on_closing(ticket, start);
  desk.on_up(ticket);
  EXPECT_EQ(desk.phase(ticket), Phase::closing);
}

TEST(SlotDesk, FreesWhatHasBeenClosingForTenSeconds) {
  SlotDesk desk(2);
  const auto first = take(desk, 1);
  const auto second = take(desk, 2);
  EXPECT_EQ(desk.next_stuck(), TimePoint::max());
  desk.on_closing(first, start);
  desk.on_closing(first, start + 9s);  // asked once more: the time runs from the first
  desk.on_closing(second, start + 3s);
  EXPECT_EQ(desk.next_stuck(), start + 10s);
  EXPECT_THAT(desk.free_stuck(start + 10s - 1ns), IsEmpty());
  EXPECT_THAT(desk.free_stuck(start + 10s), ElementsAre(first));
  EXPECT_EQ(desk.next_stuck(), start + 13s);
  EXPECT_EQ(desk.count(unsaid), (SlotCount{1, 2, {bits(2)}}));
  EXPECT_FALSE(desk.on_closed(first)) << "told before";
}

TEST(SlotDesk, ATicketOfALinkBeforeDoesNotFreeTheSlotOfTheNext) {
  SlotDesk desk(1);
  const auto before = take(desk, 1);
  desk.on_closing(before, start);
  (void)desk.free_stuck(start + 10s);
  const auto now = take(desk, 1);
  EXPECT_NE(before, now);
  EXPECT_FALSE(desk.on_closed(before));
  EXPECT_EQ(desk.phase(now), Phase::connecting);
}

struct Counted {
  const char* what;
  int limit;
  std::vector<uint64_t> ours;
  Slots radio;
  SlotCount expected;
};

TEST(SlotDesk, CountsWhatOthersHaveOfTheRadio) {
  const std::vector<Counted> table = {
      {"a radio with fewer", 5, {}, radio(3, {}), {3, 3, {}}},
      {"a radio with more", 3, {}, radio(9, {}), {3, 3, {}}},
      {"others leave enough", 3, {1}, radio(9, {7, 8}), {2, 3, {bits(1)}}},
      {"others have one of ours", 3, {1}, radio(3, {7}), {1, 3, {bits(1), bits(7)}}},
      {"the radio counts ours too", 3, {1}, radio(3, {1, 7}), {1, 3, {bits(1), bits(7)}}},
      {"one not asked of the radio yet", 3, {1, 2}, radio(3, {1}), {1, 3, {bits(1), bits(2)}}},
      {"others have all", 3, {}, radio(2, {7, 8}), {0, 2, {bits(7), bits(8)}}},
      {"a system that counts late", 3, {1}, radio(2, {7, 8}), {0, 2, {bits(1), bits(7)}}},
      {"a radio that does not say", 3, {1}, unsaid, {2, 3, {bits(1)}}},
      {"no connections at all", 0, {}, radio(3, {7}), {0, 0, {}}},
      {"a limit that is none", -1, {}, unsaid, {0, 0, {}}},
  };
  for (const Counted& each : table) {
    SlotDesk desk(each.limit);
    for (const uint64_t number : each.ours) (void)take(desk, number);
    EXPECT_EQ(desk.count(each.radio), each.expected) << each.what;
  }
}

TEST(SlotDesk, TellsFewerAddressesWhereTheRadioDoesNotNameThem) {
  SlotDesk desk(3);
  EXPECT_EQ(desk.count({.limit = 3, .free = 1}), (SlotCount{1, 3, {}}));
}

TEST(SlotDesk, RefusesWhileOthersHaveTheRadio) {
  SlotDesk desk(3);
  EXPECT_EQ(desk.request(device(1), start, radio(2, {7, 8})).answer, Answer::no_slot);
  EXPECT_EQ(desk.request(device(1), start, radio(2, {7})).answer, Answer::accepted);
}

TEST(SlotDesk, SaysWhoHoldsWhatSinceWhen) {
  SlotDesk desk(2);
  (void)desk.request(device(1), start + 7s, radio(2, {8}));
  const Slots slots = desk.slots(radio(2, {8}), "client");
  EXPECT_EQ(slots.limit, 2);
  EXPECT_EQ(slots.free, 0);
  EXPECT_THAT(slots.holders, ElementsAre(Slots::Holder{device(1), "client", start + 7s}, Slots::Holder{device(8), "", start}));
}

}  // namespace
}  // namespace moor::proxy
