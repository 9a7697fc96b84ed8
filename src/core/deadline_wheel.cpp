#include "moor/deadline_wheel.hpp"

#include "core/require.hpp"

#include <algorithm>
#include <bit>

namespace moor {
namespace {

constexpr uint32_t bucket_of(int64_t tick) noexcept {
  return static_cast<uint32_t>(static_cast<uint64_t>(tick) % DeadlineWheel::bucket_count);
}

/// The heap's order, soonest on top; of equal deadlines the lower slot, so that the order does not depend on history.
constexpr bool comes_after(const DeadlineWheel::Due& a, const DeadlineWheel::Due& b) noexcept {
  return a.deadline != b.deadline ? a.deadline > b.deadline : a.slot > b.slot;
}

}  // namespace

DeadlineWheel::DeadlineWheel(Duration resolution) : resolution_(resolution) {
  require(resolution > Duration::zero(), "the resolution of a deadline wheel must be above 0");
  heads_.fill(none);
}

void DeadlineWheel::schedule(DeviceSlot slot, TimePoint now, TimePoint deadline) {
  if (!anchored_) {
    tick_ = tick_of(now);
    anchored_ = true;
  }
  links_.reach(slot);
  const uint32_t place = links_[slot].place;
  if (place == in_due) {
    const auto entry = std::find_if(due_.begin(), due_.end(), [slot](const Due& due) { return due.slot == slot; });
    if (entry->deadline <= deadline) return;
  } else if (place != none) {
    const auto distance = (place - bucket_of(tick_)) % bucket_count;
    if (tick_ + static_cast<int64_t>(distance) <= tick_of(deadline)) return;
  }
  cancel(slot);
  insert(slot, deadline);
}

void DeadlineWheel::cancel(DeviceSlot slot) noexcept {
  if (slot >= links_.capacity()) return;
  const uint32_t place = links_[slot].place;
  if (place == none) return;
  if (place != in_due) return unlink(slot);
  std::erase_if(due_, [slot](const Due& due) { return due.slot == slot; });
  make_due_heap();
  links_[slot].place = none;
  --size_;
}

TimePoint DeadlineWheel::next_deadline() const noexcept {
  if (!due_.empty()) return due_.front().deadline;
  const auto tick = next_occupied_tick();
  return tick ? TimePoint(*tick * resolution_) : TimePoint::max();
}

int64_t DeadlineWheel::tick_of(TimePoint t) const noexcept {
  const int64_t time = t.time_since_epoch().count();
  const int64_t width = resolution_.count();
  return time / width - (time % width < 0 ? 1 : 0);
}

std::optional<int64_t> DeadlineWheel::next_occupied_tick() const noexcept {
  const uint32_t first = bucket_of(tick_ + 1);
  for (uint32_t i = 0; i <= occupied_.size(); ++i) {
    const uint32_t word = (first / 64 + i) % static_cast<uint32_t>(occupied_.size());
    uint64_t bits = occupied_[word];
    if (i == 0) bits &= ~uint64_t{0} << (first % 64);
    if (bits == 0) continue;
    const uint32_t bucket = word * 64 + static_cast<uint32_t>(std::countr_zero(bits));
    return tick_ + 1 + static_cast<int64_t>((bucket - first) % bucket_count);
  }
  return std::nullopt;
}

/// Moves time to `now`, and the slots of all buckets up to there into `entered_`. @returns whether there are any.
bool DeadlineWheel::take_buckets(TimePoint now) {
  const int64_t now_tick = tick_of(now);
  entered_.clear();
  if (anchored_ && now_tick <= tick_) return false;
  for (auto tick = next_occupied_tick(); tick && *tick <= now_tick; tick = next_occupied_tick()) {
    const uint32_t bucket = bucket_of(*tick);
    while (heads_[bucket] != none) {
      entered_.push_back(heads_[bucket]);
      unlink(heads_[bucket]);
    }
  }
  tick_ = now_tick;
  anchored_ = true;
  return !entered_.empty();
}

void DeadlineWheel::insert(DeviceSlot slot, TimePoint deadline, Heap heap) {
  const int64_t tick = tick_of(deadline);
  Link& link = links_[slot];
  ++size_;
  if (tick <= tick_) {
    due_.push_back(Due{slot, deadline});
    if (heap == Heap::now) std::push_heap(due_.begin(), due_.end(), comes_after);
    link.place = in_due;
    return;
  }
  // Unsigned, since the distance between the ends of the time line does not fit otherwise. What lies beyond the wheel waits in
  // its last bucket.
  const uint64_t distance = std::min<uint64_t>(static_cast<uint64_t>(tick) - static_cast<uint64_t>(tick_), bucket_count - 1);
  const uint32_t bucket = bucket_of(tick_ + static_cast<int64_t>(distance));
  link = Link{.next = heads_[bucket], .previous = none, .place = bucket};
  if (link.next != none) links_[link.next].previous = slot;
  heads_[bucket] = slot;
  occupied_[bucket / 64] |= uint64_t{1} << (bucket % 64);
}

void DeadlineWheel::unlink(DeviceSlot slot) noexcept {
  const Link link = links_[slot];
  if (link.next != none) links_[link.next].previous = link.previous;
  if (link.previous != none)
    links_[link.previous].next = link.next;
  else
    heads_[link.place] = link.next;
  if (heads_[link.place] == none) occupied_[link.place / 64] &= ~(uint64_t{1} << (link.place % 64));
  links_[slot] = Link{};
  --size_;
}

DeadlineWheel::Due DeadlineWheel::take_soonest() noexcept {
  std::pop_heap(due_.begin(), due_.end(), comes_after);
  const Due due = due_.back();
  due_.pop_back();
  links_[due.slot] = Link{};
  --size_;
  return due;
}

void DeadlineWheel::make_due_heap() {
  std::make_heap(due_.begin(), due_.end(), comes_after);
}

}  // namespace moor
