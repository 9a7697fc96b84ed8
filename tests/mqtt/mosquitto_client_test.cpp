// The client against a real broker, which may be gone, killed or strict, and against a name server that hangs.

#include "mqtt/mosquitto_client.hpp"

#include "core/within.hpp"
#include "mqtt/broker.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <semaphore>

namespace moor::mqtt {
namespace {

using namespace std::chrono_literals;
using moor::testing::Broker;
using ::testing::HasSubstr;
namespace asio = boost::asio;

class MosquittoClientTest : public ::testing::Test {
protected:
  void SetUp() override {
    if (access(moor::testing::mosquitto_path, X_OK) != 0) GTEST_SKIP() << "mosquitto is not installed";
  }
  static MosquittoOptions options_for(int port, const std::string& id) {
    return {.host = "127.0.0.1", .port = port, .client_id = id, .first_pause = 20ms, .longest_pause = 200ms};
  }
  // Until `done`, ten seconds at most.
  bool run_until(std::function<bool()> done) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!done() && std::chrono::steady_clock::now() < end) {
      context_.restart();
      context_.run_for(5ms);
    }
    return done();
  }
  void start(MosquittoClient& client) {
    ++running_;
    asio::co_spawn(context_, client.run(),
                   asio::bind_cancellation_slot(cancel_.emplace_back().slot(), [this](std::exception_ptr) { --running_; }));
  }
  bool stop() {
    for (auto& signal : cancel_) signal.emit(asio::cancellation_type::all);
    return run_until([&] { return running_ == 0; });
  }

  RealClock clock_;
  asio::io_context context_;
  std::deque<asio::cancellation_signal> cancel_;
  int running_ = 0;
};

TEST_F(MosquittoClientTest, PublishesAndReceivesInOrder) {
  for (const bool v5 : {true, false}) {
    Broker broker;
    MosquittoOptions options = options_for(broker.port(), "a");
    options.v5 = v5;
    options.max_received = 100'000;
    MosquittoClient client(context_.get_executor(), clock_, options);
    client.subscribe({.filter = "t/#"});
    std::vector<std::string> got;
    client.on_message([&](const Message& message) { got.push_back(message.payload); });
    start(client);
    ASSERT_TRUE(run_until([&] { return client.state().phase == Phase::connected; })) << client.state().problem;
    constexpr int count = 2000;
    int next = 0;
    int acknowledged = 0;
    const bool all = run_until([&] {
      while (next < count) {
        const bool taken = client.publish({.topic = "t/x", .payload = std::to_string(next), .qos = Qos::at_least_once},
                                          [&](Delivery delivery) { acknowledged += delivery == Delivery::acknowledged; });
        if (!taken) break;
        ++next;
      }
      return acknowledged == count && got.size() >= count;
    });
    EXPECT_TRUE(all) << next << " " << acknowledged << " " << got.size();
    for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], std::to_string(i));
    EXPECT_EQ(client.statistics().in_flight, 0U);
    EXPECT_TRUE(stop());
    cancel_.clear();
  }
}

TEST_F(MosquittoClientTest, TheWillIsLeftBehindBothByAGoodbyeAndByACrash) {
  Broker broker;
  MosquittoOptions options = options_for(broker.port(), "leaver");
  options.last_will = Message{.topic = "status", .payload = "offline", .qos = Qos::at_least_once, .retain = true};
  MosquittoClient watcher(context_.get_executor(), clock_, options_for(broker.port(), "watcher"));
  watcher.subscribe({.filter = "status"});
  std::string status;
  watcher.on_message([&](const Message& message) { status = message.payload; });
  start(watcher);
  {
    MosquittoClient client(context_.get_executor(), clock_, options);
    start(client);
    ASSERT_TRUE(run_until([&] { return client.state().phase == Phase::connected && watcher.state().phase == Phase::connected; }));
    ASSERT_TRUE(client.publish({.topic = "status", .payload = "online", .qos = Qos::at_least_once, .retain = true}));
    ASSERT_TRUE(run_until([&] { return status == "online"; }));
    cancel_.back().emit(asio::cancellation_type::all);
    ASSERT_TRUE(run_until([&] { return running_ == 1; }));
    EXPECT_EQ(client.state().phase, Phase::off);
  }
  EXPECT_TRUE(run_until([&] { return status == "offline"; }));
  EXPECT_TRUE(stop());
}

TEST_F(MosquittoClientTest, ComesBackAfterTheBrokerWasKilledAndSaysWhatWasLost) {
  Broker broker;
  MosquittoClient client(context_.get_executor(), clock_, options_for(broker.port(), "a"));
  start(client);
  ASSERT_TRUE(run_until([&] { return client.state().phase == Phase::connected; }));
  broker.kill();
  int lost = 0;
  static_cast<void>(client.publish({.topic = "t", .payload = "1", .qos = Qos::at_least_once},
                                   [&](Delivery delivery) { lost += delivery == Delivery::lost; }));
  ASSERT_TRUE(run_until([&] { return client.state().phase == Phase::failed; }));
  EXPECT_EQ(lost, 1);
  EXPECT_FALSE(client.publish({.topic = "t", .payload = "2"}));
  EXPECT_TRUE(run_until([&] { return client.state().problem.find("refused") != std::string::npos; })) << client.state().problem;
  EXPECT_EQ(client.state().failure, Failure::not_reachable);
  broker.start();
  EXPECT_TRUE(run_until([&] { return client.state().phase == Phase::connected; })) << client.state().problem;
  EXPECT_TRUE(client.state().problem.empty());
  EXPECT_EQ(client.statistics().connections, 2U);
  EXPECT_TRUE(stop());
}

TEST_F(MosquittoClientTest, SaysThatTheUserIsRefused) {
  Broker broker("allow_anonymous false\n");
  for (const bool v5 : {true, false}) {
    MosquittoOptions options = options_for(broker.port(), "a");
    options.v5 = v5;
    options.user = "nobody";
    options.password = "wrong";
    MosquittoClient client(context_.get_executor(), clock_, options);
    start(client);
    ASSERT_TRUE(run_until([&] { return client.state().failure == Failure::not_authorised; })) << client.state().problem;
    EXPECT_THAT(client.state().advice, HasSubstr("mqtt.user"));
    EXPECT_TRUE(stop());
    cancel_.clear();
  }
}

TEST_F(MosquittoClientTest, StopsAtOnceWhileANameIsLookedUp) {
  auto hangs = std::make_shared<std::binary_semaphore>(0);
  auto asked = std::make_shared<std::atomic<bool>>(false);
  MosquittoOptions options = options_for(1883, "a");
  options.look_up = [hangs, asked](const std::string&, int) {
    *asked = true;
    hangs->acquire();
    throw std::runtime_error("no such name");
  };
  {
    MosquittoClient client(context_.get_executor(), clock_, options);
    start(client);
    ASSERT_TRUE(run_until([&] { return asked->load(); }));
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(stop());
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 500ms);
  }
  hangs->release();  // the thread finds that nobody wants it any more
  run_until([end = std::chrono::steady_clock::now() + 50ms] { return std::chrono::steady_clock::now() > end; });
}

TEST_F(MosquittoClientTest, SaysThatThereIsNoSuchName) {
  MosquittoOptions options = options_for(1883, "a");
  options.host = "nowhere.invalid";
  options.look_up = [](const std::string&, int) { throw std::runtime_error("Name or service not known"); };
  MosquittoClient client(context_.get_executor(), clock_, options);
  start(client);
  ASSERT_TRUE(run_until([&] { return client.state().failure == Failure::name_not_found; }));
  EXPECT_THAT(client.state().problem, HasSubstr("nowhere.invalid"));
  EXPECT_TRUE(stop());
}

TEST_F(MosquittoClientTest, RefusesFilesOfTlsThatAreNotThere) {
  MosquittoOptions options = options_for(8883, "a");
  options.tls = true;
  options.ca_file = "/nonexistent/ca.pem";
  EXPECT_THROW(MosquittoClient(context_.get_executor(), clock_, options), ConfigError);
}

}  // namespace
}  // namespace moor::mqtt
