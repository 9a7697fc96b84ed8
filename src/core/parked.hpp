#pragma once
// A coroutine that waits until somebody resumes it: at once, on the caller's stack, which neither posts nor touches a timer. For paths where each wait
// counts; elsewhere Event is what is wanted. All on one executor.

#include "moor/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <memory>

namespace moor {

/// Whatever still waits when its execution context ends is destroyed with it, as what waits for Asio's own operations is.
class ParkedHandlers;

class Parked {
public:
  explicit Parked(const boost::asio::any_io_executor& executor);
  Parked(const Parked&) = delete;
  Parked& operator=(const Parked&) = delete;
  ~Parked();

  /// Completes when it is resumed. One at a time waits. @returns whether it was resumed, else it was cancelled. Cancellation: total.
  [[nodiscard]] awaitable<bool> wait();
  [[nodiscard]] bool is_waiting() const noexcept { return handler_ != nullptr; }
  // Nothing happens where nobody waits.
  /// Goes on with who waits, before this returns; it may destroy this. @pre called by a handler of the executor
  void resume();
  /// The same, after this has returned.
  void resume_soon() { end_soon(true); }

private:
  friend class ParkedHandlers;
  // What goes on with the coroutine. Asio's own any_completion_handler frees what it has not allocated (Boost 1.81).
  struct Handler {
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;
    virtual void operator()(bool resumed) = 0;
  };
  template <typename Inner>
  struct HandlerOf;

  void begin(std::unique_ptr<Handler> handler);
  void end_soon(bool resumed);
  [[nodiscard]] std::unique_ptr<Handler> take();

  boost::asio::any_io_executor executor_;
  boost::asio::any_io_executor work_;  // keeps the context running while somebody waits
  ParkedHandlers& all_;
  std::unique_ptr<Handler> handler_;
  Parked* next_ = nullptr;
  Parked* previous_ = nullptr;
};

}  // namespace moor
