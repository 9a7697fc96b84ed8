#include "core/require.hpp"
#include "moor/visits.hpp"
#include "presence/intervals.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

namespace moor {

void TrafficOptions::validate() const {
  require(interval > Duration::zero(), "the interval of a traffic count must be above 0");
  require(max_visitors >= 1, "a traffic count must be allowed to keep at least one visitor");
}

struct TrafficCounter::State {
  struct Zone {
    uint64_t entries = 0;
    boost::unordered_flat_set<VisitorId> seen;
  };

  TrafficOptions options;
  std::optional<TimePoint> from;              // beginning of the interval that goes on
  TimePoint closed_until = TimePoint::min();  // end of the interval that was emitted last
  boost::unordered_flat_map<ZoneId, Zone> zones;
  size_t pairs = 0;  // in all `seen`
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
  for (const auto& [id, zone] : state_->zones)
    if (zone.entries > 0)
      rows.push_back({.from = *state_->from, .zone = id, .entries = zone.entries, .visitors = zone.seen.size()});
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
  const auto known = state.zones.find(zone);
  const bool is_new = known == state.zones.end() || !known->second.seen.contains(visitor);
  if (is_new && state.pairs >= state.options.max_visitors) {
    ++state.dropped;
    return;
  }
  if (!state.from) state.from = interval_start(t, state.options.interval);
  State::Zone& counted = known != state.zones.end() ? known->second : state.zones[zone];
  ++counted.entries;
  if (is_new) {
    counted.seen.insert(visitor);
    ++state.pairs;
  }
}

void TrafficCounter::clear() noexcept {
  state_->closed_until = next_deadline();
  state_->from.reset();
  state_->pairs = 0;
  // Zones that were entered keep their memory for the next interval; the others would add up.
  boost::unordered::erase_if(state_->zones, [](const auto& each) { return each.second.entries == 0; });
  for (auto& [id, zone] : state_->zones) {
    zone.entries = 0;
    zone.seen.clear();
  }
}

}  // namespace moor
