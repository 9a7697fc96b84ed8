#pragma once
// The queue of one subscription: between the radio, which puts values in and must not wait, and whoever takes them out in its own time.

#include "core/event.hpp"
#include "moor/client.hpp"

#include <deque>

namespace moor {

struct Notifications::Queue {
  /// @param arrivals  counts values over several queues, so that their common order is known; must not outlive the queue.
  Queue(Uuid characteristic, size_t capacity, std::shared_ptr<uint64_t> arrivals);

  /// Takes a value in; the oldest is dropped where there is no room.
  void push(Bytes value, TimePoint time);
  /// No more values come; those that wait can still be taken.
  void end();
  /// The same, and those that wait are dropped uncounted: nobody wants them.
  void discard();
  [[nodiscard]] std::optional<Notification> take();

  struct Waiting {
    Notification notification;
    uint64_t arrival;
  };
  Uuid characteristic;
  size_t capacity;
  std::deque<Waiting> waiting{};
  bool ended = false;
  bool calls_back = false;  // the values go to a callback, which must not outlive the client
  uint64_t received = 0;
  uint64_t dropped = 0;
  std::exception_ptr error{};          // what the callback of the subscription threw
  std::function<void()> on_arrival{};  // instead of `next`: somebody who looks at several queues; called for the end too

  // No timer lies here but in the coroutine that waits: a queue may be left over when the io_context is gone.
  Event* arrived = nullptr;

private:
  void wake();
  std::shared_ptr<uint64_t> arrivals_;
};

}  // namespace moor
