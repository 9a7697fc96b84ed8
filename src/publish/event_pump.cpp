#include "publish/event_pump.hpp"

#include <algorithm>

namespace moor::publish {

void EventPump::add(std::vector<OutboxMessage> messages) {
  for (OutboxMessage& message : messages) {
    if (message.id <= last_) continue;
    last_ = message.id;
    held_.push_back({.message = std::move(message)});
  }
}

const OutboxMessage* EventPump::next() const noexcept {
  return sent_ < held_.size() ? &held_[sent_].message : nullptr;
}

void EventPump::on_sent() noexcept {
  do ++sent_;
  while (sent_ < held_.size() && held_[sent_].settled);
}

std::optional<uint64_t> EventPump::on_settled(uint64_t id, mqtt::Delivery delivery) {
  if (delivery == mqtt::Delivery::lost) return std::nullopt;
  const auto found = std::ranges::lower_bound(held_, id, {}, [](const Held& each) { return each.message.id; });
  if (found == held_.end() || found->message.id != id || found->settled) return std::nullopt;
  found->settled = true;
  if (delivery == mqtt::Delivery::refused) ++refused_;
  std::optional<uint64_t> through;
  while (!held_.empty() && held_.front().settled) {
    through = held_.front().message.id;
    held_.pop_front();
    if (sent_ > 0) --sent_;
  }
  return through;
}

void EventPump::on_lost() noexcept {
  sent_ = 0;
  while (sent_ < held_.size() && held_[sent_].settled) ++sent_;
}

}  // namespace moor::publish
