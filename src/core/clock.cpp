#include "moor/clock.hpp"

#include "core/require.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace moor {

namespace asio = boost::asio;

RealClock::RealClock(double speed)
    : speed_(speed), begun_(std::chrono::steady_clock::now()), begun_at_(std::chrono::system_clock::now().time_since_epoch()) {
  require(speed > 0 && speed <= 1e6, "the speed of time is above 0, to 1e6");
}

TimePoint RealClock::now() const noexcept {
  const Duration passed = std::chrono::steady_clock::now() - begun_;
  return begun_at_ + (speed_ == 1 ? passed : from_seconds(to_seconds(passed) * speed_));
}

WallTime RealClock::to_wall(TimePoint t) const noexcept {
  if (speed_ != 1) return WallTime(t.time_since_epoch());  // the wall clock does not run along
  return std::chrono::system_clock::now() + (t - now());
}

awaitable<void> RealClock::wait_until(TimePoint t) {
  constexpr double far = 1e9;  // s, outside: what is further away than that is as good as never
  const Duration left = t - begun_at_;
  const Duration outside = speed_ == 1 ? left : from_seconds(std::min(far, to_seconds(left) / speed_));
  asio::steady_timer timer(co_await asio::this_coro::executor, begun_ + outside);
  co_await timer.async_wait(asio::use_awaitable);
}

void RealClock::run(asio::io_context& context) {
  context.run();
}

// A coroutine that waits: its timer never expires by itself, `fire_next` cancels it. However the waiting ends, even before it has
// begun, the clock does not know the waiter any more.
struct VirtualClock::Waiter {
  Waiter(VirtualClock& owner, TimePoint t, const asio::any_io_executor& executor)
      : timer(executor, asio::steady_timer::time_point::max()),
        clock(owner),
        place(owner.waiters_.emplace(std::max(t, owner.now_), this)) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() {
    if (!fired) clock.waiters_.erase(place);
  }

  asio::steady_timer timer;
  VirtualClock& clock;
  std::multimap<TimePoint, Waiter*>::iterator place;
  bool fired = false;
};

VirtualClock::VirtualClock(TimePoint start) : now_(start), begun_(start != TimePoint{}) {}
VirtualClock::~VirtualClock() = default;

TimePoint VirtualClock::next_deadline() const noexcept {
  return waiters_.empty() ? TimePoint::max() : waiters_.begin()->first;
}

void VirtualClock::begin_at(TimePoint t) noexcept {
  if (!waiters_.empty()) return;
  if (!begun_ || t < now_) now_ = t;
  begun_ = true;
}

awaitable<void> VirtualClock::wait_until(TimePoint t) {
  Waiter waiter(*this, t, co_await asio::this_coro::executor);
  boost::system::error_code ignored;
  co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (!waiter.fired) throw boost::system::system_error(asio::error::operation_aborted);
}

void VirtualClock::fire_next() {
  const auto next = waiters_.begin();
  now_ = next->first;
  next->second->fired = true;
  next->second->timer.cancel();
  waiters_.erase(next);
}

void VirtualClock::run(asio::io_context& context) {
  running_ = &context;
  context.restart();
  while (!context.stopped()) {
    if (context.poll_one() > 0) continue;
    if (holds_ == 0 && !waiters_.empty())
      fire_next();
    else if (context.run_one() == 0)
      break;
  }
  running_ = nullptr;
}

void VirtualClock::hold() {
  ++holds_;
}

void VirtualClock::release() {
  --holds_;
  if (asio::io_context* context = running_) asio::post(*context, [] {});  // wakes run_one
}

}  // namespace moor
