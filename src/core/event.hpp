#pragma once
// Something that one coroutine waits for and others make happen; once set it stays set. All on one executor.

#include "moor/clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace moor {

class Event {
public:
  explicit Event(const boost::asio::any_io_executor& executor) : timer_(executor, boost::asio::steady_timer::time_point::max()) {}
  void set() {
    set_ = true;
    timer_.cancel();
  }
  void reset() noexcept { set_ = false; }
  [[nodiscard]] bool is_set() const noexcept { return set_; }
  /// Cancellation: total.
  [[nodiscard]] awaitable<void> wait() {
    if (set_) co_return;
    boost::system::error_code ignored;
    co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    if (!set_) throw boost::system::system_error(boost::asio::error::operation_aborted);
  }

private:
  boost::asio::steady_timer timer_;
  bool set_ = false;
};

}  // namespace moor
