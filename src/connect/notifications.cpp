#include "connect/notifications.hpp"

#include <boost/asio/this_coro.hpp>

namespace moor {

Notifications::Queue::Queue(Uuid characteristic, size_t capacity, std::shared_ptr<uint64_t> arrivals)
    : characteristic(characteristic), capacity(capacity), arrivals_(std::move(arrivals)) {}

void Notifications::Queue::push(Bytes value, TimePoint time) {
  if (ended) return;
  ++received;
  uint64_t lost = 0;
  if (waiting.size() >= capacity) {
    lost = waiting.front().notification.dropped + 1;
    waiting.pop_front();
    ++dropped;
  }
  waiting.push_back({Notification{characteristic, {value.begin(), value.end()}, time}, (*arrivals_)++});
  waiting.front().notification.dropped += lost;
  wake();
}

void Notifications::Queue::end() {
  ended = true;
  wake();
}

void Notifications::Queue::discard() {
  waiting.clear();
  end();
}

std::optional<Notification> Notifications::Queue::take() {
  if (waiting.empty()) return std::nullopt;
  std::optional<Notification> oldest = std::move(waiting.front().notification);
  waiting.pop_front();
  return oldest;
}

void Notifications::Queue::wake() {
  if (arrived != nullptr) arrived->set();
  if (on_arrival) on_arrival();
}

Notifications::Notifications() = default;
Notifications::~Notifications() = default;
Notifications::Notifications(Notifications&&) noexcept = default;
Notifications& Notifications::operator=(Notifications&&) noexcept = default;
Notifications::Notifications(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}

awaitable<std::optional<Notification>> Notifications::next() {
  return next(queue_);
}

awaitable<std::optional<Notification>> Notifications::next(std::shared_ptr<Queue> queue) {
  if (queue == nullptr) co_return std::nullopt;
  if (queue->waiting.empty() && !queue->ended) {
    Event arrived(co_await boost::asio::this_coro::executor);
    struct Leave {
      Event*& place;
      ~Leave() { place = nullptr; }
    } leave{queue->arrived};
    queue->arrived = &arrived;
    co_await arrived.wait();
  }
  co_return queue->take();
}

uint64_t Notifications::received() const noexcept {
  return queue_ == nullptr ? 0 : queue_->received;
}

uint64_t Notifications::dropped() const noexcept {
  return queue_ == nullptr ? 0 : queue_->dropped;
}

}  // namespace moor
