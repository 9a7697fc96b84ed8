#include "moor/retry.hpp"

#include "connect/virtual_time.hpp"

#include <boost/system/system_error.hpp>

namespace moor {
namespace {

using namespace std::chrono_literals;

class RetryTest : public moor::testing::VirtualTime {
protected:
  // Fails so many times, then gives 7.
  template <typename Failure>
  std::optional<int> run(int failures, Failure failure, RetryOptions options) {
    std::optional<int> result;
    calls_ = 0;
    play([&]() -> awaitable<void> {
      auto operation = [&]() -> awaitable<int> {
        if (calls_++ < failures) throw failure;
        co_return 7;
      };
      result = co_await retry(clock_, operation, options);
    });
    return result;
  }

  int calls_ = 0;
};

TEST_F(RetryTest, GivesTheResultAfterAFailureThatPasses) {
  EXPECT_EQ(run(1, TimedOut("read"), {}), 7);
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(elapsed(), 250ms);
}

TEST_F(RetryTest, TheLastErrorComesOutUnchanged) {
  const ConnectCause cause{.reason = ConnectReason::closed_by_peer, .text = "gone"};
  try {
    run(9, ConnectionAborted("x", {}, cause), {.attempts = 3});
    FAIL();
  } catch (const ConnectionAborted& error) {
    EXPECT_EQ(error.cause().text, "gone");
  }
  EXPECT_EQ(calls_, 3);
  EXPECT_EQ(elapsed(), 500ms) << "no wait after the last";
}

TEST_F(RetryTest, CompatNeverRepeatsATimeOut) {
  EXPECT_THROW(run(1, TimedOut("read"), {.profile = RetryProfile::compat}), TimedOut);
  EXPECT_EQ(calls_, 1);
}

TEST_F(RetryTest, NoAttemptsNoResult) {
  EXPECT_EQ(run(0, TimedOut("read"), {.attempts = 0}), std::nullopt);
  EXPECT_EQ(calls_, 0);
}

TEST_F(RetryTest, AnOperationWithoutAResultSaysThatItRan) {
  bool ran = false;
  play([&]() -> awaitable<void> {
    int calls = 0;
    auto operation = [&]() -> awaitable<void> {
      if (++calls == 1) throw GattError(0x11, "insufficient resources");
      co_return;
    };
    const RetryOptions options;
    ran = co_await retry(clock_, operation, options);
  });
  EXPECT_TRUE(ran);
}

TEST(IsRetryable, FollowsTheKindOfError) {
  const LinkClosed closed("closed", {.reason = CloseReason::peer});
  const GattError refused(0x05, "insufficient authentication");
  const GattError busy(0x0E, "unlikely error");
  const AttributeNotFound missing("no such characteristic");
  const UsageError usage("wrong");
  for (const RetryProfile profile : {RetryProfile::standard, RetryProfile::compat}) {
    const bool compat = profile == RetryProfile::compat;
    EXPECT_TRUE(is_retryable(closed, profile));
    EXPECT_TRUE(is_retryable(busy, profile));
    EXPECT_EQ(is_retryable(refused, profile), compat) << "a refusal that stays is not asked for again";
    EXPECT_EQ(is_retryable(missing, profile), compat);
    EXPECT_FALSE(is_retryable(usage, profile));
    EXPECT_EQ(is_retryable(TimedOut("read"), profile), !compat);
    EXPECT_FALSE(is_retryable(std::make_exception_ptr(std::bad_alloc()), profile));
    const boost::system::system_error cancelled(boost::asio::error::operation_aborted);
    EXPECT_FALSE(is_retryable(std::make_exception_ptr(cancelled), profile));
  }
}

TEST(CauseOf, ReadsWhatAnErrorSays) {
  const auto of = [](const auto& error) { return cause_of(std::make_exception_ptr(error)); };
  EXPECT_EQ(of(LinkClosed("x", {.reason = CloseReason::supervision_timeout}))->reason, ConnectReason::supervision_timeout);
  EXPECT_EQ(of(LinkClosed("x", {.reason = CloseReason::radio_lost}))->reason, ConnectReason::system_gone);
  EXPECT_EQ(of(GattError(0x0F, "x"))->att_code, 0x0F);
  EXPECT_EQ(of(RadioNotAvailable("off"))->text, "off");
  EXPECT_FALSE(of(UsageError("x")));
}

}  // namespace
}  // namespace moor
