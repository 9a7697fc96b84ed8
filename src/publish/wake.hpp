#pragma once
// What one coroutine waits for while others have news for it, for callbacks that may come when nobody waits any more. All on one executor.

#include "core/event.hpp"

#include <boost/asio/this_coro.hpp>

#include <memory>

namespace moor::publish {

class Wake {
public:
  /// There is news: who waits goes on, and who does not will not wait the next time.
  void operator()() {
    news_ = true;
    if (waiting_ != nullptr) waiting_->set();
  }

  /// Cancellation: total.
  [[nodiscard]] awaitable<void> wait() {
    if (!news_) {
      Event event(co_await boost::asio::this_coro::executor);
      struct Leave {
        Event*& waiting;
        ~Leave() { waiting = nullptr; }
      } leave{waiting_};
      waiting_ = &event;
      co_await event.wait();
    }
    news_ = false;
  }

private:
  bool news_ = false;
  Event* waiting_ = nullptr;  // made by who waits: it does not outlive the executor
};

}  // namespace moor::publish
