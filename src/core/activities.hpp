#pragma once
// Coroutines that run beside the one that waits for them, and are stopped together. All on one executor.

#include "core/event.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <deque>
#include <exception>
#include <vector>

namespace moor {

class Activities {
public:
  explicit Activities(const boost::asio::any_io_executor& executor) : executor_(executor), all_stopped_(executor) {}

  /// @param on_end  void(std::exception_ptr), with what the work threw.
  template <typename OnEnd>
  void start(awaitable<void> work, OnEnd on_end) {
    ++running_;
    if (unused_.empty()) unused_.push_back(&signals_.emplace_back());
    boost::asio::cancellation_signal* const signal = unused_.back();
    unused_.pop_back();
    boost::asio::co_spawn(executor_, std::move(work),
                          boost::asio::bind_cancellation_slot(signal->slot(), [this, on_end, signal](std::exception_ptr error) {
                            on_end(error);
                            signal->slot().clear();
                            unused_.push_back(signal);
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
  std::vector<boost::asio::cancellation_signal*> unused_;  // of what has ended
  size_t running_ = 0;
};

}  // namespace moor
