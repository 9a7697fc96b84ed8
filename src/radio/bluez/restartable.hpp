#pragma once
// Work that can be interrupted from outside, for as long as something else is done, and then begins again.

#include "core/bell.hpp"
#include "core/within.hpp"

#include <functional>
#include <vector>

namespace moor::bluez {

/// All on one executor. Must outlive what runs in it.
class Restartable {
public:
  /// Runs `make()` to its end, again after each pause. Cancellation: as that of the work.
  template <typename Make>
  [[nodiscard]] awaitable<void> run(Make make) {
    namespace asio = boost::asio;
    const auto executor = co_await asio::this_coro::executor;
    Event interrupted(executor);
    const Bell::Listener listener(interrupt_, interrupted);
    const Count inside(inside_);
    for (;;) {
      while (pauses_ > 0) {
        Event go_on(executor);
        const Bell::Listener when(changed_, go_on);
        co_await go_on.wait();
      }
      interrupted.reset();
      std::exception_ptr work_error;
      bool work_was_first = false;
      {
        const Active active(*this);
        const auto [order, error, other] =
            co_await asio::experimental::make_parallel_group(asio::co_spawn(executor, make(), asio::deferred),
                                                             asio::co_spawn(executor, interrupted.wait(), asio::deferred))
                .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
        work_error = error;
        work_was_first = order[0] == 0 || other != nullptr;
      }
      if (!work_was_first) continue;
      if (work_error) std::rethrow_exception(work_error);
      co_return;
    }
  }

  /// While one exists, nothing runs, once `wait_stopped` has completed.
  class Pause {
  public:
    explicit Pause(Restartable& what) : what_(what) {
      ++what_.pauses_;
      what_.interrupt_.ring();
    }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
    ~Pause() {
      if (--what_.pauses_ == 0) what_.changed_.ring();
    }
    [[nodiscard]] awaitable<void> wait_stopped() {
      while (what_.active_ > 0) {
        Event changed(co_await boost::asio::this_coro::executor);
        const Bell::Listener when(what_.changed_, changed);
        co_await changed.wait();
      }
    }

  private:
    Restartable& what_;
  };

  [[nodiscard]] bool is_wanted() const noexcept { return inside_ > 0; }  ///< runs, or would if it were not paused
  [[nodiscard]] bool is_paused() const noexcept { return pauses_ > 0; }

private:
  struct Count {
    explicit Count(int& c) : count(c) { ++count; }
    ~Count() { --count; }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    int& count;
  };
  struct Active {
    explicit Active(Restartable& w) : what(w) { ++what.active_; }
    ~Active() {
      --what.active_;
      what.changed_.ring();
    }
    Active(const Active&) = delete;
    Active& operator=(const Active&) = delete;
    Restartable& what;
  };

  Bell interrupt_;
  Bell changed_;
  int inside_ = 0;
  int active_ = 0;
  int pauses_ = 0;
};

}  // namespace moor::bluez
