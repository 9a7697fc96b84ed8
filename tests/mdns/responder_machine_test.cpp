// Announcing a service, by what is said and when.

#include "mdns/responder_machine.hpp"

#include "mdns/records.hpp"

#include <gmock/gmock.h>

namespace moor::mdns {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Part = ResponderMachine::Part;

const std::vector<std::string> own_addresses{"192.168.1.20"};

Service kitchen() {
  return {.instance = "kitchen", .host = "", .port = 6053, .addresses = {}, .attributes = {{"mac", "020000000001"}}};
}

class ResponderTest : public ::testing::Test {
protected:
  TimePoint at(Duration d) const { return TimePoint{} + d; }
  void hear(const Packet& packet, TimePoint t, Asker asker = {.interface = 2, .legacy = false}) {
    machine_.on_packet(packet, asker, t, [](const Record& each) { return each.data == v4_of("", {192, 168, 1, 20}).data; });
  }
  /// Until it has its name; what it sent on the way.
  std::vector<Packet> claim() {
    std::vector<Packet> sent;
    for (int i = 0; i < 20; ++i) {
      if (machine_.next() == TimePoint::max()) break;
      now_ = machine_.next();
      for (const auto& each : machine_.on_time(now_)) sent.push_back(read(each));
    }
    return sent;
  }
  Packet read(const ResponderMachine::Sending& sending) const {
    const auto packet = parse_packet(machine_.write(sending, own_addresses));
    return packet ? *packet : Packet{};
  }
  static Packet question(const std::string& name, RecordType type, bool unicast = false) {
    Packet packet;
    packet.questions.push_back({.name = name, .type = type, .unicast = unicast});
    return packet;
  }
  static std::vector<RecordType> types(const std::vector<Record>& records) {
    std::vector<RecordType> result;
    for (const Record& each : records) result.push_back(each.type);
    return result;
  }
  /// What it says to a question, by the time it does.
  std::vector<Packet> answers(const Packet& query, Asker asker = {.interface = 2, .legacy = false}) {
    now_ += 10s;
    hear(query, now_, asker);
    std::vector<Packet> sent;
    for (const auto& each : machine_.on_time(now_ + 130ms)) sent.push_back(read(each));
    return sent;
  }

  ResponderMachine machine_{service_type, kitchen(), 1, TimePoint{}};
  TimePoint now_{};
};

TEST_F(ResponderTest, ProbesThreeTimesAndAnnouncesTwice) {
  EXPECT_LE(machine_.next(), at(250ms));
  const std::vector<Packet> sent = claim();
  ASSERT_EQ(sent.size(), 5u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(sent[i].response);
    ASSERT_EQ(sent[i].questions.size(), 2u);
    EXPECT_EQ(sent[i].questions[0].name, "kitchen." + type_name);
    EXPECT_EQ(sent[i].questions[0].type, RecordType::any);
    EXPECT_THAT(types(sent[i].authorities), ElementsAre(RecordType::srv, RecordType::txt, RecordType::a));
  }
  for (size_t i = 3; i < 5; ++i) {
    EXPECT_TRUE(sent[i].response);
    EXPECT_THAT(types(sent[i].answers),
                ElementsAre(RecordType::ptr, RecordType::ptr, RecordType::srv, RecordType::txt, RecordType::a));
    EXPECT_TRUE(sent[i].answers[2].flush);
    EXPECT_FALSE(sent[i].answers[1].flush) << "others have the type too";
  }
  EXPECT_TRUE(machine_.is_claimed());
  EXPECT_EQ(machine_.next(), TimePoint::max());
  EXPECT_LE(now_, at(250ms + 750ms + 1s));
}

TEST_F(ResponderTest, AnswersWhatItIsAsked) {
  (void)claim();
  const std::vector<Packet> browsing = answers(question(type_name, RecordType::ptr));
  ASSERT_EQ(browsing.size(), 1u);
  EXPECT_THAT(types(browsing[0].answers), ElementsAre(RecordType::ptr));
  EXPECT_THAT(types(browsing[0].additionals), ElementsAre(RecordType::srv, RecordType::txt, RecordType::a));
  EXPECT_THAT(types(answers(question("KITCHEN." + type_name, RecordType::srv)).at(0).answers), ElementsAre(RecordType::srv));
  EXPECT_THAT(types(answers(question("kitchen." + type_name, RecordType::any)).at(0).answers),
              ElementsAre(RecordType::srv, RecordType::txt));
  EXPECT_THAT(types(answers(question("kitchen.local", RecordType::a)).at(0).answers), ElementsAre(RecordType::a));
  EXPECT_THAT(types(answers(question("_services._dns-sd._udp.local", RecordType::ptr)).at(0).answers),
              ElementsAre(RecordType::ptr));
  EXPECT_THAT(answers(question("hall." + type_name, RecordType::srv)), IsEmpty());
  EXPECT_THAT(answers(question("_http._tcp.local", RecordType::ptr)), IsEmpty());
}

TEST_F(ResponderTest, DoesNotSayWhatIsKnownOrWasJustSaid) {
  (void)claim();
  Packet query = question(type_name, RecordType::ptr);
  query.answers = {pointer_to("kitchen", 4000)};
  EXPECT_THAT(answers(query), IsEmpty());
  query.answers = {pointer_to("kitchen", 100)};
  EXPECT_EQ(answers(query).size(), 1u) << "known, but not for long";

  now_ += 10s;
  hear(question("kitchen.local", RecordType::a), now_);
  EXPECT_EQ(machine_.on_time(now_).size(), 1u) << "what is its own it says at once";
  hear(question("kitchen.local", RecordType::a), now_ + 500ms);
  EXPECT_THAT(machine_.on_time(now_ + 700ms), IsEmpty());
  hear(question("kitchen.local", RecordType::a), now_ + 1s);
  EXPECT_EQ(machine_.on_time(now_ + 1s).size(), 1u);
}

TEST_F(ResponderTest, AnswersOneAskerAlone) {
  (void)claim();
  now_ += 10s;
  hear(question("kitchen.local", RecordType::a, true), now_);
  const auto sent = machine_.on_time(now_);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].to_asker);

  Packet legacy = question("kitchen.local", RecordType::a);
  legacy.id = 4711;
  hear(legacy, now_ + 10s, {.interface = 2, .legacy = true});
  const auto answer = machine_.on_time(now_ + 10s);
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_TRUE(answer[0].to_asker);
  const Packet packet = read(answer[0]);
  EXPECT_EQ(packet.id, 4711);
  EXPECT_EQ(packet.questions, legacy.questions);
  ASSERT_EQ(packet.answers.size(), 1u);
  EXPECT_LE(packet.answers[0].ttl_s, 10u);
  EXPECT_FALSE(packet.answers[0].flush);
}

TEST_F(ResponderTest, DefendsItsNameBeforeAll) {
  (void)claim();
  Packet probe = question("kitchen." + type_name, RecordType::any, true);
  probe.authorities = {location_of("kitchen", 80)};
  for (const Duration pause : {Duration(10s), Duration(300ms)}) {
    now_ += pause;
    hear(probe, now_);
    const auto sent = machine_.on_time(now_);
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_FALSE(sent[0].to_asker) << "another program of that machine may have the port";
  }
}

TEST_F(ResponderTest, WaitsForTheRestOfALongQuestion) {
  (void)claim();
  now_ += 10s;
  Packet query = question(type_name, RecordType::ptr);
  query.truncated = true;
  hear(query, now_);
  EXPECT_THAT(machine_.on_time(now_ + 300ms), IsEmpty());
  EXPECT_EQ(machine_.on_time(now_ + 500ms).size(), 1u);
}

TEST_F(ResponderTest, TakesANumberWhereTheNameIsTaken) {
  now_ = machine_.next();
  (void)machine_.on_time(now_);
  hear(answer_of({location_of("kitchen", 80)}), now_ + 10ms);
  EXPECT_EQ(machine_.instance(), "kitchen-2");
  const std::vector<Packet> sent = claim();
  EXPECT_TRUE(machine_.is_claimed());
  EXPECT_EQ(std::get<Pointer>(sent.back().answers.at(1).data).target, "kitchen-2." + type_name);
  EXPECT_EQ(std::get<ServiceLocation>(sent.back().answers.at(2).data).target, "kitchen-2.local");
}

TEST_F(ResponderTest, KeepsItsNameAmongItsOwnEchoesAndGoodbyes) {
  now_ = machine_.next();
  const auto probe = machine_.on_time(now_);
  hear(read(probe.at(0)), now_);
  hear(answer_of({v4_of("kitchen.local", {192, 168, 1, 20}), location_of("kitchen", 80, 0)}), now_);
  (void)claim();
  EXPECT_EQ(machine_.instance(), "kitchen");
  hear(answer_of({v4_of("kitchen.local", {192, 168, 1, 20})}), now_);
  EXPECT_TRUE(machine_.is_claimed());
}

TEST_F(ResponderTest, AsksAgainWhereAnotherTakesItsNameLater) {
  (void)claim();
  hear(answer_of({location_of("kitchen", 80)}), now_ + 1min);
  EXPECT_FALSE(machine_.is_claimed());
  (void)claim();
  EXPECT_TRUE(machine_.is_claimed());
  EXPECT_EQ(machine_.instance(), "kitchen") << "nobody answered";
}

TEST_F(ResponderTest, LetsTheGreaterOfTwoProbesWin) {
  now_ = machine_.next();
  (void)machine_.on_time(now_);
  Packet lesser = question("kitchen." + type_name, RecordType::any);
  lesser.authorities = {location_of("kitchen", 1), text_of("kitchen", {"mac=020000000001"})};
  hear(lesser, now_ + 10ms);
  EXPECT_LE(machine_.next(), now_ + 250ms) << "goes on";
  Packet greater = lesser;
  greater.authorities[0] = location_of("kitchen", 65000);
  hear(greater, now_ + 20ms);
  EXPECT_EQ(machine_.next(), now_ + 20ms + 1s) << "waits a second, then asks again";
}

TEST_F(ResponderTest, SaysGoodbye) {
  (void)claim();
  const Packet goodbye = read(machine_.goodbye());
  EXPECT_TRUE(goodbye.response);
  EXPECT_EQ(goodbye.answers.size(), 4u);
  for (const Record& each : goodbye.answers) EXPECT_EQ(each.ttl_s, 0u);
}

}  // namespace
}  // namespace moor::mdns
