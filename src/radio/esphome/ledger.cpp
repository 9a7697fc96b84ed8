#include "radio/esphome/ledger.hpp"

#include <algorithm>

namespace moor::esphome_radio {

bool SlotLedger::Fact::has(uint64_t device) const {
  return std::ranges::binary_search(allocated, device);
}

void SlotLedger::on_connections_free(uint32_t free, uint32_t limit, std::span<const uint64_t> allocated, TimePoint now) {
  expire(now);
  // Some firmware keeps an entry for each slot, and zeroes those that are free.
  Fact fact{.free = free, .limit = limit, .allocated = {}, .trusted = false};
  for (const uint64_t device : allocated)
    if (device != 0) fact.allocated.push_back(device);
  std::ranges::sort(fact.allocated);
  const auto repeated = std::ranges::unique(fact.allocated);
  fact.allocated.erase(repeated.begin(), repeated.end());
  fact.trusted = free <= limit && fact.allocated.size() == limit - free;
  if (!fact.trusted) fact.allocated.clear();
  for (auto it = ours_.begin(); it != ours_.end();) {
    Entry& entry = it->second;
    const bool counted = !fact.trusted || fact.has(it->first);
    if (entry.phase == Phase::draining && entry.ever_counted && !counted) {
      it = ours_.erase(it);
      continue;
    }
    entry.ever_counted |= counted;
    if (counted && entry.phase == Phase::requested) entry.phase = Phase::making;
    if (entry.phase == Phase::up && fact.trusted) entry.fact_since_up = true;
    ++it;
  }
  std::map<uint64_t, TimePoint> others;
  for (const uint64_t device : fact.allocated) {
    if (ours_.contains(device)) continue;
    const auto known = others_since_.find(device);
    others.emplace(device, known == others_since_.end() ? now : known->second);
  }
  others_since_ = std::move(others);
  fact_ = std::move(fact);
}

void SlotLedger::reset() {
  fact_.reset();
  ours_.clear();
  others_since_.clear();
}

void SlotLedger::on_requested(const Address& device, std::string label, TimePoint now) {
  // The proxy may still count its last link, which we could not end: the request takes over that slot.
  const bool counted = counts(device);
  ours_[device.bits()] = {.device = device,
                          .phase = counted ? Phase::making : Phase::requested,
                          .label = std::move(label),
                          .since = now,
                          .ever_counted = counted};
  others_since_.erase(device.bits());
}

void SlotLedger::on_connected(const Address& device, TimePoint now) {
  const auto [entry, is_new] = ours_.try_emplace(device.bits());
  if (is_new) entry->second = {.device = device, .since = now};
  entry->second.phase = Phase::up;
  entry->second.fact_since_up = false;
  if (counts(device)) entry->second.ever_counted = true;
}

void SlotLedger::on_released(const Address& device, TimePoint now) {
  const auto found = ours_.find(device.bits());
  if (found == ours_.end() || found->second.phase == Phase::draining) return;
  found->second.phase = Phase::draining;
  found->second.released = now;
}

void SlotLedger::on_closed(const Address& device, TimePoint now) {
  const auto found = ours_.find(device.bits());
  if (found == ours_.end()) return;
  // The proxy frees the slot a moment after it has said that the link is gone, and says so by the next fact.
  if (counts(device))
    on_released(device, now);
  else
    ours_.erase(found);
}

void SlotLedger::expire(TimePoint now) {
  for (auto it = ours_.begin(); it != ours_.end();) {
    const bool is_over = it->second.phase == Phase::draining && it->second.released + draining_limit <= now;
    if (is_over && counts(it->second.device)) others_since_.emplace(it->first, it->second.since);
    it = is_over ? ours_.erase(it) : std::next(it);
  }
}

TimePoint SlotLedger::next_expiry() const {
  TimePoint next = TimePoint::max();
  for (const auto& [bits, entry] : ours_)
    if (entry.phase == Phase::draining) next = std::min(next, entry.released + draining_limit);
  return next;
}

bool SlotLedger::counts(const Address& device) const {
  return fact_ && fact_->has(device.bits());
}

// Whether it takes a slot that the proxy's fact says is free.
bool SlotLedger::is_extra(const Entry& entry, TimePoint now) const {
  if (entry.ever_counted) return false;
  if (entry.phase == Phase::draining) return now < entry.released + draining_limit;
  return !entry.fact_since_up;
}

int SlotLedger::free(TimePoint now) const {
  int free = static_cast<int>(std::min<uint32_t>(fact_->free, 1U << 16));  // a proxy has 9 at most
  for (const auto& [bits, entry] : ours_)
    if (is_extra(entry, now)) --free;
  return free;
}

bool SlotLedger::may_connect(TimePoint now) const {
  return !fact_ || free(now) > 0;
}

bool SlotLedger::may_connect(TimePoint now, const Address& device) const {
  if (!fact_) return true;
  const auto found = ours_.find(device.bits());
  return free(now) + (found != ours_.end() && is_extra(found->second, now) ? 1 : 0) > 0;
}

Slots SlotLedger::slots(TimePoint now) const {
  Slots slots;
  if (fact_) {
    slots.limit = static_cast<int>(std::min<uint32_t>(fact_->limit, 1U << 16));
    slots.free = free(now);
  }
  for (const auto& [bits, entry] : ours_) {
    const bool is_lapsed = entry.phase == Phase::draining && now >= entry.released + draining_limit;
    if (!is_lapsed || counts(entry.device)) slots.holders.push_back({entry.device, entry.label, entry.since});
  }
  for (const auto& [bits, since] : others_since_)
    if (!ours_.contains(bits)) slots.holders.push_back({Address(bits, false), {}, since});
  return slots;
}

std::optional<SlotLedger::Phase> SlotLedger::phase(const Address& device) const {
  const auto found = ours_.find(device.bits());
  if (found == ours_.end()) return std::nullopt;
  return found->second.phase;
}

std::vector<Address> SlotLedger::missing() const {
  std::vector<Address> missing;
  if (!is_trusted()) return missing;
  for (const auto& [bits, entry] : ours_)
    if (entry.phase == Phase::up && entry.fact_since_up && !counts(entry.device)) missing.push_back(entry.device);
  return missing;
}

}  // namespace moor::esphome_radio
