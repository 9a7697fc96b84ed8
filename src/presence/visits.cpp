#include "moor/visits.hpp"

#include "core/require.hpp"
#include "core/saturating.hpp"
#include "presence/visitor_zone.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <tuple>

namespace moor {

std::string_view to_string(VisitEnd end) noexcept {
  switch (end) {
    case VisitEnd::moved: return "moved";
    case VisitEnd::lost: return "lost";
    case VisitEnd::closed: break;
  }
  return "closed";
}

void VisitOptions::validate() const {
  require(rejoin_within >= Duration::zero(), "the time for rejoining a visit must not be negative");
  require(max_open >= 1 && max_open < UINT32_MAX, "the visits kept at a time must be from 1 to 4,294,967,294");
}

struct VisitTracker::State {
  explicit State(const VisitOptions& visit_options)
      : options(visit_options), breaks(std::max<Duration>(visit_options.rejoin_within / 256, std::chrono::milliseconds(1))) {}

  [[nodiscard]] bool is_full() const noexcept { return by_key.size() >= options.max_open; }
  [[nodiscard]] TimePoint expiry(const OpenVisit& visit) const noexcept {
    return add_saturated(*visit.left, options.rejoin_within);
  }

  uint32_t add(const OpenVisit& visit) {
    uint32_t place = static_cast<uint32_t>(by_key.size());  // every place below is taken unless one is free
    if (!free_places.empty()) {
      place = free_places.back();
      free_places.pop_back();
    }
    visits.reach(place);
    visits[place] = visit;
    by_key.emplace(VisitorZone{visit.visitor, visit.zone}, place);
    return place;
  }

  /// The visit as it ended; its place is free. @pre it has left
  Visit remove(uint32_t place) {
    const OpenVisit& visit = visits[place];
    by_key.erase(VisitorZone{visit.visitor, visit.zone});
    free_places.push_back(place);
    return Visit{.visitor = visit.visitor,
                 .zone = visit.zone,
                 .entered = visit.entered,
                 .left = *visit.left,
                 .end = visit.end,
                 .breaks = visit.breaks};
  }

  VisitOptions options;
  Slab<OpenVisit> visits;
  std::vector<uint32_t> free_places;
  boost::unordered_flat_map<VisitorZone, uint32_t> by_key;
  boost::unordered_flat_map<VisitorId, uint32_t> current;  // where each visitor is; one in a break is in no zone
  DeadlineWheel breaks;
  uint64_t dropped = 0;
};

VisitTracker::VisitTracker(const VisitOptions& options) {
  options.validate();
  state_ = std::make_unique<State>(options);
}
VisitTracker::VisitTracker(VisitTracker&&) noexcept = default;
VisitTracker& VisitTracker::operator=(VisitTracker&&) noexcept = default;
VisitTracker::~VisitTracker() = default;

std::optional<Visit> VisitTracker::move(VisitorId visitor, ZoneId zone, TimePoint t) {
  const auto here = state_->current.find(visitor);
  if (here != state_->current.end() && state_->visits[here->second].zone == zone) return std::nullopt;
  const auto ended = end(visitor, t, VisitEnd::moved);

  if (const auto known = state_->by_key.find(VisitorZone{visitor, zone}); known != state_->by_key.end()) {
    OpenVisit& visit = state_->visits[known->second];
    visit.left.reset();
    ++visit.breaks;
    state_->breaks.cancel(known->second);
    state_->current[visitor] = known->second;
  } else if (state_->is_full()) {
    ++state_->dropped;
  } else {
    state_->current[visitor] =
        state_->add(OpenVisit{.visitor = visitor, .zone = zone, .entered = t, .left = {}, .end = VisitEnd::closed, .breaks = 0});
  }
  return ended;
}

std::optional<Visit> VisitTracker::end(VisitorId visitor, TimePoint t, VisitEnd why) {
  const auto here = state_->current.find(visitor);
  if (here == state_->current.end()) return std::nullopt;
  const uint32_t place = here->second;
  state_->current.erase(here);
  OpenVisit& visit = state_->visits[place];
  visit.left = std::max(t, visit.entered);
  visit.end = why;
  if (state_->options.rejoin_within == Duration::zero()) return state_->remove(place);
  state_->breaks.schedule(place, *visit.left, state_->expiry(visit));
  return std::nullopt;
}

std::optional<Visit> VisitTracker::next_expired(TimePoint now) {
  const auto due = state_->breaks.next_due(
      now, [this](uint32_t place) -> std::optional<TimePoint> { return state_->expiry(state_->visits[place]); });
  if (!due) return std::nullopt;
  return state_->remove(due->slot);
}

std::vector<Visit> VisitTracker::close_open(TimePoint at) {
  std::vector<Visit> ended;
  for (const OpenVisit& visit : open_visits()) {
    const uint32_t place = state_->by_key.at(VisitorZone{visit.visitor, visit.zone});
    state_->breaks.cancel(place);
    if (!visit.left) {
      state_->visits[place].left = std::max(at, visit.entered);
      state_->visits[place].end = VisitEnd::closed;
    }
    ended.push_back(state_->remove(place));
  }
  state_->current.clear();
  return ended;
}

TimePoint VisitTracker::next_deadline() const noexcept {
  return state_->breaks.next_deadline();
}

std::vector<OpenVisit> VisitTracker::open_visits() const {
  std::vector<OpenVisit> open;
  open.reserve(state_->by_key.size());
  for (const auto& [key, place] : state_->by_key) open.push_back(state_->visits[place]);
  std::sort(open.begin(), open.end(), [](const OpenVisit& a, const OpenVisit& b) {
    return std::tie(a.entered, a.visitor, a.zone) < std::tie(b.entered, b.visitor, b.zone);
  });
  return open;
}

bool VisitTracker::restore(const OpenVisit& visit) {
  const bool is_known = state_->by_key.contains(VisitorZone{visit.visitor, visit.zone});
  const bool is_elsewhere = !visit.left && state_->current.contains(visit.visitor);
  if (is_known || is_elsewhere || (visit.left && *visit.left < visit.entered)) return false;
  if (state_->is_full()) {
    ++state_->dropped;
    return false;
  }
  const uint32_t place = state_->add(visit);
  if (visit.left)
    state_->breaks.schedule(place, *visit.left, state_->expiry(visit));
  else
    state_->current[visit.visitor] = place;
  return true;
}

size_t VisitTracker::size() const noexcept {
  return state_->by_key.size();
}
uint64_t VisitTracker::dropped() const noexcept {
  return state_->dropped;
}

}  // namespace moor
