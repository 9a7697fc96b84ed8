#pragma once
// Coroutines that run beside a controller, any number of them over time; each can be cancelled, and all together. All on one executor.

#include "core/event.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <set>

namespace moor::controller {

class Jobs : public std::enable_shared_from_this<Jobs> {
public:
  class Job : public std::enable_shared_from_this<Job> {
  public:
    void cancel() {
      const auto keep = shared_from_this();  // the work may end in this call
      signal_.emit(boost::asio::cancellation_type::all);
    }

  private:
    friend class Jobs;
    boost::asio::cancellation_signal signal_;
  };

  explicit Jobs(boost::asio::any_io_executor executor) : executor_(std::move(executor)), idle_(executor_) {}

  /// @param on_end  void(std::exception_ptr), with what the work threw.
  template <typename OnEnd>
  std::shared_ptr<Job> start(awaitable<void> work, OnEnd on_end) {
    auto job = std::make_shared<Job>();
    running_.insert(job);
    idle_.reset();
    boost::asio::co_spawn(executor_, std::move(work),
                          boost::asio::bind_cancellation_slot(job->signal_.slot(),
                                                              [self = shared_from_this(), job, on_end](std::exception_ptr error) {
                                                                on_end(error);
                                                                self->running_.erase(job);
                                                                if (self->running_.empty()) self->idle_.set();
                                                              }));
    return job;
  }
  void cancel_all() {
    const auto all = running_;
    for (const auto& job : all) job->cancel();
  }
  [[nodiscard]] bool is_idle() const noexcept { return running_.empty(); }
  /// Until none runs any more.
  [[nodiscard]] awaitable<void> wait_idle() {
    if (!running_.empty()) co_await idle_.wait();
  }

private:
  boost::asio::any_io_executor executor_;
  Event idle_;
  std::set<std::shared_ptr<Job>> running_;
};

}  // namespace moor::controller
