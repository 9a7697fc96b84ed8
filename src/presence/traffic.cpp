#include "core/require.hpp"
#include "moor/visits.hpp"
#include "presence/intervals.hpp"
#include "presence/visitor_zone.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

namespace moor {

void TrafficOptions::validate() const {
  require(interval > Duration::zero(), "the interval of a traffic count must be above 0");
  require(max_visitors >= 1, "a traffic count must be allowed to keep at least one visitor");
}

struct TrafficCounter::State {
  TrafficOptions options;
  std::optional<TimePoint> from;              // beginning of the interval that goes on
  TimePoint closed_until = TimePoint::min();  // end of the interval that was emitted last
  boost::unordered_flat_set<VisitorZone> seen;
  boost::unordered_flat_map<ZoneId, ZoneTraffic> zones;  // no more than there are pairs in `seen`
  uint64_t late = 0;
  uint64_t dropped = 0;
};

TrafficCounter::TrafficCounter(const TrafficOptions& options) {
  options.validate();
  state_ = std::make_unique<State>();
  state_->options = options;
}
TrafficCounter::TrafficCounter(TrafficCounter&&) noexcept = default;
TrafficCounter& TrafficCounter::operator=(TrafficCounter&&) noexcept = default;
TrafficCounter::~TrafficCounter() = default;

std::vector<ZoneTraffic> TrafficCounter::counts() const {
  std::vector<ZoneTraffic> rows;
  rows.reserve(state_->zones.size());
  for (const auto& [zone, row] : state_->zones) rows.push_back(row);
  std::sort(rows.begin(), rows.end(), [](const ZoneTraffic& a, const ZoneTraffic& b) { return a.zone < b.zone; });
  return rows;
}

TimePoint TrafficCounter::next_deadline() const noexcept {
  return state_->from ? add_saturated(*state_->from, state_->options.interval) : TimePoint::max();
}

uint64_t TrafficCounter::late() const noexcept {
  return state_->late;
}
uint64_t TrafficCounter::dropped() const noexcept {
  return state_->dropped;
}

bool TrafficCounter::has_ended(TimePoint now) const noexcept {
  return state_->from && now >= next_deadline();
}

void TrafficCounter::count(VisitorId visitor, ZoneId zone, TimePoint t) {
  State& state = *state_;
  if (t < state.closed_until || (state.from && t < *state.from)) {
    ++state.late;
    return;
  }
  const VisitorZone key{visitor, zone};
  const bool is_new = !state.seen.contains(key);
  if (is_new && state.seen.size() >= state.options.max_visitors) {
    ++state.dropped;
    return;
  }
  if (!state.from) state.from = interval_start(t, state.options.interval);
  if (is_new) state.seen.insert(key);
  ZoneTraffic& row = state.zones.try_emplace(zone, ZoneTraffic{.from = *state.from, .zone = zone}).first->second;
  ++row.entries;
  row.visitors += is_new ? 1 : 0;
}

void TrafficCounter::clear() noexcept {
  state_->closed_until = next_deadline();
  state_->from.reset();
  state_->seen.clear();
  state_->zones.clear();
}

}  // namespace moor
