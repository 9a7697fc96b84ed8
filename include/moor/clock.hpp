#pragma once
// Where time comes from. All that waits in moor waits on a Clock, so a test or a simulation runs a month in seconds and gets the same
// result each time.
//
// RealClock waits, if told a number of times less than the time that passes on it. VirtualClock jumps: when no handler is ready to run and nobody holds it, its time moves to the earliest waiter's. A
// thread whose work the io_context cannot see (a database, a broker) takes a Hold for as long as time must not move.

#include "moor/time.hpp"

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace moor {

template <typename T = void>
using awaitable = boost::asio::awaitable<T>;

class Clock {
public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const noexcept = 0;
  /// The wall clock's name for a moment; follows corrections of the system's clock.
  [[nodiscard]] virtual WallTime to_wall(TimePoint t) const noexcept = 0;

  /// Completes at `t`, at once if that has passed. Cancellation: total.
  [[nodiscard]] virtual awaitable<void> wait_until(TimePoint t) = 0;
  [[nodiscard]] awaitable<void> wait_for(Duration d) { return wait_until(now() + d); }

  /// The earliest moment that somebody waits for in virtual time; TimePoint::max() if nobody does, and always in real time.
  [[nodiscard]] virtual TimePoint next_deadline() const noexcept { return TimePoint::max(); }
  /// Whether time moves only when nothing else is to be done, so that nothing happens before `next_deadline`.
  [[nodiscard]] virtual bool is_virtual() const noexcept { return false; }
  /// For a source of recorded events, before anything waits: virtual time begins no later than this. Real time ignores it.
  virtual void begin_at(TimePoint) noexcept {}

  /// Runs the program: handlers of the context, and time. Returns when the context has no work left or is stopped.
  virtual void run(boost::asio::io_context& context) = 0;

  /// While one exists, virtual time stands still. May be released on another thread. Costs nothing in real time.
  class Hold {
  public:
    Hold() = default;
    explicit Hold(Clock& clock) : clock_(&clock) { clock.hold(); }
    Hold(Hold&& other) noexcept : clock_(std::exchange(other.clock_, nullptr)) {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(clock_, other.clock_);
      return *this;
    }
    ~Hold() {
      if (clock_ != nullptr) clock_->release();
    }

  private:
    Clock* clock_ = nullptr;
  };

protected:
  virtual void hold() {}
  virtual void release() {}
};

class RealClock final : public Clock {
public:
  /// @param speed  how many times faster than outside time passes, above 0 to 1e6. @throws UsageError
  explicit RealClock(double speed = 1);
  [[nodiscard]] TimePoint now() const noexcept override;
  [[nodiscard]] WallTime to_wall(TimePoint t) const noexcept override;
  [[nodiscard]] awaitable<void> wait_until(TimePoint t) override;
  void run(boost::asio::io_context& context) override;

private:
  using Steady = std::chrono::steady_clock::time_point;

  double speed_;
  Steady begun_;
  TimePoint begun_at_;  // the wall clock's time then
};

class VirtualClock final : public Clock {
public:
  explicit VirtualClock(TimePoint start = TimePoint{});
  ~VirtualClock() override;
  [[nodiscard]] TimePoint now() const noexcept override { return now_; }
  [[nodiscard]] WallTime to_wall(TimePoint t) const noexcept override { return WallTime(t.time_since_epoch()); }
  [[nodiscard]] awaitable<void> wait_until(TimePoint t) override;
  [[nodiscard]] TimePoint next_deadline() const noexcept override;
  [[nodiscard]] bool is_virtual() const noexcept override { return true; }
  void begin_at(TimePoint t) noexcept override;
  void run(boost::asio::io_context& context) override;

private:
  struct Waiter;
  void hold() override;
  void release() override;
  void fire_next();

  TimePoint now_;
  bool begun_ = false;
  std::multimap<TimePoint, Waiter*> waiters_;  // equal times in the order of their waiting
  std::atomic<int> holds_ = 0;
  std::atomic<boost::asio::io_context*> running_ = nullptr;
};

}  // namespace moor
