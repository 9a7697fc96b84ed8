// A session that works, and how it ends.

#include "esphome_radio/session_stage.hpp"

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using esphome::MessageType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using State = Session::Status::State;

const std::vector<uint8_t> some_bytes{1, 2, 3, 4, 5};

TEST_F(SessionTest, LogsInAndPassesOnWhatComes) {
  make(options());
  run([&]() -> awaitable<void> {
    (void)co_await proxy_.expect(MessageType::device_capabilities_request);
    co_await sleep(1ms);
    EXPECT_TRUE(session_->is_ready());
    EXPECT_EQ(session_->status().state, State::ready);
    proxy_.send(MessageType::raw_advertisements, some_bytes);
    proxy_.send(static_cast<MessageType>(999));
    EXPECT_TRUE(session_->send(esphome::SubscribeAdvertisements{.flags = 1}));
    const auto request = co_await proxy_.expect(MessageType::subscribe_advertisements);
    EXPECT_THAT(request.payload, ElementsAre(0x08, 0x01));
  });
  EXPECT_THAT(words_, ElementsAre("ready", "message 93 of 5", "message 999 of 0", "lost 0"));
  ASSERT_TRUE(last_facts_);
  EXPECT_EQ(last_facts_->name, "kitchen");
  EXPECT_EQ(last_facts_->bluetooth_mac, "02:00:00:00:00:0B");
  EXPECT_EQ(last_facts_->features, 0xFFU);
  EXPECT_FALSE(last_facts_->encrypted);
  EXPECT_EQ(proxy_.count(MessageType::disconnect_request), 1);
  EXPECT_EQ(session_->status().state, State::idle);
  EXPECT_TRUE(session_->facts().has_value()) << "what was last known";
}

TEST_F(SessionTest, WorksEncryptedToo) {
  proxy_.options().key = key(7);
  SessionOptions with_key = options();
  with_key.key = key(7);
  make(with_key);
  run([&]() -> awaitable<void> {
    (void)co_await proxy_.expect(MessageType::device_capabilities_request);
    co_await sleep(1ms);
    proxy_.send(MessageType::raw_advertisements, some_bytes);
    EXPECT_TRUE(session_->send(MessageType::subscribe_connections_free));
    (void)co_await proxy_.expect(MessageType::subscribe_connections_free);
  });
  EXPECT_THAT(words_, ElementsAre("ready", "message 93 of 5", "lost 0"));
  EXPECT_TRUE(last_facts_->encrypted);
}

TEST_F(SessionTest, ReadsWhatComesByteByByte) {
  for (const bool encrypted : {false, true}) {
    SCOPED_TRACE(encrypted);
    words_.clear();
    proxy_.set_trickling(true);
    proxy_.options().key = encrypted ? key(7) : nullptr;
    SessionOptions with_key = options();
    with_key.key = proxy_.options().key;
    make(with_key);
    run([&]() -> awaitable<void> {
      co_await sleep(2s);
      EXPECT_TRUE(session_->is_ready());
      proxy_.send(MessageType::raw_advertisements, some_bytes);
      proxy_.send(MessageType::raw_advertisements, std::vector<uint8_t>(700));
      co_await sleep(1s);
    });
    EXPECT_THAT(words_, ElementsAre("ready", "message 93 of 5", "message 93 of 700", "lost 0"));
  }
}

TEST_F(SessionTest, SendsNothingWhereItIsNotReady) {
  make(options());
  EXPECT_FALSE(session_->send(MessageType::subscribe_connections_free));
  proxy_.ignore(MessageType::device_info_request);
  run([&]() -> awaitable<void> {
    (void)co_await proxy_.expect(MessageType::device_info_request);
    EXPECT_FALSE(session_->send(MessageType::subscribe_connections_free));
  });
  EXPECT_EQ(proxy_.count(MessageType::subscribe_connections_free), 0);
  EXPECT_THAT(words_, IsEmpty()) << "it was never ready";
}

TEST_F(SessionTest, RefusesWhatFitsNoFrame) {
  make(options());
  run([&]() -> awaitable<void> {
    co_await sleep(1s);
    const std::vector<uint8_t> large(esphome::max_frame - 20);
    EXPECT_TRUE(session_->send(MessageType::write_request, large));
    EXPECT_FALSE(session_->send(MessageType::write_request, std::vector<uint8_t>(large.size() + 1)));
    const auto got = co_await proxy_.expect(MessageType::write_request);
    EXPECT_EQ(got.payload.size(), large.size());
  });
}

TEST_F(SessionTest, SendsFromItsHandlers) {
  make(options());
  on_ready_ = [&] { EXPECT_TRUE(session_->send(esphome::SubscribeAdvertisements{.flags = 1})); };
  on_message_ = [&](const esphome::Message&) { EXPECT_TRUE(session_->send(MessageType::unsubscribe_advertisements)); };
  run([&]() -> awaitable<void> {
    (void)co_await proxy_.expect(MessageType::subscribe_advertisements);
    proxy_.send(MessageType::raw_advertisements, some_bytes);
    (void)co_await proxy_.expect(MessageType::unsubscribe_advertisements);
  });
}

TEST_F(SessionTest, KeepsTheOrderForAProxyThatReadsLate) {
  make(options());
  run([&]() -> awaitable<void> {
    co_await sleep(1s);
    proxy_.set_deaf(true);
    for (uint8_t i = 0; i < 100; ++i) EXPECT_TRUE(session_->send(MessageType::write_request, std::vector<uint8_t>(5000, i)));
    co_await sleep(5s);
    EXPECT_TRUE(session_->is_ready());
    proxy_.set_deaf(false);
    for (uint8_t i = 0; i < 100; ++i) {
      const auto got = co_await proxy_.expect(MessageType::write_request);
      EXPECT_EQ(got.payload, std::vector<uint8_t>(5000, i));
    }
  });
}

TEST_F(SessionTest, LosesAProxyThatTakesNothing) {
  SessionOptions narrow = options();
  narrow.max_queued = 10'000;
  make(narrow);
  timed_ = true;
  run([&]() -> awaitable<void> {
    co_await sleep(1s);
    proxy_.set_deaf(true);
    int taken = 0;
    while (session_->send(MessageType::write_request, std::vector<uint8_t>(5000)) && ++taken < 1000) co_await sleep(1ms);
    EXPECT_LT(taken, 1000);
    EXPECT_FALSE(session_->send(MessageType::subscribe_connections_free)) << "nothing after what was not taken";
    co_await sleep(1ms);
    EXPECT_FALSE(session_->is_ready());
    proxy_.set_deaf(false);
    co_await sleep(10s);
    EXPECT_TRUE(session_->is_ready()) << "it comes back";
  });
  ASSERT_GE(words_.size(), 2U);
  EXPECT_THAT(words_[1], ::testing::EndsWith(": lost 2: it does not take what is sent: more than 10000 bytes wait"));
}

TEST_F(SessionTest, AnswersWithTheTime) {
  make(options());
  run([&]() -> awaitable<void> {
    co_await sleep(5s);
    proxy_.send(MessageType::get_time_request);
    const auto answer = co_await proxy_.expect(MessageType::get_time_response);
    const auto time = esphome::decode<esphome::GetTimeResponse>(answer.payload);
    EXPECT_EQ(time.message.epoch_seconds, 3605U);
    proxy_.send(MessageType::ping_request);
    (void)co_await proxy_.expect(MessageType::ping_response);
  });
  EXPECT_THAT(words_, ElementsAre("ready", "lost 0"));
}

TEST_F(SessionTest, WaitsForTheAnswerToItsGoodbyeButNotForEver) {
  make(options());
  proxy_.ignore(MessageType::disconnect_request);
  TimePoint asked;
  run([&]() -> awaitable<void> {
    co_await sleep(1s);
    asked = clock_.now();
  });
  EXPECT_EQ(clock_.now() - asked, 10s);
  EXPECT_EQ(proxy_.count(MessageType::disconnect_request), 1);
  EXPECT_FALSE(proxy_.is_connected());
}

TEST_F(SessionTest, RunsAgainAfterItWasCancelled) {
  make(options());
  for (int i = 1; i <= 3; ++i) {
    run([&]() -> awaitable<void> {
      co_await sleep(1s);
      EXPECT_TRUE(session_->is_ready());
    });
    EXPECT_EQ(proxy_.connections(), i);
  }
}

// At each stage: the session ends, `run` after it, and nothing keeps the context running.
TEST_F(SessionTest, LeavesNothingBehindWhenItIsDestroyed) {
  const std::vector<std::function<void()>> stages{
      [] {},
      [&] { proxy_.hang(true); },
      [&] { proxy_.refuse(true); },
      [&] { proxy_.set_deaf(true); },
      [&] { proxy_.ignore(MessageType::hello_request); },
      [&] { proxy_.ignore(MessageType::device_info_request); },
      [&] { proxy_.ignore(MessageType::disconnect_request); },
  };
  for (const auto& stage : stages) {
    for (const bool cancelled_first : {true, false}) {
      for (const Duration before_it_goes : {0ns, Duration(1ms)}) {
        stage();
        make(options());
        words_.clear();
        play([&]() -> awaitable<void> {
          start();
          co_await sleep(500ms);
          const TimePoint then = clock_.now();
          if (cancelled_first) cancel_.emit(boost::asio::cancellation_type::all);
          if (before_it_goes > 0ns) co_await sleep(before_it_goes);
          words_.clear();
          session_.reset();
          if (!ended_.is_set()) co_await ended_.wait();
          EXPECT_EQ(clock_.now() - then, before_it_goes);
        });
        EXPECT_THAT(words_, IsEmpty()) << "nobody is told any more";
        EXPECT_NE(error_, nullptr);
        proxy_.hang(false);
        proxy_.refuse(false);
        proxy_.set_deaf(false);
        EXPECT_FALSE(proxy_.is_connected());
        for (const auto each : {MessageType::hello_request, MessageType::device_info_request, MessageType::disconnect_request})
          proxy_.ignore(each, false);
      }
    }
  }
}

TEST_F(SessionTest, MayBeDestroyedWithoutHavingRun) {
  make(options());
  session_.reset();
  SUCCEED();
}

TEST_F(SessionTest, EndsWithWhatAHandlerThrows) {
  make(options());
  on_message_ = [](const esphome::Message&) { throw std::runtime_error("the handler's"); };
  play([&]() -> awaitable<void> {
    start();
    co_await sleep(1s);
    proxy_.send(MessageType::raw_advertisements, some_bytes);
    co_await ended_.wait();
  });
  ASSERT_NE(error_, nullptr);
  EXPECT_THROW(std::rethrow_exception(error_), std::runtime_error);
  EXPECT_FALSE(proxy_.is_connected());
}

// 300 KB of one are read in several turns, with the other's message in between.
TEST_F(SessionTest, LetsOthersHaveTheirTurn) {
  make(options());
  moor::testing::ScriptedProxy other_proxy(clock_, context_.get_executor(), {.name = "hall"});
  SessionOptions others = options();
  others.expected_name = "hall";
  Session::Handlers handlers{
      .on_ready = [](const ProxyFacts&) {},
      .on_lost = [](SessionProblem, const std::string&) {},
      .on_message =
          [this](const esphome::Message& message) { say(fmt::format("other {}", static_cast<unsigned>(message.type))); }};
  Session other(clock_, context_.get_executor(), other_proxy.connector(), others, handlers);
  Event other_ended(context_.get_executor());
  boost::asio::cancellation_signal cancel_other;
  run([&]() -> awaitable<void> {
    boost::asio::co_spawn(
        context_, other.run(),
        boost::asio::bind_cancellation_slot(cancel_other.slot(), [&](std::exception_ptr) { other_ended.set(); }));
    co_await sleep(1s);
    words_.clear();
    for (int i = 0; i < 15; ++i) proxy_.send(MessageType::raw_advertisements, std::vector<uint8_t>(9000));
    other_proxy.send(MessageType::raw_advertisements, some_bytes);
    co_await sleep(1s);
    cancel_other.emit(boost::asio::cancellation_type::all);
    co_await other_ended.wait();
  });
  ASSERT_GE(words_.size(), 16U);
  EXPECT_EQ(std::count(words_.begin(), words_.begin() + 15, "other 93"), 1) << "not after all of them";
}

}  // namespace
}  // namespace moor::esphome_radio
