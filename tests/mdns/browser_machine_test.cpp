// Finding services, by what is said and when.

#include "mdns/browser_machine.hpp"

#include "mdns/records.hpp"

#include <gmock/gmock.h>

namespace moor::mdns {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BrowserTest : public ::testing::Test {
protected:
  void hear(Packet packet, Duration t) { machine_.on_packet(packet, at(t)); }
  TimePoint at(Duration d) const { return TimePoint{} + d; }
  /// "found kitchen", in their order.
  std::vector<std::string> events() {
    std::vector<std::string> result;
    for (const BrowseEvent& each : machine_.take_events()) {
      const char* const kind = each.kind == BrowseEvent::Kind::found     ? "found "
                               : each.kind == BrowseEvent::Kind::changed ? "changed "
                                                                         : "gone ";
      result.push_back(kind + each.service.instance);
      last_ = each.service;
    }
    return result;
  }
  /// "ptr _esphomelib._tcp.local", as asked at a time.
  std::vector<std::string> asked(Duration t) {
    std::vector<std::string> result;
    const auto query = machine_.on_time(at(t));
    if (!query) return result;
    for (const Question& each : query->questions) {
      const auto type = each.type;
      const char* const word = type == RecordType::ptr   ? "ptr "
                               : type == RecordType::srv ? "srv "
                               : type == RecordType::txt ? "txt "
                               : type == RecordType::a   ? "a "
                                                         : "aaaa ";
      result.push_back(word + each.name);
    }
    known_ = query->answers;
    return result;
  }

  BrowserMachine machine_{service_type, TimePoint{}};
  Service last_{};
  std::vector<Record> known_{};
};

TEST_F(BrowserTest, AsksLessAndLessOften) {
  std::vector<Duration> times;
  TimePoint t{};
  for (int i = 0; i < 16; ++i) {
    t = machine_.next();
    ASSERT_TRUE(machine_.on_time(t));
    times.push_back(std::chrono::duration_cast<std::chrono::seconds>(t - TimePoint{}));
  }
  EXPECT_THAT(times, ElementsAre(0s, 1s, 3s, 7s, 15s, 31s, 63s, 127s, 255s, 511s, 1023s, 2047s, 4095s, 7695s, 11295s, 14895s));
}

TEST_F(BrowserTest, FindsAServiceThatIsSaidAtOnce) {
  hear(whole_answer(), 0s);
  EXPECT_THAT(events(), ElementsAre("found kitchen"));
  EXPECT_EQ(last_.host, "kitchen.local");
  EXPECT_EQ(last_.port, 6053);
  EXPECT_THAT(last_.addresses, ElementsAre("192.168.1.20"));
  EXPECT_EQ(last_.attributes.at("mac"), "020000000001");
  EXPECT_EQ(last_.attributes.at("version"), "2026.1") << "keys in lower case";
}

TEST_F(BrowserTest, AsksForWhatIsMissing) {
  (void)asked(0s);
  hear(answer_of({pointer_to("kitchen")}), 100ms);
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_THAT(asked(100ms), ElementsAre("srv kitchen." + type_name, "txt kitchen." + type_name));
  hear(answer_of({location_of("kitchen"), text_of("kitchen")}), 200ms);
  EXPECT_THAT(events(), IsEmpty()) << "without an address nobody can connect";
  EXPECT_THAT(asked(1100ms), ElementsAre("ptr " + type_name, "a kitchen.local", "aaaa kitchen.local"));
  EXPECT_EQ(known_.size(), 1u) << "what is known needs no answer";
  hear(answer_of({v6_of("kitchen.local")}), 1200ms);
  EXPECT_THAT(events(), ElementsAre("found kitchen"));
  hear(answer_of({v4_of("kitchen.local")}), 1300ms);
  EXPECT_THAT(events(), ElementsAre("changed kitchen"));
  EXPECT_THAT(last_.addresses, ElementsAre("192.168.1.20", "fd00::7"));
}

TEST_F(BrowserTest, GivesUpAskingForDetailsThatNobodyHas) {
  hear(answer_of({pointer_to("kitchen")}), 0s);
  int questions = 0;
  for (TimePoint t = machine_.next(); t < at(60s); t = machine_.next()) {
    const auto query = machine_.on_time(t);
    if (query)
      for (const Question& each : query->questions) questions += each.type == RecordType::srv ? 1 : 0;
  }
  EXPECT_EQ(questions, 4);
}

TEST_F(BrowserTest, TellsWhoIsGone) {
  hear(whole_answer("kitchen"), 0s);
  hear(whole_answer("hall"), 0s);
  EXPECT_THAT(events(), ElementsAre("found kitchen", "found hall"));
  hear(answer_of({pointer_to("kitchen", 0)}), 10s);
  (void)machine_.on_time(at(11s));
  EXPECT_THAT(events(), ElementsAre("gone kitchen"));
  (void)machine_.on_time(at(121s));
  EXPECT_THAT(events(), ElementsAre("gone hall")) << "its location has run out";
  hear(whole_answer("hall"), 130s);
  EXPECT_THAT(events(), ElementsAre("found hall"));
}

TEST_F(BrowserTest, AsksAgainBeforeWhatItKnowsRunsOut) {
  hear(whole_answer(), 0s);
  std::vector<std::string> all;
  for (TimePoint t = machine_.next(); t < at(119s); t = machine_.next()) {
    const auto query = machine_.on_time(t);
    if (t < at(90s) || !query) continue;
    for (const Question& each : query->questions) all.push_back(each.name);
  }
  EXPECT_THAT(all, ::testing::Contains("kitchen." + type_name));
  EXPECT_THAT(all, ::testing::Contains("kitchen.local"));
}

TEST_F(BrowserTest, TellsOfAnAnnouncementThatNobodyAskedFor) {
  hear(whole_answer(), 0s);
  EXPECT_THAT(events(), ElementsAre("found kitchen"));
  (void)machine_.on_time(at(63s));
  hear(whole_answer(), 64s);
  EXPECT_THAT(events(), IsEmpty()) << "an answer to our question";
  hear(whole_answer(), 100s);
  hear(whole_answer(), 101s);
  EXPECT_THAT(events(), ElementsAre("changed kitchen")) << "said twice, told once";
}

TEST_F(BrowserTest, TakesQuestionsOfOthersForNothing) {
  Packet query = whole_answer();
  query.response = false;
  hear(query, 0s);
  EXPECT_THAT(events(), IsEmpty());
}

TEST(HostMachine, FindsBothKindsOfAddressOrOneALittleLater) {
  const TimePoint start{};
  HostMachine both("kitchen.local", start);
  ASSERT_TRUE(both.on_time(start));
  EXPECT_FALSE(both.on_time(start + 500ms));
  EXPECT_EQ(both.next(), start + 1s);
  both.on_packet(answer_of({v6_of("kitchen.local"), v4_of("kitchen.local")}), start + 500ms);
  EXPECT_THAT(both.addresses(start + 500ms).value(), ElementsAre("192.168.1.20", "fd00::7"));

  HostMachine one("kitchen.local", start);
  one.on_packet(answer_of({v6_of("other.local"), v6_of("kitchen.local")}), start + 500ms);
  EXPECT_FALSE(one.addresses(start + 500ms));
  EXPECT_EQ(one.next(), start + 750ms);
  EXPECT_THAT(one.addresses(start + 750ms).value(), ElementsAre("fd00::7"));
}

}  // namespace
}  // namespace moor::mdns
