#include "gateway/returning.hpp"

#include "core/saturating.hpp"

#include <algorithm>

namespace moor {

void Returning::add(PriorState state) {
  for (PriorDevice& device : state.devices) {
    const VisitorId visitor = Identities::number_of(device.identity);
    if (device.address) by_address_[*device.address] = visitor;
    waiting_.insert_or_assign(visitor, Gone{.device = std::move(device), .visit = {}});
  }
  for (PriorVisit& visit : state.visits) {
    const auto known = waiting_.find(Identities::number_of(visit.identity));
    const bool is_there = known != waiting_.end() && known->second.device.zone == visit.zone && !visit.left;
    if (is_there) {
      known->second.visit = std::move(visit);
      continue;
    }
    if (!visit.left)
      visit.left = known == waiting_.end() ? visit.entered : std::max(visit.entered, known->second.device.last_seen);
    breaks_.push_back(std::move(visit));
  }
}

void Returning::begin(TimePoint grace_from, Duration lost_after) {
  deadlines_.clear();
  for (const auto& [visitor, each] : waiting_)
    deadlines_.push_back({add_saturated(std::max(each.device.last_seen, grace_from), lost_after), visitor});
  std::ranges::sort(deadlines_, std::greater(), &Deadline::time);
}

std::optional<Returning::Found> Returning::recall(const Address& address, std::string_view identity, TimePoint now) {
  if (waiting_.empty()) return std::nullopt;
  const auto known = by_address_.find(address);
  const VisitorId visitor = known != by_address_.end() ? known->second : Identities::number_of(identity);
  const auto found = waiting_.find(visitor);
  if (found == waiting_.end() || found->second.device.last_seen > now) return std::nullopt;
  const Gone& before = found->second;
  Recalled recalled{.first_seen = before.device.first_seen};
  const auto place = places_.find(before.device.zone);
  if (!before.device.zone.empty() && !place) return std::nullopt;  // a zone that is no more; it is told of when its time is over
  if (place) {
    const double smoothed = before.device.smoothed_dbm.value_or(zones_.far_dbm);
    recalled.visitor = visitor;
    recalled.place = place;
    recalled.smoothed_dbm = smoothed;
    recalled.range = places_.has_areas() ? classify(smoothed, zones_) : static_cast<Zone>(*place);
    recalled.entered = before.visit ? before.visit->entered : now;  // a visit that was ended begins anew
    if (before.visit) recalled.breaks = before.visit->breaks;
  }
  Found result{.recalled = recalled, .identity = before.device.identity};
  waiting_.erase(found);
  return result;
}

std::optional<Returning::Gone> Returning::next_gone(TimePoint now) {
  while (!deadlines_.empty() && deadlines_.back().time <= now) {
    const VisitorId visitor = deadlines_.back().visitor;
    deadlines_.pop_back();
    const auto found = waiting_.find(visitor);
    if (found == waiting_.end()) continue;
    Gone gone = std::move(found->second);
    waiting_.erase(found);
    if (!gone.device.zone.empty()) return gone;
  }
  return std::nullopt;
}

TimePoint Returning::next_deadline() const noexcept {
  return deadlines_.empty() ? TimePoint::max() : deadlines_.back().time;
}

PriorState Returning::rest() const {
  PriorState state;
  for (const auto& [visitor, each] : waiting_) {
    state.devices.push_back(each.device);
    if (each.visit) state.visits.push_back(*each.visit);
  }
  return state;
}

}  // namespace moor
