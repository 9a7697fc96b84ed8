#include "core/alarm.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <vector>

namespace moor {

// Each sleeper waits for a moment; an earlier one gets a sleeper of its own, since one that waits cannot be hurried. They share what they
// need, so that one may end after the alarm.
struct Alarm::Shared : std::enable_shared_from_this<Shared> {
  struct Sleeper {
    TimePoint at;
    boost::asio::cancellation_signal cancel{};
  };

  Shared(Clock& clock, boost::asio::any_io_executor executor, std::function<void()> ring)
      : clock(clock), executor(std::move(executor)), ring(std::move(ring)) {}

  [[nodiscard]] bool is_covered(TimePoint t) const noexcept {
    return std::any_of(sleepers.begin(), sleepers.end(), [&](const auto& each) { return each->at <= t; });
  }
  void set(TimePoint t);
  static awaitable<void> sleep(std::shared_ptr<Shared> self, std::shared_ptr<Sleeper> sleeper);

  Clock& clock;
  boost::asio::any_io_executor executor;
  std::function<void()> ring;
  std::vector<std::shared_ptr<Sleeper>> sleepers;
  bool ringing = false;
  bool stopped = false;
  TimePoint next = TimePoint::max();  // set while it rings
};

void Alarm::Shared::set(TimePoint t) {
  if (stopped || t == TimePoint::max()) return;
  if (ringing) {
    next = std::min(next, t);
    return;
  }
  if (is_covered(t)) return;
  const auto sleeper = std::make_shared<Sleeper>(t);
  sleepers.push_back(sleeper);
  // The signal must outlive the coroutine: both hold the sleeper. What ends it before it is stopped was thrown by `ring`.
  auto on_end = [self = shared_from_this(), sleeper](const std::exception_ptr& error) {
    if (error && !self->stopped) std::rethrow_exception(error);
  };
  boost::asio::co_spawn(executor, sleep(shared_from_this(), sleeper),
                        boost::asio::bind_cancellation_slot(sleeper->cancel.slot(), std::move(on_end)));
}

awaitable<void> Alarm::Shared::sleep(std::shared_ptr<Shared> self, std::shared_ptr<Sleeper> sleeper) {
  while (!self->stopped) {
    co_await self->clock.wait_until(sleeper->at);
    if (self->stopped) break;
    self->ringing = true;
    self->next = TimePoint::max();
    sleeper->at = TimePoint::max();
    self->ring();
    self->ringing = false;
    if (self->stopped || self->next == TimePoint::max() || self->is_covered(self->next)) break;
    sleeper->at = self->next;
  }
  std::erase(self->sleepers, sleeper);
}

Alarm::Alarm(Clock& clock, boost::asio::any_io_executor executor, std::function<void()> ring)
    : shared_(std::make_shared<Shared>(clock, std::move(executor), std::move(ring))) {}

Alarm::~Alarm() {
  stop();
}

void Alarm::set(TimePoint t) {
  shared_->set(t);
}

void Alarm::stop() {
  if (shared_->stopped) return;
  shared_->stopped = true;
  const auto sleepers = std::move(shared_->sleepers);
  for (const auto& each : sleepers) each->cancel.emit(boost::asio::cancellation_type::all);
}

}  // namespace moor
