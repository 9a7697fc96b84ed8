#include "proxy/slot_desk.hpp"

#include <algorithm>

namespace moor::proxy {

const SlotDesk::Entry* SlotDesk::find(uint64_t address) const {
  const auto found = std::ranges::find_if(entries_, [&](const auto& each) { return each.second.device.bits() == address; });
  return found == entries_.end() ? nullptr : &found->second;
}

SlotDesk::Decision SlotDesk::request(const Address& device, TimePoint now, const Slots& radio) {
  if (const Entry* const entry = find(device.bits())) {
    switch (entry->phase) {
      case Phase::connecting: return {Answer::connecting};
      case Phase::up: return {Answer::up};
      case Phase::closing: return {Answer::closing};
    }
  }
  if (count(radio).free == 0) return {Answer::no_slot};
  const Ticket ticket = next_++;
  entries_.emplace(ticket, Entry{.device = device, .since = now});
  return {Answer::accepted, ticket};
}

void SlotDesk::on_up(Ticket ticket) {
  const auto found = entries_.find(ticket);
  if (found != entries_.end() && found->second.phase == Phase::connecting) found->second.phase = Phase::up;
}

void SlotDesk::on_closing(Ticket ticket, TimePoint now) {
  const auto found = entries_.find(ticket);
  if (found == entries_.end() || found->second.phase == Phase::closing) return;
  found->second.phase = Phase::closing;
  found->second.closing_since = now;
}

bool SlotDesk::on_closed(Ticket ticket) {
  return entries_.erase(ticket) > 0;
}

std::vector<SlotDesk::Ticket> SlotDesk::free_stuck(TimePoint now) {
  std::vector<Ticket> freed;
  for (const auto& [ticket, entry] : entries_)
    if (entry.phase == Phase::closing && now - entry.closing_since >= stuck_limit) freed.push_back(ticket);
  for (const Ticket each : freed) entries_.erase(each);
  return freed;
}

TimePoint SlotDesk::next_stuck() const noexcept {
  TimePoint next = TimePoint::max();
  for (const auto& [ticket, entry] : entries_)
    if (entry.phase == Phase::closing) next = std::min(next, entry.closing_since + stuck_limit);
  return next;
}

std::optional<SlotDesk::Phase> SlotDesk::phase(Ticket ticket) const {
  const auto found = entries_.find(ticket);
  return found == entries_.end() ? std::nullopt : std::optional(found->second.phase);
}

std::vector<Slots::Holder> SlotDesk::others(const Slots& radio) const {
  std::vector<Slots::Holder> others;
  for (const Slots::Holder& each : radio.holders)
    if (find(each.device.bits()) == nullptr) others.push_back(each);
  return others;
}

SlotCount SlotDesk::count(const Slots& radio) const {
  const int ours = static_cast<int>(entries_.size());
  int limit = std::max(limit_, 0);
  int free = limit - ours;
  const std::vector<Slots::Holder> others = this->others(radio);
  if (radio.limit > 0) {
    limit = std::min(limit, radio.limit);
    // Of ours, the radio does not count those that it has not been asked for yet.
    const int counted = static_cast<int>(radio.holders.size() - others.size());
    free = std::min(limit - ours, radio.free - (ours - counted));
  }
  SlotCount count{.free = static_cast<uint32_t>(std::max(free, 0)), .limit = static_cast<uint32_t>(limit)};
  for (const auto& [ticket, entry] : entries_) count.allocated.push_back(entry.device.bits());
  // A client trusts the addresses only where they are as many as the slots that are taken.
  const size_t taken = count.limit - count.free;
  for (const Slots::Holder& each : others)
    if (count.allocated.size() < taken) count.allocated.push_back(each.device.bits());
  return count;
}

Slots SlotDesk::slots(const Slots& radio, const std::string& label) const {
  const SlotCount counted = count(radio);
  Slots slots{.limit = static_cast<int>(counted.limit), .free = static_cast<int>(counted.free)};
  for (const auto& [ticket, entry] : entries_) slots.holders.push_back({entry.device, label, entry.since});
  for (Slots::Holder& each : others(radio))
    if (slots.holders.size() < counted.allocated.size()) slots.holders.push_back(std::move(each));
  return slots;
}

}  // namespace moor::proxy
