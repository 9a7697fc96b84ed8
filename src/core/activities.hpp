#pragma once
// Coroutines that run beside the one that waits for them, and are stopped together. All on one executor.

#include "core/event.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <deque>
#include <exception>

namespace moor {

class Activities {
public:
  explicit Activities(const boost::asio::any_io_executor& executor) : executor_(executor), all_stopped_(executor) {}

  /// @param on_end  void(std::exception_ptr), with what the work threw.
  template <typename OnEnd>
  void start(awaitable<void> work, OnEnd on_end) {
    ++running_;
    boost::asio::co_spawn(
        executor_, std::move(work),
        boost::asio::bind_cancellation_slot(signals_.emplace_back().slot(), [this, on_end](std::exception_ptr error) {
          on_end(error);
          if (--running_ == 0) all_stopped_.set();
        }));
  }
  [[nodiscard]] size_t running() const noexcept { return running_; }

  /// Cancels all that still run and completes when they have ended. To be awaited before this object ends, and not cancelled itself.
  [[nodiscard]] awaitable<void> stop() {
    for (auto& signal : signals_) signal.emit(boost::asio::cancellation_type::all);
    if (running_ == 0) co_return;
    all_stopped_.reset();
    co_await all_stopped_.wait();
  }

private:
  boost::asio::any_io_executor executor_;
  Event all_stopped_;
  std::deque<boost::asio::cancellation_signal> signals_;
  size_t running_ = 0;
};

}  // namespace moor
