// Sessions that do not come about, are lost, and come back.

#include "esphome_radio/session_stage.hpp"

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using esphome::MessageType;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using State = Session::Status::State;

class SessionLossTest : public SessionTest {
protected:
  /// When the client tried to connect, in seconds.
  std::vector<double> attempts() const {
    std::vector<double> result;
    for (const TimePoint each : proxy_.attempts()) result.push_back(to_seconds(each - start_));
    return result;
  }
};

TEST_F(SessionLossTest, SaysWhatIsWrongForGood) {
  struct Row {
    std::function<void(SessionOptions&)> arrange;
    SessionProblem problem;
    std::string what;
  };
  const std::vector<Row> rows{
      {[&](SessionOptions& client) {
         proxy_.options().key = key(1);
         client.key = key(2);
       },
       SessionProblem::wrong_key, "the key is not that of kitchen"},
      {[&](SessionOptions&) { proxy_.options().key = key(1); }, SessionProblem::encryption_needed,
       "the proxy kitchen wants encryption, and no key is given"},
      {[&](SessionOptions& client) { client.key = key(1); }, SessionProblem::encryption_not_expected,
       "a key is given for kitchen, and it does not encrypt"},
      {[&](SessionOptions& client) { client.expected_name = "pantry"; }, SessionProblem::wrong_name,
       "the device at kitchen is kitchen, another one than expected"},
      {[&](SessionOptions& client) {
         client.expected_name = "pantry";
         client.key = proxy_.options().key = key(1);
       },
       SessionProblem::wrong_name, "the device at kitchen is kitchen, another one than expected"},
      {[&](SessionOptions& client) {
         client.expected_name = "pantry";  // whose key it is, most likely
         client.key = key(2);
         proxy_.options().key = key(1);
       },
       SessionProblem::wrong_name, "the device at kitchen is kitchen, another one than expected"},
      {[&](SessionOptions&) { proxy_.options().api_major = 3; }, SessionProblem::wrong_version,
       "the API of kitchen is version 3.15, and moor speaks 1 and 2"},
      {[&](SessionOptions&) { proxy_.options().password = true; }, SessionProblem::password_needed,
       "the proxy kitchen wants a password, which moor does not support"},
      {[&](SessionOptions&) { proxy_.options().features = 0; }, SessionProblem::no_proxy,
       "the device kitchen is no Bluetooth proxy"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    proxy_.options() = {};
    SessionOptions client = options();
    row.arrange(client);
    make(client);
    run([&]() -> awaitable<void> {
      co_await sleep(1s);
      EXPECT_EQ(session_->status().problem, row.problem);
      EXPECT_EQ(problem(), row.what);
      EXPECT_EQ(session_->status().state, State::waiting);
      const int before = proxy_.connections();
      co_await sleep(598s);
      EXPECT_EQ(proxy_.connections(), before) << "it is not hammered";
      co_await sleep(2s);
      EXPECT_EQ(proxy_.connections(), before + 1);
      session_->retry_now();
      co_await sleep(1ms);
      EXPECT_EQ(proxy_.connections(), before + 2);
      proxy_.announce();
      co_await sleep(50s);
      EXPECT_EQ(proxy_.connections(), before + 2) << "an announcement helps once a minute";
      co_await sleep(10s);
      EXPECT_EQ(proxy_.connections(), before + 3);
    });
    EXPECT_THAT(words_, ::testing::IsEmpty());
  }
}

TEST_F(SessionLossTest, HasABoundForEachSilence) {
  struct Row {
    std::function<void()> arrange;
    bool encrypted;
    double second_attempt;
    SessionProblem problem;
    std::string detail;
  };
  const std::vector<Row> rows{
      {[&] { proxy_.hang(true); }, false, 61.8, SessionProblem::not_reachable, "no connection in time"},
      {[&] { proxy_.set_deaf(true); }, true, 61.8, SessionProblem::no_answer, "it is connected and says nothing for 60 s"},
      {[&] { proxy_.set_deaf(true); }, false, 31.8, SessionProblem::no_answer, "it does not log us in within 30 s"},
      {[&] { proxy_.ignore(MessageType::hello_request); }, false, 31.8, SessionProblem::no_answer,
       "it does not log us in within 30 s"},
      {[&] { proxy_.ignore(MessageType::device_info_request); }, true, 31.8, SessionProblem::no_answer,
       "it does not log us in within 30 s"},
  };
  int number = 0;
  for (const Row& row : rows) {
    SCOPED_TRACE(number++);
    proxy_.hang(false);
    proxy_.set_deaf(false);
    proxy_.ignore(MessageType::hello_request, false);
    proxy_.ignore(MessageType::device_info_request, false);
    proxy_.options().key = row.encrypted ? key(1) : nullptr;
    row.arrange();
    SessionOptions client = options();
    client.key = proxy_.options().key;
    make(client);
    const size_t before = proxy_.attempts().size();
    const TimePoint began = clock_.now();
    run([&]() -> awaitable<void> {
      co_await clock_.wait_until(began + from_seconds(row.second_attempt));
      co_await sleep(1ns);
      EXPECT_EQ(session_->status().problem, row.problem);
      EXPECT_EQ(session_->status().detail, row.detail);
    });
    ASSERT_EQ(proxy_.attempts().size(), before + 2);
    EXPECT_EQ(proxy_.attempts()[before + 1] - began, from_seconds(row.second_attempt));
  }
}

// What DeviceInfo says of the proxy is enough.
TEST_F(SessionLossTest, DoesWithoutCapabilities) {
  proxy_.ignore(MessageType::device_capabilities_request);
  timed_ = true;
  make(options());
  run([&]() -> awaitable<void> { co_await sleep(6s); });
  EXPECT_THAT(words_, ElementsAre("5: ready", "6: lost 0"));
}

TEST_F(SessionLossTest, GivesASilentProxyUpAfterNinetySeconds) {
  proxy_.ignore(MessageType::ping_request);
  timed_ = true;
  make(options());
  run([&]() -> awaitable<void> { co_await sleep(92s); });
  EXPECT_THAT(words_, ElementsAre("0: ready", "90: lost 2: nothing came from it for 90 s", "91: ready", "92: lost 0"));
  EXPECT_EQ(proxy_.count(MessageType::ping_request), 4);
}

TEST_F(SessionLossTest, StaysWithAProxyThatAnswersPings) {
  make(options());
  run([&]() -> awaitable<void> { co_await sleep(24h); });
  EXPECT_EQ(proxy_.connections(), 1);
  EXPECT_EQ(proxy_.count(MessageType::ping_request), 24 * 3600 / 20 - 1);
}

TEST_F(SessionLossTest, TriesMoreAndMoreSeldom) {
  proxy_.refuse(true);
  make(options());
  run([&]() -> awaitable<void> {
    co_await sleep(200s);
    EXPECT_EQ(problem(), "the proxy kitchen is not reachable: Connection refused");
    EXPECT_EQ(session_->status().failures, 9);
    EXPECT_EQ(session_->status().state, State::waiting);
    proxy_.refuse(false);
    co_await clock_.wait_until(session_->status().next_try);
    co_await sleep(1s);
    EXPECT_TRUE(session_->is_ready());
    EXPECT_EQ(session_->status().failures, 0);
    EXPECT_EQ(session_->status().problem, SessionProblem::none);
  });
  const std::vector<double> expected{0, 1.8, 5.04, 10.872, 21.3696, 40.26528, 74.277504, 134.277504, 194.277504, 254.277504};
  EXPECT_THAT(attempts(), ::testing::Pointwise(::testing::DoubleNear(1e-6), expected));
}

TEST_F(SessionLossTest, ComesBackWhenTheProxyAnnouncesItself) {
  proxy_.refuse(true);
  make(options());
  run([&]() -> awaitable<void> {
    co_await sleep(100s);
    proxy_.refuse(false);
    proxy_.announce();
    co_await sleep(1ms);
    EXPECT_TRUE(session_->is_ready());
  });
  EXPECT_EQ(proxy_.connected_at().at(0), start_ + 100s);
}

TEST_F(SessionLossTest, TriesAtOnceWhenAsked) {
  proxy_.refuse(true);
  make(options());
  run([&]() -> awaitable<void> {
    co_await sleep(100s);
    const size_t before = proxy_.attempts().size();
    for (size_t i = 1; i <= 3; ++i) {
      session_->retry_now();
      co_await sleep(1ms);
      EXPECT_EQ(proxy_.attempts().size(), before + i);
    }
  });
}

TEST_F(SessionLossTest, ComesBackAfterAProxyThatRestarts) {
  timed_ = true;
  make(options());
  run([&]() -> awaitable<void> {
    co_await sleep(100s);
    proxy_.send(MessageType::disconnect_request);
    (void)co_await proxy_.expect(MessageType::disconnect_response);
    co_await sleep(6s);
    proxy_.close();
    co_await sleep(100s);
    proxy_.close();
    co_await sleep(2s);
  });
  EXPECT_THAT(words_,
              ElementsAre("0: ready", "100: lost 1: it ended the session", "105: ready", "106: lost 1: it closed the connection",
                          "107.8: ready", "206: lost 1: it closed the connection", "207: ready", "208: lost 0"));
}

TEST_F(SessionLossTest, RestartsWhenAsked) {
  timed_ = true;
  make(options());
  run([&]() -> awaitable<void> {
    co_await sleep(100s);
    session_->restart();
    session_->restart();
    co_await sleep(2s);
    EXPECT_TRUE(session_->is_ready());
  });
  EXPECT_THAT(words_, ElementsAre("0: ready", "100: lost 1: it was closed to connect anew", "101: ready", "102: lost 0"));
}

TEST_F(SessionLossTest, RestartsFromAHandler) {
  make(options());
  on_message_ = [&](const esphome::Message& message) {
    session_->restart();
    session_->retry_now();
    say(fmt::format("still there: {}", message.payload[0]));
  };
  run([&]() -> awaitable<void> {
    co_await sleep(100s);
    proxy_.send(MessageType::raw_advertisements, std::vector<uint8_t>{42});
    co_await sleep(2s);
    EXPECT_TRUE(session_->is_ready());
  });
  EXPECT_THAT(words_, ElementsAre("ready", "message 93 of 1", "still there: 42", "lost 1: it was closed to connect anew", "ready",
                                  "lost 0"));
}

TEST_F(SessionLossTest, IsLostInTheMiddleOfAFrame) {
  for (const bool encrypted : {false, true}) {
    SCOPED_TRACE(encrypted);
    words_.clear();
    proxy_.options().key = encrypted ? key(3) : nullptr;
    SessionOptions client = options();
    client.key = proxy_.options().key;
    make(client);
    run([&]() -> awaitable<void> {
      co_await sleep(100s);
      proxy_.send_part(MessageType::raw_advertisements, std::vector<uint8_t>(500), 200);
      co_await sleep(1s);
      proxy_.close();
      co_await sleep(2s);
      EXPECT_TRUE(session_->is_ready());
      proxy_.send(MessageType::raw_advertisements, std::vector<uint8_t>(7));
      co_await sleep(1s);
    });
    EXPECT_THAT(words_, ElementsAre("ready", "lost 1: it closed the connection", "ready", "message 93 of 7", "lost 0"))
        << "nothing is left of the frame";
  }
}

TEST_F(SessionLossTest, IsLostToNonsense) {
  make(options());
  run([&]() -> awaitable<void> {
    co_await sleep(100s);
    proxy_.write(std::vector<uint8_t>{0xAB, 0xCD});
    co_await sleep(2s);
    EXPECT_TRUE(session_->is_ready());
  });
  ASSERT_EQ(words_.size(), 4U);
  EXPECT_THAT(words_[1], ::testing::StartsWith("lost 10: ")) << "a protocol error";
}

TEST_F(SessionLossTest, IsLostToAWrongTag) {
  proxy_.options().key = key(3);
  SessionOptions client = options();
  client.key = key(3);
  make(client);
  run([&]() -> awaitable<void> {
    co_await sleep(100s);
    std::vector<uint8_t> frame(3 + 20);
    frame[0] = 1;
    frame[2] = 20;
    proxy_.write(frame);
    co_await sleep(2s);
    EXPECT_TRUE(session_->is_ready());
  });
  ASSERT_EQ(words_.size(), 4U);
  EXPECT_THAT(words_[1], ::testing::StartsWith("lost 10: "));
}

}  // namespace
}  // namespace moor::esphome_radio
