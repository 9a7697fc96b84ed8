#include "proxy/send_queue.hpp"

namespace moor::proxy {

namespace {

// What a queued message takes beside its payload, so that empty ones are bounded too.
constexpr size_t message_overhead = 32;

}  // namespace

bool SendQueue::push_control(esphome::MessageType type, Bytes payload) {
  const size_t size = payload.size() + message_overhead;
  if (control_bytes_ + size > max_control_) return false;
  control_.push_back({type, {payload.begin(), payload.end()}});
  control_bytes_ += size;
  return true;
}

uint64_t SendQueue::push_advertisements(Bytes payload, size_t count) {
  if (payload.size() > max_advertisements_) return count;
  uint64_t dropped = 0;
  while (advertisement_bytes_ + payload.size() > max_advertisements_) {
    dropped += advertisements_.front().count;
    drop_front();
  }
  if (spare_.empty()) spare_.emplace_back();
  spare_.front().payload.assign(payload.begin(), payload.end());
  spare_.front().count = count;
  advertisements_.splice(advertisements_.end(), spare_, spare_.begin());
  advertisement_bytes_ += payload.size();
  return dropped;
}

esphome::Message SendQueue::front() const noexcept {
  if (!control_.empty()) return {control_.front().type, control_.front().payload};
  return {esphome::MessageType::raw_advertisements, advertisements_.front().payload};
}

void SendQueue::pop() {
  if (control_.empty()) return drop_front();
  control_bytes_ -= control_.front().payload.size() + message_overhead;
  control_.pop_front();
}

void SendQueue::drop_front() noexcept {
  advertisement_bytes_ -= advertisements_.front().payload.size();
  spare_.clear();
  spare_.splice(spare_.begin(), advertisements_, advertisements_.begin());
}

uint64_t SendQueue::clear_advertisements() noexcept {
  uint64_t count = 0;
  for (const Batch& each : advertisements_) count += each.count;
  advertisements_.clear();
  spare_.clear();
  advertisement_bytes_ = 0;
  return count;
}

}  // namespace moor::proxy
