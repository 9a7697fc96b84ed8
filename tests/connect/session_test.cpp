#include "moor/session.hpp"

#include "connect/virtual_time.hpp"
#include "moor/service_cache.hpp"
#include "support/fake_adapter.hpp"
#include "support/fake_link.hpp"

#include <fmt/format.h>

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::FakeAdapter;
using moor::testing::FakeDevice;
using moor::testing::FakeLink;
using moor::testing::make_table;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Kind = SessionEvent::Kind;
namespace asio = boost::asio;

const Uuid temperature(0x2A6E);
const Uuid humidity(0x2A6F);

class SessionTest : public moor::testing::VirtualTime {
protected:
  SessionTest() {
    device_.table =
        make_table({{0x181A, {{0x2A6E, {Property::read, Property::notify}}, {0x2A6F, {Property::read, Property::notify}}}}});
    device_.values[temperature_handle] = {21};
    adapter_.known = {{.address = device_.address, .rssi_dbm = -60}};
    adapter_.on_connect = [this] { return connect(); };
    options_.connect.cache = &cache_;
  }

  awaitable<std::unique_ptr<Link>> connect() {
    co_await clock_.wait_for(1s);
    if (refused_connections_ > 0) {
      --refused_connections_;
      throw ConnectionFailed("refused", {}, {.reason = ConnectReason::unknown, .text = "refused"});
    }
    co_return std::make_unique<FakeLink>(context_.get_executor(), device_);
  }

  // Runs a session until the script has ended, which then stops it.
  template <typename Script>
  void play_session(Script script) {
    Session session(paths_, {.address = device_.address, .name = "Thermometer"}, options_);
    session_ = &session;
    session.on_event([&](const SessionEvent& event) { note(event); });
    beside([](Script& said, Session& running) -> awaitable<> {
      co_await said(running);
      running.stop();
    }(script, session));
    play([&]() -> awaitable<> { co_await session.run(); });
    report_ = session.report();
    EXPECT_EQ(device_.links, 0) << "the link is closed";
    session_ = nullptr;
  }

  void note(const SessionEvent& event) {
    std::string line = fmt::format("{:.2f} {}", to_seconds(event.time - start_), to_string(event.kind));
    if (event.kind == Kind::value) line += fmt::format(" {}{}", event.notified ? "notified " : "", to_hex(event.value));
    if (event.kind == Kind::waiting) line += fmt::format(" {}", event.wait / 1s);
    if (!event.cause.empty()) line += ": " + event.cause;
    events_.push_back(line);
    if (on_note_) on_note_(event);
  }
  size_t count(Kind kind) const {
    return static_cast<size_t>(std::ranges::count_if(
        events_, [&](const std::string& line) { return line.find(fmt::format(" {}", to_string(kind))) != std::string::npos; }));
  }

  static constexpr uint16_t temperature_handle = 3;
  static constexpr uint16_t humidity_handle = 6;
  FakeDevice device_{clock_};
  FakeAdapter adapter_{"fake:hci0"};
  RadioPaths paths_{clock_, {&adapter_}};
  ServiceCache cache_;
  SessionOptions options_;
  int refused_connections_ = 0;
  std::vector<std::string> events_;
  std::function<void(const SessionEvent&)> on_note_;
  Session* session_ = nullptr;
  SessionReport report_;
};

TEST_F(SessionTest, ReadsOnScheduleAndConnectsAgainAfterALoss) {
  options_.reads = {{temperature, 60s}};
  play_session([&](Session&) -> awaitable<> {
    co_await clock_.wait_for(90s);
    device_.close(CloseReason::supervision_timeout);
    co_await clock_.wait_for(60s);
  });
  EXPECT_THAT(events_, ElementsAre("2.20 connected", "2.25 value 15", "60.05 value 15", "90.00 disconnected: supervision timeout",
                                   "90.00 waiting 5", "96.00 connected", "120.05 value 15"));
  EXPECT_EQ(report_.drops, 1U);
  EXPECT_EQ(report_.connections, 2U);
  EXPECT_EQ(report_.values, 3U);
  ASSERT_EQ(report_.gaps.size(), 2U);
  EXPECT_EQ(report_.gaps[1].to - report_.gaps[1].from, 6s);
  EXPECT_EQ(report_.gaps[1].cause, "supervision timeout");
  EXPECT_EQ(report_.up, 150s - 2200ms - 6s);
  EXPECT_EQ(device_.count("discover"), 1U) << "the table is in the cache";
}

TEST_F(SessionTest, BacksOffWhileNobodyAnswers) {
  options_.connect.max_attempts = 1;
  refused_connections_ = 6;
  play_session([&](Session&) -> awaitable<> { co_await clock_.wait_for(300s); });
  std::vector<std::string> waits;
  for (const std::string& each : events_)
    if (each.find("waiting") != std::string::npos) waits.push_back(each.substr(each.find("waiting")));
  EXPECT_THAT(waits, ElementsAre("waiting 5", "waiting 10", "waiting 20", "waiting 40", "waiting 60", "waiting 60"));
  EXPECT_EQ(report_.failed_connects, 6U);
  EXPECT_EQ(report_.connections, 1U);
  EXPECT_THAT(report_.gaps.at(0).cause, HasSubstr("refused"));
}

TEST_F(SessionTest, RestoresSubscriptionsAndKeepsTheOrderOfValues) {
  options_.subscriptions = {{temperature}, {humidity}};
  play_session([&](Session&) -> awaitable<> {
    for (int round = 0; round < 2; ++round) {
      co_await clock_.wait_for(20s);
      for (uint8_t i = 1; i <= 6; ++i) device_.notify(i % 3 == 0 ? humidity_handle : temperature_handle, {i});
      device_.close(CloseReason::peer);  // with values that wait
    }
    co_await clock_.wait_for(20s);
  });
  std::string values;
  for (const std::string& each : events_)
    if (const size_t place = each.find("notified "); place != std::string::npos) values += each.substr(place + 9) + " ";
  EXPECT_EQ(values, "01 02 03 04 05 06 01 02 03 04 05 06 ");
  EXPECT_THAT(device_.log,
              ElementsAre("discover", "notify 3", "notify 6", "notify 3", "notify 6", "notify 3", "notify 6", "disconnect"));
  EXPECT_EQ(report_.connections, 3U);
}

TEST_F(SessionTest, ARefusedReadDoesNotEndTheLinkAndOneThatTimesOutDoes) {
  options_.reads = {{temperature, 60s}};
  device_.refusals[temperature_handle] = 0x80;
  play_session([&](Session&) -> awaitable<> {
    co_await clock_.wait_for(30s);
    device_.refusals.clear();
    device_.silent[temperature_handle] = 1;
    co_await clock_.wait_for(91s);
  });
  EXPECT_THAT(events_, ElementsAre("2.20 connected",
                                   HasSubstr("operation_failed: cannot read 2a6e of Thermometer: Application Error 0x80"),
                                   HasSubstr("90.00 disconnected: cannot read 2a6e of Thermometer: no answer in time"),
                                   "90.01 waiting 5", "96.01 connected", "96.06 value 15", "120.05 value 15"))
      << "the read of the sixtieth second is made up for";
  EXPECT_EQ(report_.failed_operations, 1U);
}

TEST_F(SessionTest, AMissingCharacteristicIsLookedForOnceAndThenSaidSo) {
  options_.subscriptions = {{Uuid(0x2AFF)}};
  options_.reads = {{temperature, 60s}};
  cache_.store(device_.address, device_.table);
  play_session([&](Session&) -> awaitable<> { co_await clock_.wait_for(30s); });
  EXPECT_EQ(device_.count("discover"), 1U);
  EXPECT_THAT(events_.at(0), HasSubstr("operation_failed: cannot subscribe to 2aff of Thermometer"));
  EXPECT_THAT(events_, Contains(HasSubstr("value 15")));
  EXPECT_EQ(count(Kind::disconnected), 0U);
  EXPECT_EQ(report_.up, 0s) << "a subscription is not in place";
  EXPECT_TRUE(cache_.find(device_.address)) << "as it was discovered";
}

TEST_F(SessionTest, ASlowCallbackLosesTheOldestValuesAndCountsThem) {
  options_.subscriptions = {{temperature, {.kind = std::nullopt, .capacity = 4}}};
  play_session([&](Session&) -> awaitable<> {
    co_await clock_.wait_for(10s);
    for (uint8_t i = 1; i <= 10; ++i) device_.notify(temperature_handle, {i});
    co_await clock_.wait_for(1s);
  });
  EXPECT_EQ(report_.values, 4U);
  EXPECT_EQ(report_.values_dropped, 6U);
}

TEST_F(SessionTest, SubscribesAgainWhereTheServicesHaveChanged) {
  options_.subscriptions = {{temperature}, {humidity}};
  play_session([&](Session&) -> awaitable<> {
    co_await clock_.wait_for(10s);
    device_.table = make_table({{0x181A, {{0x2A6E, {Property::read, Property::notify}}}}}, 20);
    device_.services_changed();
    co_await clock_.wait_for(10s);
    device_.notify(22, {7});
    co_await clock_.wait_for(10s);
    device_.table =
        make_table({{0x181A, {{0x2A6E, {Property::read, Property::notify}}, {0x2A6F, {Property::read, Property::notify}}}}});
    device_.services_changed();
    co_await clock_.wait_for(60s);
    device_.notify(humidity_handle, {8});
    co_await clock_.wait_for(1s);
  });
  EXPECT_THAT(events_, Contains(HasSubstr("value notified 07")));
  EXPECT_THAT(events_, Contains(HasSubstr("value notified 08")));
  EXPECT_EQ(count(Kind::disconnected), 0U);
  EXPECT_GE(count(Kind::operation_failed), 1U);
}

TEST_F(SessionTest, StopsFromACallbackAtAnyMoment) {
  for (const Kind moment : {Kind::connected, Kind::value, Kind::disconnected, Kind::connect_failed, Kind::waiting}) {
    events_.clear();
    device_.log.clear();
    options_.reads = {{temperature, 60s}};
    options_.connect.max_attempts = 1;
    bool reached = false;
    on_note_ = [&](const SessionEvent& event) {
      if (event.kind == Kind::value && moment != Kind::value) device_.close(CloseReason::peer);
      if (event.kind == Kind::disconnected) refused_connections_ = 1;
      if (event.kind == moment && session_ != nullptr) session_->stop();
      reached = reached || event.kind == moment;
    };
    Session session(paths_, {.address = device_.address}, options_);
    session_ = &session;
    session.on_event([&](const SessionEvent& event) { note(event); });
    play([&]() -> awaitable<> { co_await session.run(); });
    EXPECT_TRUE(reached) << to_string(moment);
    EXPECT_THAT(events_.back(), HasSubstr(std::string(to_string(moment))));
    EXPECT_EQ(device_.links, 0);
    session_ = nullptr;
    refused_connections_ = 0;
  }
}

TEST_F(SessionTest, ACancellationAtAnyMomentClosesTheLinkFirst) {
  options_.reads = {{temperature, 7s}};
  options_.subscriptions = {{humidity}};
  options_.connect.max_attempts = 1;
  for (Duration moment = 0ms; moment < 12s; moment += 37ms) {
    cache_.forget(device_.address);
    device_.system_table.reset();
    Session session(paths_, {.address = device_.address}, options_);
    asio::cancellation_signal cancel;
    bool ended = false;
    const TimePoint began = clock_.now();
    asio::co_spawn(context_, session.run(),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error) { ended = error != nullptr; }));
    play([&]() -> awaitable<> {
      co_await clock_.wait_until(began + std::min<Duration>(moment, 5s));
      if (moment > 5s && device_.links > 0) device_.close(CloseReason::supervision_timeout);
      co_await clock_.wait_until(began + moment);
      cancel.emit(asio::cancellation_type::all);
      co_await clock_.wait_for(1s);
      EXPECT_TRUE(ended) << "cancelled after " << to_seconds(moment) << " s";
      EXPECT_EQ(device_.links, 0);
      if (!ended) session.stop();
    });
  }
}

TEST_F(SessionTest, ACallbackThatThrowsEndsTheSession) {
  on_note_ = [](const SessionEvent& event) {
    if (event.kind == Kind::connected) throw std::runtime_error("the disk is full");
  };
  Session session(paths_, {.address = device_.address}, options_);
  session.on_event([&](const SessionEvent& event) { note(event); });
  EXPECT_THROW(play([&]() -> awaitable<> { co_await session.run(); }), std::runtime_error);
  EXPECT_EQ(device_.links, 0);
}

TEST_F(SessionTest, MayBeDestroyedWhileItRuns) {
  auto session = std::make_unique<Session>(paths_, Target{.address = device_.address}, options_);
  bool ended = false;
  asio::co_spawn(context_, session->run(), [&](std::exception_ptr) { ended = true; });
  play([&]() -> awaitable<> {
    co_await clock_.wait_for(10s);
    EXPECT_NE(session->client(), nullptr);
    session.reset();
  });
  EXPECT_TRUE(ended);
  EXPECT_EQ(device_.links, 0);
}

TEST_F(SessionTest, LendsItsClientWhileItIsConnected) {
  play_session([&](Session& session) -> awaitable<> {
    EXPECT_EQ(session.client(), nullptr);
    co_await clock_.wait_for(10s);
    if (session.client() == nullptr) co_return;
    EXPECT_THAT(co_await session.client()->read(temperature), ElementsAre(21));
    device_.close(CloseReason::peer);
    EXPECT_EQ(session.client(), nullptr);
  });
}

TEST_F(SessionTest, RefusesOptionsThatCannotBeMeantAndASecondRun) {
  options_.last_retry = 1s;
  Session wrong(paths_, {.address = device_.address}, options_);
  EXPECT_THROW(play([&]() -> awaitable<> { co_await wrong.run(); }), UsageError);
  options_ = {};
  play_session([&](Session& session) -> awaitable<> {
    co_await clock_.wait_for(1s);
    bool refused = false;
    try {
      co_await session.run();
    } catch (const UsageError&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

TEST_F(SessionTest, AMonthOfASensorThatDropsTwelveTimes) {
  options_.reads = {{temperature, 60s}};
  play_session([&](Session&) -> awaitable<> {
    for (int drop = 0; drop < 12; ++drop) {
      co_await clock_.wait_for(60h);
      device_.close(CloseReason::supervision_timeout);
    }
  });
  EXPECT_EQ(report_.drops, 12U);
  EXPECT_GT(report_.uptime(), 0.9999);
  EXPECT_NEAR(static_cast<double>(report_.values), 30 * 24 * 60, 3);
}

}  // namespace
}  // namespace moor
