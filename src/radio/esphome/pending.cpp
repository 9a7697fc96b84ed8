#include "radio/esphome/pending.hpp"

#include <algorithm>

namespace moor::esphome_radio {

// An error names no kind, so all that is owed to a handle matters to its next request. What is asked of the device as a whole is told apart by its kind.
bool Pending::concerns(Key owed, Key request) noexcept {
  return owed.handle == request.handle && (request.handle != 0 || owed.kind == request.kind);
}

std::optional<TimePoint> Pending::held_until(Key key, TimePoint asked, TimePoint now) const {
  if (key.kind == RequestKind::services && stream_open_) return TimePoint::max();
  std::optional<TimePoint> until;
  for (auto at = owed_.lower_bound({key.handle, RequestKind{}}); at != owed_.end() && at->first.handle == key.handle; ++at) {
    const TimePoint end = std::min(at->second.until, asked + late_wait);
    if (concerns(at->first, key) && end > now) until = std::max(until.value_or(end), end);
  }
  return until;
}

Pending::Ticket Pending::begin(Key key, TimePoint now) {
  for (auto at = owed_.lower_bound({key.handle, RequestKind{}}); at != owed_.end() && at->first.handle == key.handle;)
    at = concerns(at->first, key) ? take_for_lost(at) : std::next(at);
  forget_past(now);
  waiting_[key] = {++last_, now};
  return last_;
}

void Pending::begin_unawaited(Key key, TimePoint now) {
  forget_past(now);
  owe(key, now + answer_limit);
}

void Pending::begin_command(uint16_t handle, TimePoint now) {
  forget_past(now);
  if (commands_unanswered_) return;
  Owed& owed = owed_[{handle, RequestKind::write}];
  ++owed.commands;
  owed.until = std::max(owed.until, now + late_wait);
}

void Pending::give_up(Ticket ticket, TimePoint now) {
  forget_past(now);
  const auto found = std::ranges::find(waiting_, ticket, [](const auto& entry) { return entry.second.ticket; });
  if (found == waiting_.end()) return;
  owe(found->first, found->second.sent + answer_limit);
  waiting_.erase(found);
}

std::optional<Pending::Ticket> Pending::on_answer(Key key) {
  if (key.kind == RequestKind::services) stream_open_ = false;
  if (const auto found = waiting_.find(key); found != waiting_.end()) {
    const Ticket ticket = found->second.ticket;
    waiting_.erase(found);
    return ticket;
  }
  if (const auto at = owed_.find(key); at != owed_.end()) settle_one(at);
  return std::nullopt;
}

std::optional<Pending::Ticket> Pending::on_error(uint16_t handle) {
  if (handle == 0) return on_answer({0, RequestKind::services});
  const auto found = waiting_.lower_bound({handle, RequestKind{}});
  if (found != waiting_.end() && found->first.handle == handle) return on_answer(found->first);
  if (const auto at = owed_.lower_bound({handle, RequestKind{}}); at != owed_.end() && at->first.handle == handle) settle_one(at);
  return std::nullopt;
}

std::optional<Pending::Ticket> Pending::on_services_part() {
  const auto found = waiting_.find({0, RequestKind::services});
  stream_open_ = true;
  return found == waiting_.end() ? std::nullopt : std::optional(found->second.ticket);
}

size_t Pending::owed(TimePoint now) const {
  size_t count = 0;
  for (const auto& [key, each] : owed_)
    if (each.until > now) count += each.requests + each.commands;
  return count;
}

void Pending::owe(Key key, TimePoint until) {
  Owed& owed = owed_[key];
  ++owed.requests;
  owed.until = std::max(owed.until, until);
}

void Pending::forget_past(TimePoint now) {
  for (auto at = owed_.begin(); at != owed_.end();) at = at->second.until <= now ? take_for_lost(at) : std::next(at);
}

Pending::OwedMap::iterator Pending::take_for_lost(OwedMap::iterator at) {
  if (at->second.commands > 0 && !commands_answered_) commands_unanswered_ = true;
  return owed_.erase(at);
}

void Pending::settle_one(OwedMap::iterator at) {
  Owed& owed = at->second;
  if (owed.commands > 0) {
    commands_answered_ = true;
    --owed.commands;
  } else {
    --owed.requests;
  }
  if (owed.commands + owed.requests == 0) owed_.erase(at);
}

}  // namespace moor::esphome_radio
