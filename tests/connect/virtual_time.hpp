#pragma once
// A coroutine in virtual time, to its end; what it throws comes out.

#include "support/play.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace moor::testing {

class VirtualTime : public ::testing::Test {
protected:
  template <typename Coroutine>
  void play(Coroutine coroutine) {
    moor::testing::play(clock_, context_, coroutine());
  }
  /// Beside the others; what it throws is lost.
  template <typename Coroutine>
  void beside(Coroutine coroutine) {
    boost::asio::co_spawn(context_, std::move(coroutine), boost::asio::detached);
  }
  [[nodiscard]] Duration elapsed() const { return clock_.now() - start_; }

  TimePoint start_ = TimePoint(std::chrono::hours(1));
  VirtualClock clock_{start_};
  boost::asio::io_context context_;
};

}  // namespace moor::testing
