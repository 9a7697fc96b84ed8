// Events over HTTP to a server on loopback, in virtual time.

#include "publish/webhook.hpp"

#include "http/stage.hpp"
#include "publish/memory_outbox.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>
#include <deque>

namespace moor::publish {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;
namespace asio = boost::asio;
using asio::ip::tcp;

class WebhookTest : public http::testing::ServerTest {
protected:
  struct Arrival {
    Duration at;  // since the beginning
    int64_t number;
    std::string kind;
    std::string gateway;
    std::string authorization;
  };
  struct Reply {
    unsigned status = 200;
    std::string retry_after{};
    Duration after{};
  };

  WebhookTest() {
    // Bound and not listening: nobody is there, and nobody else gets the port before the server does.
    place_.open(tcp::v4());
    place_.set_option(tcp::acceptor::reuse_address(true));
    place_.bind({asio::ip::address_v4::loopback(), 0});
    options.port = place_.local_endpoint().port();
    options.token = "hush";
    entry_.url = fmt::format("http://127.0.0.1:{}/hook?key=secret", options.port);
    entry_.token.text = options.token;
    config_.gateway.name = "till";
    outbox_.on_committed([this] {
      if (webhook_) webhook_->wake();
    });
    router.post("/hook", [this](const http::Request& request) { return take(request); });
  }

  awaitable<http::Response> take(const http::Request& request) {
    arrivals_.push_back({.at = clock.now() - begun_,
                         .number = boost::json::parse(request.body).at("n").as_int64(),
                         .kind = std::string(request.headers.get("X-Moor-Event")),
                         .gateway = std::string(request.headers.get("X-Moor-Gateway")),
                         .authorization = std::string(request.headers.get("Authorization"))});
    Reply reply;
    if (!replies_.empty()) {
      reply = replies_.front();
      replies_.pop_front();
    }
    co_await clock.wait_for(reply.after);
    http::Response response = http::json_response("{}", reply.status);
    if (!reply.retry_after.empty()) response.headers.add("Retry-After", reply.retry_after);
    co_return response;
  }

  void make_webhook() {
    webhook_.emplace(outbox_, client_, clock, entry_, config_,
                     [this](LogLevel, const std::string& text) { log_.push_back(text); });
  }
  void put(int count, const std::string& kind = "zone") {
    if (!webhook_) make_webhook();
    for (int i = 0; i < count; ++i) outbox_.put(kind, clock.now(), fmt::format("{{\"n\":{}}}", ++put_));
  }

  // The webhook runs for so long; the server from `there` on. Anything else is done at its time.
  void play(Duration length, Duration there = {}, std::vector<std::pair<Duration, std::function<void()>>> steps = {}) {
    if (!webhook_) make_webhook();
    context.restart();
    const TimePoint begin = clock.now();
    asio::cancellation_signal stop_webhook;
    asio::cancellation_signal stop_server;
    asio::co_spawn(context, serve(begin + there), asio::bind_cancellation_slot(stop_server.slot(), [](std::exception_ptr) {}));
    asio::co_spawn(context, webhook_->run(), asio::bind_cancellation_slot(stop_webhook.slot(), [](std::exception_ptr) {}));
    asio::co_spawn(context, follow(begin, length, std::move(steps)), [&](std::exception_ptr error) {
      EXPECT_EQ(error, nullptr);
      stop_webhook.emit(asio::cancellation_type::all);
      stop_server.emit(asio::cancellation_type::all);
    });
    clock.run(context);
    server.reset();
  }
  awaitable<void> serve(TimePoint from) {
    if (from > clock.now()) co_await clock.wait_until(from);
    start();
    co_await server->run();
  }
  awaitable<void> follow(TimePoint begin, Duration length, std::vector<std::pair<Duration, std::function<void()>>> steps) {
    for (const auto& [when, what] : steps) {
      co_await clock.wait_until(begin + when);
      what();
    }
    co_await clock.wait_until(begin + length);
  }

  [[nodiscard]] std::vector<int64_t> numbers() const {
    std::vector<int64_t> all;
    all.reserve(arrivals_.size());
    for (const Arrival& each : arrivals_) all.push_back(each.number);
    return all;
  }
  [[nodiscard]] std::vector<double> pauses() const {
    std::vector<double> all;
    for (size_t i = 1; i < arrivals_.size(); ++i)
      all.push_back(std::chrono::duration<double>(arrivals_[i].at - arrivals_[i - 1].at).count());
    return all;
  }

  GatewayConfig config_;
  GatewayConfig::WebhookEntry entry_;
  TimePoint begun_ = clock.now();
  tcp::acceptor place_{context};
  MemoryOutbox outbox_{clock};
  http::Client client_{context.get_executor(), clock};
  std::optional<Webhook> webhook_;
  int put_ = 0;
  std::vector<Arrival> arrivals_;
  std::deque<Reply> replies_;  // then 200 to all
  std::vector<std::string> log_;
};

auto is_between(double least, double most) {
  return AllOf(Ge(least), Le(most));
}

TEST_F(WebhookTest, EventsArriveInOrderWithTheToken) {
  put(2);
  play(20s, {}, {{10s, [&] {
                    put(1, "visit");
                    put(1);
                  }}});
  EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4));
  ASSERT_THAT(arrivals_, SizeIs(4));
  EXPECT_EQ(arrivals_[1].at, 0s);
  EXPECT_EQ(arrivals_[2].at, 10s) << "at once";
  EXPECT_EQ(arrivals_[1].kind, "zone");
  EXPECT_EQ(arrivals_[2].kind, "visit");
  for (const Arrival& each : arrivals_) {
    EXPECT_EQ(each.authorization, "Bearer hush");
    EXPECT_EQ(each.gateway, "till");
  }
  const WebhookStatus status = webhook_->status();
  EXPECT_EQ(status.delivered, 4U);
  EXPECT_EQ(status.refused, 0U);
  EXPECT_EQ(status.events.waiting, 0U);
  EXPECT_EQ(status.url.find("secret"), std::string::npos) << status.url;
  EXPECT_THAT(status.problem, IsEmpty());
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(WebhookTest, OnlyEventsThatAreWantedAreSent) {
  entry_.events = {EventKind::visit};
  put(2);
  put(1, "visit");
  put(1);
  play(10s);
  EXPECT_THAT(numbers(), ElementsAre(3));
  EXPECT_EQ(webhook_->status().events.waiting, 0U);
  EXPECT_EQ(webhook_->status().delivered, 1U);
}

TEST_F(WebhookTest, ABusyServerIsAskedAgainWhenItSays) {
  replies_ = {{503, "7"}, {429, "120"}, {503, "100000"}};
  put(2);
  play(2h);
  EXPECT_THAT(numbers(), ElementsAre(1, 1, 1, 1, 2));
  EXPECT_THAT(pauses(), ElementsAre(7, 120, 3600, 0));
  EXPECT_EQ(webhook_->status().delivered, 2U);
  EXPECT_EQ(webhook_->status().refused, 0U);
}

TEST_F(WebhookTest, AServerThatWantsToBeAskedAtOnceIsNotStormed) {
  replies_ = std::deque<Reply>(5, {503, "0"});
  put(1);
  play(1h);
  EXPECT_THAT(numbers(), ElementsAre(1, 1, 1, 1, 1, 1));
  EXPECT_THAT(pauses(), ::testing::Each(1));
}

TEST_F(WebhookTest, WithoutAWordOnTimePausesGrow) {
  replies_ = std::deque<Reply>(5, {503});
  put(2);
  play(10min);
  EXPECT_THAT(numbers(), ElementsAre(1, 1, 1, 1, 1, 1, 2));
  EXPECT_THAT(pauses(),
              ElementsAre(is_between(0.75, 1), is_between(1.5, 2), is_between(3, 4), is_between(6, 8), is_between(12, 16), 0));
  EXPECT_THAT(log_, ElementsAre(HasSubstr("answers 503"), HasSubstr("takes events again")));
}

TEST_F(WebhookTest, NothingIsLostWhileNobodyIsThere) {
  put(3);
  std::string problem;
  play(3h, 2h, {{1h, [&] {
                   put(2);
                   problem = webhook_->status().problem;
                   EXPECT_EQ(webhook_->status().events.waiting, 5U);
                 }}});
  EXPECT_THAT(problem, AllOf(HasSubstr("cannot reach"), HasSubstr("See that the server runs")));
  EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_LE(arrivals_.front().at, 2h + 5min);
  EXPECT_EQ(webhook_->status().delivered, 5U);
  EXPECT_EQ(webhook_->status().events.waiting, 0U);
  EXPECT_EQ(webhook_->status().events.dropped, 0U);
  EXPECT_THAT(log_, ElementsAre(HasSubstr("cannot reach"), HasSubstr("takes events again"))) << "each once";
}

TEST_F(WebhookTest, AServerThatHangsUpIsAskedEverMoreRarely) {
  std::vector<double> pauses;
  auto hang_up = [](tcp::acceptor& acceptor, Clock& time, std::vector<double>& gaps) -> awaitable<void> {
    for (TimePoint last = time.now(); gaps.size() < 12; last = time.now()) {
      tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      gaps.push_back(std::chrono::duration<double>(time.now() - last).count());
    }
    acceptor.close();
  };
  place_.listen();
  asio::co_spawn(context, hang_up(place_, clock, pauses), [](std::exception_ptr error) { EXPECT_EQ(error, nullptr); });
  put(1);
  play(3h, 2h);
  ASSERT_THAT(pauses, SizeIs(12));
  for (size_t i = 2; i < 9; ++i) EXPECT_GT(pauses[i], pauses[i - 1]);
  for (size_t i = 10; i < pauses.size(); ++i) EXPECT_THAT(pauses[i], is_between(225, 300));
  EXPECT_THAT(numbers(), ElementsAre(1));
}

TEST_F(WebhookTest, WhatTheServerRefusesIsGivenUpAndCounted) {
  replies_ = {{400}, {400}, {400}, {200}, {404}, {503}, {404}, {404}};
  put(4);
  play(10min);
  EXPECT_THAT(numbers(), ElementsAre(1, 1, 1, 2, 3, 3, 3, 3, 4));
  EXPECT_EQ(webhook_->status().refused, 2U);
  EXPECT_EQ(webhook_->status().delivered, 2U);
  EXPECT_EQ(webhook_->status().events.waiting, 0U);
  EXPECT_THAT(webhook_->status().problem, IsEmpty());
  EXPECT_THAT(log_, ::testing::Contains(HasSubstr("given up")).Times(2));
}

TEST_F(WebhookTest, AnAnswerThatNeverComesEndsAtTheTimeout) {
  entry_.timeout = 5s;
  replies_ = {{.after = 1h}, {.after = 20s}};
  put(2);
  play(1min);
  EXPECT_THAT(numbers(), ElementsAre(1, 1, 1, 2));
  EXPECT_THAT(pauses(), ElementsAre(is_between(5.75, 6), is_between(6.5, 7), 0));
  EXPECT_THAT(log_, ElementsAre(HasSubstr("did not answer in time"), HasSubstr("takes events again")));
  EXPECT_EQ(webhook_->status().delivered, 2U);
}

TEST_F(WebhookTest, AServersLimitOfRequestsLosesNothing) {
  put(300);  // more than it takes at once, and than are read at a time
  play(10min);
  std::vector<int64_t> all;
  for (int64_t i = 1; i <= 300; ++i) all.push_back(i);
  EXPECT_EQ(numbers(), all);
  EXPECT_EQ(webhook_->status().delivered, 300U);
  EXPECT_EQ(webhook_->status().refused, 0U);
}

TEST_F(WebhookTest, AnEventThatWasUnderWayAtTheEndComesAgain) {
  replies_ = {{200}, {.after = 8s}};
  put(3);
  play(5s);
  EXPECT_THAT(numbers(), ElementsAre(1, 2));
  EXPECT_EQ(webhook_->status().events.waiting, 2U);
  webhook_.reset();
  play(5s);
  EXPECT_THAT(numbers(), ElementsAre(1, 2, 2, 3));
  EXPECT_EQ(webhook_->status().delivered, 2U);
  EXPECT_EQ(webhook_->status().events.waiting, 0U);
}

}  // namespace
}  // namespace moor::publish
