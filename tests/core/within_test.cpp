#include "core/within.hpp"

#include "support/play.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <stdexcept>

namespace moor {
namespace {

using namespace std::chrono_literals;

awaitable<int> answer_after(Clock& clock, Duration delay, int& left) {
  struct Leave {
    int& left;
    ~Leave() { ++left; }
  } leave{left};
  co_await clock.wait_for(delay);
  co_return 42;
}

awaitable<int> fail_after(Clock& clock, Duration delay) {
  co_await clock.wait_for(delay);
  throw std::runtime_error("refused");
}

TEST(Within, GivesTheResultOfWorkThatEndsInTime) {
  VirtualClock clock;
  boost::asio::io_context context;
  int left = 0;
  testing::play(clock, context, [&]() -> awaitable<void> {
    const TimePoint begin = clock.now();
    const std::optional<int> result = co_await within(clock, begin + 5s, answer_after(clock, 2s, left));
    EXPECT_EQ(result, 42);
    EXPECT_EQ(clock.now() - begin, 2s);
  }());
  EXPECT_EQ(left, 1);
}

TEST(Within, EndsTheWorkAtTheDeadlineBeforeItGoesOn) {
  VirtualClock clock;
  boost::asio::io_context context;
  int left = 0;
  testing::play(clock, context, [&]() -> awaitable<void> {
    const TimePoint begin = clock.now();
    const std::optional<int> result = co_await within(clock, begin + 5s, answer_after(clock, 60s, left));
    EXPECT_EQ(result, std::nullopt);
    EXPECT_EQ(clock.now() - begin, 5s);
    EXPECT_EQ(left, 1) << "the work was left running";
  }());
}

TEST(Within, ThrowsAtOnceWhatTheWorkThrows) {
  VirtualClock clock;
  boost::asio::io_context context;
  testing::play(clock, context, [&]() -> awaitable<void> {
    const TimePoint begin = clock.now();
    try {
      (void)co_await within(clock, begin + 60s, fail_after(clock, 1s));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "refused");
    }
    EXPECT_EQ(clock.now() - begin, 1s);
  }());
}

TEST(Within, IsCancelledWithItsWork) {
  VirtualClock clock;
  boost::asio::io_context context;
  int left = 0;
  testing::play(clock, context, [&]() -> awaitable<void> {
    const TimePoint begin = clock.now();
    // The outer deadline cancels the inner wait.
    const auto inner = [&]() -> awaitable<int> {
      const std::optional<int> result = co_await within(clock, clock.now() + 60s, answer_after(clock, 50s, left));
      co_return result.value_or(-1);
    };
    const std::optional<int> result = co_await within(clock, begin + 3s, inner());
    EXPECT_EQ(result, std::nullopt);
    EXPECT_EQ(clock.now() - begin, 3s);
    EXPECT_EQ(left, 1);
  }());
}

}  // namespace
}  // namespace moor
