#include "radio/esphome/session_machine.hpp"

#include <gmock/gmock.h>

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using esphome::MessageType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using State = Session::Status::State;
using Step = SessionMachine::Step;
using Words = std::vector<std::string>;

constexpr TimePoint at(Duration t) {
  return TimePoint(1h + t);
}

std::string word(const SessionMachine::Action& action) {
  if (const auto* const send = std::get_if<SessionMachine::Send>(&action))
    return "send " + std::to_string(static_cast<unsigned>(send->type));
  if (const auto* const lost = std::get_if<SessionMachine::Lost>(&action)) return "lost " + lost->detail;
  if (std::holds_alternative<SessionMachine::SendTime>(action)) return "time";
  if (std::holds_alternative<SessionMachine::Close>(action)) return "close";
  if (std::holds_alternative<SessionMachine::Ready>(action)) return "ready";
  return "changed";
}

struct Server {
  uint32_t major = 1;
  uint32_t minor = 15;
  std::string name = "kitchen";
  uint32_t features = 0xFF;
  uint32_t legacy_version = 0;
};

class SessionMachineTest : public ::testing::Test {
public:
  /// What is to be done, without changes of the state.
  Words done() {
    Words words;
    while (const auto action = machine.next_action())
      if (const std::string each = word(*action); each != "changed") words.push_back(each);
    return words;
  }
  bool says(TimePoint now, MessageType type, Bytes payload = {}) { return machine.on_message(now, {type, payload}); }
  template <typename Message>
  bool says(TimePoint now, const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    return says(now, Message::type, payload);
  }
  void connect(TimePoint now) {
    machine.on_connected(now);
    machine.on_stream_open(now, "");
  }
  void hello(TimePoint now, const Server& server = {}) {
    (void)says(now, esphome::HelloResponse{server.major, server.minor, "test", server.name});
  }
  void device_info(TimePoint now, const Server& server = {}) {
    esphome::DeviceInfoResponse info;
    info.name = server.name;
    info.mac_address = "02:00:00:00:00:0A";
    info.bluetooth_proxy_feature_flags = server.features;
    info.legacy_bluetooth_proxy_version = server.legacy_version;
    (void)says(now, info);
  }
  void log_in(TimePoint now, const Server& server = {}) {
    machine.start(now);
    machine.on_retry(now);
    connect(now);
    hello(now, server);
    device_info(now, server);
    if (server.minor >= 15) (void)says(now, esphome::DeviceCapabilitiesResponse{true, {server.features, ""}});
    (void)done();
  }
  /// "problem, seconds to the next try: detail"
  std::string problem(TimePoint now) const {
    const Session::Status& status = machine.status();
    if (status.state != State::waiting) return "not waiting";
    return std::to_string(static_cast<int>(status.problem)) + ", " +
           std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(status.next_try - now).count()) +
           " ms: " + status.detail;
  }
  static std::string number(SessionProblem problem) { return std::to_string(static_cast<int>(problem)); }

  SessionMachine machine{SessionOptions{.radio = "esphome://kitchen", .expected_name = "kitchen", .client_info = "moor test"}};
};

TEST_F(SessionMachineTest, LogsInStepByStep) {
  machine.start(at(0s));
  EXPECT_EQ(machine.step(), Step::connect);
  EXPECT_EQ(machine.due(), at(60s));
  machine.on_connected(at(1s));
  EXPECT_EQ(machine.due(), at(61s)) << "the handshake";
  machine.on_stream_open(at(2s), "kitchen");
  EXPECT_EQ(machine.due(), at(32s));
  EXPECT_THAT(done(), ElementsAre("send 1"));
  hello(at(3s));
  EXPECT_THAT(done(), ElementsAre("send 3", "send 9"));
  EXPECT_EQ(machine.due(), at(32s)) << "one limit for the login";
  device_info(at(4s));
  EXPECT_THAT(done(), ElementsAre("send 149"));
  EXPECT_FALSE(machine.is_ready());
  (void)says(at(5s), esphome::DeviceCapabilitiesResponse{true, {0x61, "02:00:00:00:00:0B"}});
  EXPECT_THAT(done(), ElementsAre("ready"));
  ASSERT_TRUE(machine.is_ready());
  EXPECT_EQ(machine.facts()->features, 0x61U);
  EXPECT_EQ(machine.facts()->mac, "02:00:00:00:00:0A");
  EXPECT_EQ(machine.facts()->bluetooth_mac, "02:00:00:00:00:0B");
  EXPECT_EQ(machine.facts()->api_minor, 15U);
  EXPECT_EQ(machine.status().since, at(5s));
}

TEST_F(SessionMachineTest, SaysWhoItIsInItsHello) {
  machine.start(at(0s));
  connect(at(0s));
  (void)machine.next_action();
  (void)machine.next_action();
  const auto action = machine.next_action();
  ASSERT_TRUE(action && std::holds_alternative<SessionMachine::Send>(*action));
  const auto& payload = std::get<SessionMachine::Send>(*action).payload;
  const auto hello = esphome::decode<esphome::HelloRequest>(payload);
  EXPECT_EQ(hello.message.client_info, "moor test");
  EXPECT_EQ(hello.message.api_version_major, 1U);
  EXPECT_EQ(hello.message.api_version_minor, 15U);
}

TEST_F(SessionMachineTest, TellsEachChangeOfItsState) {
  const auto states = [this] {
    std::vector<State> result;
    while (const auto action = machine.next_action())
      if (std::holds_alternative<SessionMachine::Changed>(*action)) result.push_back(machine.status().state);
    return result;
  };
  machine.start(at(0s));
  EXPECT_THAT(states(), ElementsAre(State::connecting));
  connect(at(1s));
  EXPECT_THAT(states(), ElementsAre(State::logging_in));
  hello(at(1s));
  EXPECT_THAT(states(), IsEmpty());
  device_info(at(1s));
  (void)says(at(1s), esphome::DeviceCapabilitiesResponse{});
  EXPECT_THAT(states(), ElementsAre(State::ready));
  machine.on_closed(at(2s), "it closed the connection");
  EXPECT_THAT(states(), ElementsAre(State::waiting));
}

TEST_F(SessionMachineTest, DoesNotAskOlderServersForCapabilities) {
  machine.start(at(0s));
  connect(at(0s));
  hello(at(0s), {.minor = 14});
  (void)done();
  device_info(at(0s), {.minor = 14, .features = 0x3F});
  EXPECT_THAT(done(), ElementsAre("ready"));
  EXPECT_EQ(machine.facts()->features, 0x3FU);
  EXPECT_EQ(machine.facts()->bluetooth_mac, "02:00:00:00:00:0A") << "that of the device where there is no other";
}

TEST_F(SessionMachineTest, TakesDeviceInfoWhereCapabilitiesNeverCome) {
  machine.start(at(0s));
  connect(at(0s));
  hello(at(1s));
  device_info(at(2s), {.features = 0x7F});
  (void)done();
  EXPECT_EQ(machine.due(), at(7s));
  machine.on_time(at(6s));
  EXPECT_FALSE(machine.is_ready());
  machine.on_time(at(7s));
  EXPECT_THAT(done(), ElementsAre("ready"));
  EXPECT_EQ(machine.facts()->features, 0x7FU);
  (void)says(at(8s), esphome::DeviceCapabilitiesResponse{true, {0x01, ""}});
  EXPECT_EQ(machine.facts()->features, 0x7FU) << "too late";
}

TEST_F(SessionMachineTest, TakesDeviceInfoWhereCapabilitiesSayNothingOfBluetooth) {
  log_in(at(0s), {.features = 0});
  EXPECT_EQ(machine.status().problem, SessionProblem::no_proxy);
  machine.on_retry(at(1s));
  connect(at(1s));
  hello(at(1s));
  device_info(at(1s), {.features = 0x7F});
  (void)says(at(1s), esphome::DeviceCapabilitiesResponse{});
  EXPECT_TRUE(machine.is_ready());
}

TEST_F(SessionMachineTest, KnowsWhatOldProxiesCanByTheirVersion) {
  const std::vector<std::pair<uint32_t, uint32_t>> rows{{1, 0x01}, {2, 0x03}, {3, 0x07}, {4, 0x0F}, {5, 0x1F}, {9, 0x1F}};
  for (const auto& [version, features] : rows) {
    log_in(at(0s), {.minor = 8, .features = 0xFF, .legacy_version = version});
    ASSERT_TRUE(machine.is_ready()) << version;
    EXPECT_EQ(machine.facts()->features, features) << version;
    machine.on_closed(at(0s), "");
  }
  log_in(at(0s), {.minor = 9, .features = 0x21, .legacy_version = 5});
  EXPECT_EQ(machine.facts()->features, 0x21U) << "from 1.9 on there are flags";
}

TEST_F(SessionMachineTest, HasABoundForEachStage) {
  machine.start(at(0s));
  machine.on_connect_failed(at(60s), "no connection within 60 s");
  EXPECT_EQ(problem(at(60s)), number(SessionProblem::not_reachable) + ", 1800 ms: no connection within 60 s");

  machine.on_retry(at(100s));
  machine.on_connected(at(100s));
  machine.on_time(at(159s));
  EXPECT_EQ(machine.step(), Step::talk);
  machine.on_time(at(160s));
  EXPECT_THAT(done(), ElementsAre("close"));
  EXPECT_EQ(problem(at(160s)), number(SessionProblem::no_answer) + ", 3240 ms: it is connected and says nothing for 60 s");

  machine.on_retry(at(200s));
  connect(at(200s));
  machine.on_time(at(230s));
  EXPECT_EQ(problem(at(230s)), number(SessionProblem::no_answer) + ", 5832 ms: it does not log us in within 30 s");

  machine.on_retry(at(300s));
  connect(at(300s));
  hello(at(310s));
  machine.on_time(at(329s));
  EXPECT_EQ(machine.step(), Step::talk);
  machine.on_time(at(330s));
  EXPECT_EQ(machine.status().problem, SessionProblem::no_answer);
}

TEST_F(SessionMachineTest, RefusesWhatItCannotUse) {
  struct Row {
    std::function<void(SessionMachineTest&)> happens;
    SessionProblem problem;
    std::string detail;
  };
  const auto stream_fails = [](esphome::StreamProblem problem, const char* name) {
    return [=](SessionMachineTest& test) { test.machine.on_stream_failure(at(0s), {problem, "its words"}, name); };
  };
  const auto opens_and = [](auto then) {
    return [=](SessionMachineTest& test) {
      test.machine.on_stream_open(at(0s), "");
      then(test);
    };
  };
  using Stream = esphome::StreamProblem;
  const std::vector<Row> rows{
      {stream_fails(Stream::wrong_key, ""), SessionProblem::wrong_key, "its words"},
      {stream_fails(Stream::wrong_key, "kitchen"), SessionProblem::wrong_key, "its words"},
      {stream_fails(Stream::wrong_key, "pantry"), SessionProblem::wrong_name, "pantry"},
      {stream_fails(Stream::peer_is_plaintext, ""), SessionProblem::encryption_not_expected, "its words"},
      {stream_fails(Stream::peer_is_encrypted, ""), SessionProblem::encryption_needed, "its words"},
      {stream_fails(Stream::handshake_refused, ""), SessionProblem::protocol_error, "its words"},
      {stream_fails(Stream::unknown_protocol, ""), SessionProblem::protocol_error, "its words"},
      {stream_fails(Stream::bad_frame, ""), SessionProblem::protocol_error, "its words"},
      {stream_fails(Stream::bad_tag, ""), SessionProblem::protocol_error, "its words"},
      {[](SessionMachineTest& test) { test.machine.on_stream_open(at(0s), "pantry"); }, SessionProblem::wrong_name, "pantry"},
      {opens_and([](SessionMachineTest& test) { test.hello(at(0s), {.name = "pantry"}); }), SessionProblem::wrong_name, "pantry"},
      {opens_and([](SessionMachineTest& test) {
         test.hello(at(0s), {.minor = 1, .name = ""});  // before servers said their name
         test.device_info(at(0s), {.minor = 1, .name = "pantry"});
       }),
       SessionProblem::wrong_name, "pantry"},
      {opens_and([](SessionMachineTest& test) { test.hello(at(0s), {.major = 3, .minor = 0}); }), SessionProblem::wrong_version,
       "3.0"},
      {opens_and([](SessionMachineTest& test) {
         test.hello(at(0s), {.minor = 9});
         (void)test.says(at(0s), esphome::AuthenticationResponse{.invalid_password = true});
       }),
       SessionProblem::password_needed, "it refuses a login without a password"},
      {opens_and([](SessionMachineTest& test) {
         test.hello(at(0s), {.minor = 14});
         test.device_info(at(0s), {.minor = 14, .features = 0});
       }),
       SessionProblem::no_proxy, "kitchen"},
  };
  int number_of_row = 0;
  for (const Row& row : rows) {
    SCOPED_TRACE(number_of_row++);
    machine = SessionMachine(SessionOptions{.expected_name = "kitchen"});
    machine.start(at(0s));
    machine.on_connected(at(0s));
    row.happens(*this);
    EXPECT_EQ(machine.status().problem, row.problem);
    EXPECT_EQ(machine.status().detail, row.detail);
    EXPECT_EQ(machine.status().next_try, is_permanent(row.problem) ? at(600s) : at(1800ms));
    EXPECT_THAT(done().back(), "close");
  }
}

TEST_F(SessionMachineTest, RefusesAnswersThatCannotBeRead) {
  const std::vector<uint8_t> truncated{0x1A, 0x05, 'm'};
  machine.start(at(0s));
  connect(at(0s));
  (void)says(at(0s), MessageType::hello_response, truncated);
  EXPECT_EQ(machine.status().problem, SessionProblem::protocol_error);
  EXPECT_THAT(machine.status().detail, ::testing::StartsWith("its HelloResponse cannot be read: "));
}

TEST_F(SessionMachineTest, AcceptsVersionTwo) {
  log_in(at(0s), {.major = 2, .minor = 0});
  EXPECT_EQ(machine.step(), Step::talk);
  machine.on_time(at(5s));
  EXPECT_TRUE(machine.is_ready());
}

TEST_F(SessionMachineTest, WaitsLongerAfterEachFailure) {
  std::vector<int64_t> waits;
  machine.start(at(0s));
  for (int i = 0; i < 9; ++i) {
    machine.on_connect_failed(at(0s), "refused");
    waits.push_back((machine.status().next_try - at(0s)) / 1ms);
    machine.on_time(machine.due());
    EXPECT_EQ(machine.step(), Step::connect);
  }
  EXPECT_THAT(waits, ElementsAre(1800, 3240, 5832, 10497, 18895, 34012, 60000, 60000, 60000));
  EXPECT_EQ(machine.status().failures, 9);
}

TEST_F(SessionMachineTest, BeginsAnewAfterASessionThatLasted) {
  machine.start(at(0s));
  machine.on_connect_failed(at(0s), "refused");
  log_in(at(10s));
  EXPECT_EQ(machine.status().failures, 0);
  machine.on_closed(at(69s), "reset");
  EXPECT_EQ(problem(at(69s)), number(SessionProblem::not_reachable) + ", 3240 ms: reset")
      << "it was ready for less than a minute";
  EXPECT_THAT(done(), ElementsAre("close", "lost reset"));
  log_in(at(100s));
  machine.on_closed(at(160s), "reset");
  EXPECT_EQ(problem(at(160s)), number(SessionProblem::not_reachable) + ", 1000 ms: reset");
}

TEST_F(SessionMachineTest, PingsAProxyThatIsSilentAndGivesItUp) {
  log_in(at(0s));
  for (const Duration t : {20s, 40s, 60s, 80s}) {
    EXPECT_EQ(machine.due(), at(t));
    machine.on_time(at(t - 1ns));
    EXPECT_THAT(done(), IsEmpty());
    machine.on_time(at(t));
    EXPECT_THAT(done(), ElementsAre("send 7"));
  }
  EXPECT_EQ(machine.due(), at(90s));
  machine.on_time(at(90s));
  EXPECT_THAT(done(), ElementsAre("close", "lost nothing came from it for 90 s"));
  EXPECT_EQ(machine.status().problem, SessionProblem::no_answer);
}

TEST_F(SessionMachineTest, TakesAnyMessageAsASignOfLife) {
  log_in(at(0s));
  EXPECT_FALSE(says(at(19s), MessageType::raw_advertisements));
  EXPECT_EQ(machine.due(), at(39s));
  machine.on_time(at(39s));
  EXPECT_THAT(done(), ElementsAre("send 7"));
  EXPECT_FALSE(says(at(50s), static_cast<MessageType>(4321)));
  EXPECT_EQ(machine.due(), at(70s));
}

TEST_F(SessionMachineTest, AnswersPingTimeAndGoodbye) {
  log_in(at(0s));
  EXPECT_TRUE(says(at(1s), MessageType::ping_request));
  EXPECT_THAT(done(), ElementsAre("send 8"));
  EXPECT_TRUE(says(at(1s), MessageType::get_time_request));
  EXPECT_THAT(done(), ElementsAre("time"));
  EXPECT_TRUE(says(at(100s), MessageType::disconnect_request));
  EXPECT_THAT(done(), ElementsAre("send 6", "close", "lost it ended the session"));
  EXPECT_EQ(problem(at(100s)), number(SessionProblem::not_reachable) + ", 5000 ms: it ended the session");
}

TEST_F(SessionMachineTest, PassesOnMessagesOnlyWhileItIsReady) {
  machine.start(at(0s));
  EXPECT_TRUE(says(at(0s), MessageType::raw_advertisements));
  connect(at(0s));
  EXPECT_TRUE(says(at(0s), MessageType::raw_advertisements)) << "before the hello";
  EXPECT_TRUE(says(at(0s), esphome::DeviceInfoResponse{}));
  EXPECT_EQ(machine.status().state, State::logging_in) << "an answer that was not asked for changes nothing";
  hello(at(0s));
  EXPECT_TRUE(says(at(0s), MessageType::connections_free));
  device_info(at(0s));
  (void)says(at(0s), esphome::DeviceCapabilitiesResponse{});
  EXPECT_FALSE(says(at(0s), MessageType::connections_free));
  EXPECT_TRUE(says(at(0s), esphome::HelloResponse{9, 9, "", "other"})) << "a second hello is nobody's";
  EXPECT_TRUE(machine.is_ready());
}

TEST_F(SessionMachineTest, TriesAtOnceWhenTheProxyAnnouncesItself) {
  machine.start(at(0s));
  machine.on_connect_failed(at(500ms), "unreachable");
  machine.on_announced(at(600ms));
  EXPECT_EQ(machine.step(), Step::wait) << "not twice within a second";
  EXPECT_EQ(machine.due(), at(1s));
  machine.on_time(at(1s));
  machine.on_connect_failed(at(10s), "unreachable");
  machine.on_announced(at(10100ms));
  EXPECT_EQ(machine.step(), Step::connect);
}

TEST_F(SessionMachineTest, DoesNotHammerWhatCannotSucceed) {
  machine.start(at(0s));
  machine.on_connected(at(0s));
  machine.on_stream_failure(at(1s), {esphome::StreamProblem::wrong_key, "Handshake MAC failure"}, "kitchen");
  EXPECT_EQ(machine.due(), at(601s));
  machine.on_announced(at(10s));
  EXPECT_EQ(machine.due(), at(60s)) << "a minute after the last attempt";
  machine.on_announced(at(20s));
  EXPECT_EQ(machine.due(), at(60s));
  machine.on_time(at(60s));
  EXPECT_EQ(machine.step(), Step::connect);
  machine.on_connected(at(60s));
  machine.on_stream_failure(at(60s), {esphome::StreamProblem::wrong_key, "Handshake MAC failure"}, "kitchen");
  machine.on_retry(at(61s));
  EXPECT_EQ(machine.step(), Step::connect) << "somebody asked";
}

TEST_F(SessionMachineTest, RestartsAsThoughItWereLost) {
  log_in(at(0s));
  machine.on_restart(at(100s));
  EXPECT_THAT(done(), ElementsAre("close", "lost it was closed to connect anew"));
  EXPECT_EQ(machine.due(), at(101s));
  machine.on_restart(at(100s));
  EXPECT_EQ(machine.due(), at(101s)) << "there is nothing to close";
}

TEST_F(SessionMachineTest, LosesAProxyThatTakesNothing) {
  log_in(at(0s));
  machine.on_overflow(at(1s));
  EXPECT_EQ(problem(at(1s)),
            number(SessionProblem::no_answer) + ", 1800 ms: it does not take what is sent: more than 1048576 bytes wait");
}

TEST_F(SessionMachineTest, SaysGoodbyeAndWaitsForTheAnswer) {
  log_in(at(0s));
  machine.on_stop(at(1s));
  EXPECT_THAT(done(), ElementsAre("lost ", "send 5"));
  EXPECT_EQ(machine.step(), Step::talk);
  EXPECT_EQ(machine.due(), at(11s));
  EXPECT_TRUE(says(at(2s), MessageType::raw_advertisements));
  EXPECT_TRUE(says(at(2s), MessageType::disconnect_response));
  EXPECT_THAT(done(), ElementsAre("close"));
  EXPECT_EQ(machine.step(), Step::stopped);
  machine.start(at(3s));
  EXPECT_EQ(machine.step(), Step::connect) << "it may be used again";
}

TEST_F(SessionMachineTest, LeavesWithoutAnAnswerInTheEnd) {
  log_in(at(0s));
  machine.on_stop(at(1s));
  machine.on_time(at(11s));
  EXPECT_EQ(machine.step(), Step::stopped);
  EXPECT_EQ(machine.status().problem, SessionProblem::none);
}

TEST_F(SessionMachineTest, LeavesAtOnceWhereNobodyKnowsIt) {
  machine.start(at(0s));
  machine.on_stop(at(0s));
  EXPECT_EQ(machine.step(), Step::stopped);
  machine.start(at(0s));
  connect(at(0s));
  (void)done();
  machine.on_stop(at(0s));
  EXPECT_THAT(done(), ElementsAre("close"));
  EXPECT_EQ(machine.step(), Step::stopped);
}

TEST(SessionProblems, HaveASentenceAndAdvice) {
  for (int i = 1; i <= static_cast<int>(SessionProblem::no_proxy); ++i) {
    const auto problem = static_cast<SessionProblem>(i);
    for (const char* detail : {"", "pantry"}) {
      const ProblemText text = problem_text(problem, "kitchen", detail);
      EXPECT_THAT(text.what, ::testing::HasSubstr("kitchen")) << i;
      EXPECT_THAT(text.advice, ::testing::EndsWith(".")) << i;
      EXPECT_THAT(text.what, ::testing::Not(::testing::EndsWith("."))) << i;
    }
  }
  EXPECT_EQ(problem_text(SessionProblem::none, "kitchen", "").what, "");
}

}  // namespace
}  // namespace moor::esphome_radio
