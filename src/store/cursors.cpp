#include "store/cursors.hpp"

#include <algorithm>

namespace moor::store {

Cursors::Cursors(const OutboxState& saved, TimePoint now)
    : last_id_(saved.last_id), forget_at_(now + outbox_forgets_after), written_(saved.positions) {
  for (const Position& position : saved.positions) {
    Sink& sink = sinks_[position.sink];
    sink.through = std::min(position.through, last_id_);
    if (const auto oldest = saved.oldest.find(position.sink); oldest != saved.oldest.end()) sink.oldest = oldest->second;
  }
}

bool Cursors::add(const std::string& sink, size_t bound) {
  const auto [found, added] = sinks_.try_emplace(sink, Sink{.through = last_id_, .bound = bound});
  found->second.bound = bound;
  return keep_bound(found->second) || added;
}

bool Cursors::remove(const std::string& sink) {
  return sinks_.erase(sink) > 0;
}

bool Cursors::acknowledge(const std::string& sink, uint64_t through) {
  const auto found = sinks_.find(sink);
  if (found == sinks_.end()) return false;
  through = std::min(through, last_id_);
  if (through <= found->second.through) return false;
  found->second.through = through;
  return true;
}

std::optional<uint64_t> Cursors::position(const std::string& sink) const {
  const auto found = sinks_.find(sink);
  return found == sinks_.end() || !found->second.bound ? std::nullopt : std::optional(found->second.through);
}

OutboxChanges Cursors::take(TimePoint now) {
  if (now >= forget_at_) std::erase_if(sinks_, [](const auto& sink) { return !sink.second.bound; });
  OutboxChanges changes{.positions = {}, .delete_through = last_id_, .keep_messages = !sinks_.empty()};
  for (const auto& [name, sink] : sinks_) {
    changes.positions.push_back({name, sink.through});
    changes.delete_through = std::min(changes.delete_through, sink.through);
  }
  changes.write_positions = changes.positions != written_;
  return changes;
}

bool Cursors::on_committed(const OutboxChanges& done, const OutboxState& state) {
  written_ = done.positions;
  last_id_ = state.last_id;
  bool passed_over = false;
  for (auto& [name, sink] : sinks_) {
    if (const auto oldest = state.oldest.find(name); oldest != state.oldest.end()) sink.oldest = oldest->second;
    passed_over |= keep_bound(sink);
  }
  return passed_over;
}

// A sink that is only remembered keeps all: its bound is not known yet.
bool Cursors::keep_bound(Sink& sink) const noexcept {
  if (!sink.bound || last_id_ - sink.through <= *sink.bound) return false;
  const uint64_t through = last_id_ - *sink.bound;
  sink.dropped += through - sink.through;
  sink.through = through;
  return true;
}

OutboxStatistics Cursors::statistics(WallTime now) const {
  OutboxStatistics statistics;
  for (const auto& [name, sink] : sinks_) {
    if (!sink.bound) continue;
    OutboxStatistics::Sink& told = statistics.sinks[name];
    told.waiting = last_id_ - sink.through;
    told.dropped = sink.dropped;
    if (told.waiting > 0 && sink.oldest) told.oldest_age = std::max(now - *sink.oldest, Duration::zero());
  }
  return statistics;
}

}  // namespace moor::store
