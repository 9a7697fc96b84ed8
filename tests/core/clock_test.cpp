#include "moor/clock.hpp"

#include "moor/error.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <thread>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
namespace asio = boost::asio;

class VirtualTime : public testing::Test {
protected:
  template <typename Coroutine>
  void spawn(Coroutine coroutine) {
    asio::co_spawn(context_, std::move(coroutine), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  }
  void note(std::string what) {
    log_.emplace_back(std::move(what), std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - start_));
  }

  TimePoint start_ = TimePoint(1000s);
  VirtualClock clock_{start_};
  asio::io_context context_;
  std::vector<std::pair<std::string, std::chrono::seconds>> log_;
};

TEST(RealTime, RunsFasterWhereItIsTold) {
  RealClock clock(1e4);
  const TimePoint start = clock.now();
  asio::io_context context;
  Duration waited{};
  const auto wait = [&]() -> awaitable<> {
    co_await clock.wait_for(20s);  // 2 ms outside
    waited = clock.now() - start;
  };
  asio::co_spawn(context, wait(), asio::detached);
  clock.run(context);
  EXPECT_GE(waited, 20s);
  EXPECT_EQ(clock.to_wall(start).time_since_epoch(), start.time_since_epoch()) << "the wall clock does not run along";
  EXPECT_FALSE(clock.is_virtual());
  EXPECT_THROW(RealClock(0), UsageError);
}

TEST_F(VirtualTime, JumpsToTheEarliestWaiterInOrder) {
  spawn([&]() -> awaitable<> {
    co_await clock_.wait_for(24h);
    note("late");
  });
  spawn([&]() -> awaitable<> {
    co_await clock_.wait_for(5s);
    note("early");
    co_await clock_.wait_for(5s);
    note("next");
  });
  clock_.run(context_);
  EXPECT_THAT(log_, ElementsAre(std::pair("early", 5s), std::pair("next", 10s), std::pair("late", 86400s)));
}

TEST_F(VirtualTime, EqualTimesFireInTheOrderOfWaiting) {
  for (const char* name : {"a", "b", "c"})
    spawn([this, name]() -> awaitable<> {
      co_await clock_.wait_for(1s);
      note(name);
    });
  clock_.run(context_);
  EXPECT_THAT(log_, ElementsAre(std::pair("a", 1s), std::pair("b", 1s), std::pair("c", 1s)));
}

TEST_F(VirtualTime, AWaitForThePastCompletesNow) {
  spawn([&]() -> awaitable<> {
    co_await clock_.wait_until(start_ - 1h);
    note("now");
  });
  clock_.run(context_);
  EXPECT_THAT(log_, ElementsAre(std::pair("now", 0s)));
}

TEST_F(VirtualTime, ACancelledWaitLeavesNothingBehind) {
  using namespace asio::experimental::awaitable_operators;
  spawn([&]() -> awaitable<> {
    co_await (clock_.wait_for(1h) || clock_.wait_for(2s));
    note("first of two");
  });
  clock_.run(context_);
  EXPECT_THAT(log_, ElementsAre(std::pair("first of two", 2s)));
  EXPECT_EQ(clock_.next_deadline(), TimePoint::max());
}

TEST_F(VirtualTime, AWaitThatIsCancelledBeforeItBeginsLeavesNothingBehind) {
  asio::cancellation_signal cancel;
  bool aborted = false;
  asio::co_spawn(
      context_,
      [&]() -> awaitable<> {
        cancel.emit(asio::cancellation_type::all);  // the next wait finds itself cancelled
        try {
          co_await clock_.wait_for(1h);
        } catch (const boost::system::system_error&) {
          aborted = true;
        }
        co_await asio::this_coro::reset_cancellation_state();
      },
      asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr error) { EXPECT_FALSE(error); }));
  clock_.run(context_);
  EXPECT_TRUE(aborted);
  EXPECT_EQ(clock_.next_deadline(), TimePoint::max());
  EXPECT_EQ(clock_.now(), start_);
}

TEST_F(VirtualTime, StandsStillWhileAnotherThreadHoldsIt) {
  std::jthread worker;
  spawn([&]() -> awaitable<> {
    worker = std::jthread([this, hold = Clock::Hold(clock_)]() mutable {
      asio::post(context_, [this] { note("work done"); });
      hold = {};
    });
    co_await clock_.wait_for(1s);
    note("waited");
  });
  clock_.run(context_);
  EXPECT_THAT(log_, ElementsAre(std::pair("work done", 0s), std::pair("waited", 1s)));
}

TEST_F(VirtualTime, WhatIsReadyRunsBeforeTimeMoves) {
  spawn([&]() -> awaitable<> {
    co_await clock_.wait_for(1s);
    note("timer");
  });
  std::function<void(int)> chain = [&](int left) {
    if (left > 0)
      asio::post(context_, [&chain, left] { chain(left - 1); });
    else
      note("chain");
  };
  chain(100);
  clock_.run(context_);
  EXPECT_THAT(log_, ElementsAre(std::pair("chain", 0s), std::pair("timer", 1s)));
}

TEST(VirtualClock, BeginsWithTheEarliestRecording) {
  VirtualClock clock;
  clock.begin_at(TimePoint(2000s));
  clock.begin_at(TimePoint(1500s));
  clock.begin_at(TimePoint(1800s));
  EXPECT_EQ(clock.now(), TimePoint(1500s));
}

TEST(RealClock, WaitsAndNamesTheTimeOfDay) {
  RealClock clock;
  asio::io_context context;
  TimePoint before = clock.now();
  TimePoint after;
  asio::co_spawn(
      context,
      [&]() -> awaitable<> {
        co_await clock.wait_for(10ms);
        after = clock.now();
      },
      asio::detached);
  clock.run(context);
  EXPECT_GE(after - before, 10ms);
  EXPECT_LT(std::chrono::abs(clock.to_wall(clock.now()) - std::chrono::system_clock::now()), 1s);
}

}  // namespace
}  // namespace moor
