#include "moor/visits.hpp"

#include "core/require.hpp"
#include "core/saturating.hpp"
#include "moor/slab_index.hpp"

#include <algorithm>
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

// The visits of a visitor form a list: at most one goes on, the others are in a break. The index knows the first of each list.
struct VisitTracker::State {
  static constexpr uint32_t none = UINT32_MAX;
  enum class Phase : uint8_t { free, goes_on, in_break };
  struct Stay {
    VisitorId visitor = 0;
    TimePoint entered;
    TimePoint left;  // in a break since
    ZoneId zone = 0;
    uint32_t breaks = 0;
    uint32_t next = none;  // of the same visitor; of a free place, the next free one
    VisitEnd end = VisitEnd::closed;
    Phase phase = Phase::free;
  };
  static_assert(sizeof(Stay) <= 40);

  explicit State(const VisitOptions& visit_options)
      : options(visit_options), breaks(std::max<Duration>(visit_options.rejoin_within / 256, std::chrono::milliseconds(1))) {}

  [[nodiscard]] bool is_full() const noexcept { return open >= options.max_open; }
  [[nodiscard]] TimePoint expiry(const Stay& stay) const noexcept { return add_saturated(stay.left, options.rejoin_within); }

  /// The visitor's stay for which `matches` holds.
  template <typename Matches>
  [[nodiscard]] std::optional<uint32_t> find(VisitorId visitor, Matches&& matches) const noexcept {
    for (uint32_t place = first_of.find(visitor).value_or(none); place != none; place = stays[place].next)
      if (matches(stays[place])) return place;
    return std::nullopt;
  }
  [[nodiscard]] std::optional<uint32_t> find_current(VisitorId visitor) const noexcept {
    return find(visitor, [](const Stay& stay) { return stay.phase == Phase::goes_on; });
  }
  [[nodiscard]] std::optional<uint32_t> find_in(VisitorId visitor, ZoneId zone) const noexcept {
    return find(visitor, [zone](const Stay& stay) { return stay.zone == zone; });
  }

  uint32_t add(const Stay& stay) {
    const uint32_t place = first_free != none ? first_free : used;
    if (first_free != none)
      first_free = stays[place].next;
    else
      stays.reach(used++);
    stays[place] = stay;
    if (const auto first = first_of.find(stay.visitor))
      stays[place].next = std::exchange(stays[*first].next, place);
    else
      first_of.insert(place);
    ++open;
    return place;
  }

  /// The visit as it ended; its place is free. @pre it has left
  Visit remove(uint32_t place) {
    Stay& stay = stays[place];
    const uint32_t first = *first_of.find(stay.visitor);
    if (first == place) {
      first_of.erase(place);
      if (stay.next != none) first_of.insert(stay.next);
    } else {
      uint32_t before = first;
      while (stays[before].next != place) before = stays[before].next;
      stays[before].next = stay.next;
    }
    --open;
    const Stay ended = std::exchange(stay, Stay{.next = std::exchange(first_free, place)});
    return Visit{.visitor = ended.visitor,
                 .zone = ended.zone,
                 .entered = ended.entered,
                 .left = ended.left,
                 .end = ended.end,
                 .breaks = ended.breaks};
  }

  /// The places of all visits, in the order in which they began.
  [[nodiscard]] std::vector<uint32_t> in_order() const {
    std::vector<uint32_t> places;
    places.reserve(open);
    for (uint32_t place = 0; place < used; ++place)
      if (stays[place].phase != Phase::free) places.push_back(place);
    const auto order = [this](uint32_t place) { return std::tie(stays[place].entered, stays[place].visitor, stays[place].zone); };
    std::ranges::sort(places, {}, order);
    return places;
  }

  VisitOptions options;
  Slab<Stay> stays;
  SlabIndex<&Stay::visitor> first_of{stays};
  DeadlineWheel breaks;
  size_t open = 0;
  uint32_t used = 0;  // places below it are open or free
  uint32_t first_free = none;
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
  if (const auto here = state_->find_current(visitor); here && state_->stays[*here].zone == zone) return std::nullopt;
  const auto ended = end(visitor, t, VisitEnd::moved);

  if (const auto known = state_->find_in(visitor, zone)) {
    State::Stay& stay = state_->stays[*known];
    stay.phase = State::Phase::goes_on;
    ++stay.breaks;
    state_->breaks.cancel(*known);
  } else if (state_->is_full()) {
    ++state_->dropped;
  } else {
    state_->add({.visitor = visitor, .entered = t, .zone = zone, .phase = State::Phase::goes_on});
  }
  return ended;
}

std::optional<Visit> VisitTracker::end(VisitorId visitor, TimePoint t, VisitEnd why) {
  const auto here = state_->find_current(visitor);
  if (!here) return std::nullopt;
  State::Stay& stay = state_->stays[*here];
  stay.left = std::max(t, stay.entered);
  stay.end = why;
  stay.phase = State::Phase::in_break;
  if (state_->options.rejoin_within == Duration::zero()) return state_->remove(*here);
  state_->breaks.schedule(*here, stay.left, state_->expiry(stay));
  return std::nullopt;
}

std::optional<Visit> VisitTracker::next_expired(TimePoint now) {
  const auto due = state_->breaks.next_due(
      now, [this](uint32_t place) -> std::optional<TimePoint> { return state_->expiry(state_->stays[place]); });
  if (!due) return std::nullopt;
  return state_->remove(due->slot);
}

std::vector<Visit> VisitTracker::close_open(TimePoint at) {
  std::vector<Visit> ended;
  ended.reserve(state_->open);
  for (const uint32_t place : state_->in_order()) {
    State::Stay& stay = state_->stays[place];
    state_->breaks.cancel(place);
    if (stay.phase == State::Phase::goes_on) {
      stay.left = std::max(at, stay.entered);
      stay.end = VisitEnd::closed;
    }
    ended.push_back(state_->remove(place));
  }
  return ended;
}

bool VisitTracker::has_open(VisitorId visitor, std::optional<ZoneId> zone) const noexcept {
  return state_->find(visitor, [zone](const State::Stay& stay) { return !zone || stay.zone == *zone; }).has_value();
}

TimePoint VisitTracker::next_deadline() const noexcept {
  return state_->breaks.next_deadline();
}

std::vector<OpenVisit> VisitTracker::open_visits() const {
  std::vector<OpenVisit> open;
  open.reserve(state_->open);
  for (const uint32_t place : state_->in_order()) {
    const State::Stay& stay = state_->stays[place];
    const bool in_break = stay.phase == State::Phase::in_break;
    open.push_back({.visitor = stay.visitor,
                    .zone = stay.zone,
                    .entered = stay.entered,
                    .left = in_break ? std::optional(stay.left) : std::nullopt,
                    .end = stay.end,
                    .breaks = stay.breaks});
  }
  return open;
}

bool VisitTracker::restore(const OpenVisit& visit) {
  const bool is_known = state_->find_in(visit.visitor, visit.zone).has_value();
  const bool is_elsewhere = !visit.left && state_->find_current(visit.visitor);
  if (is_known || is_elsewhere || (visit.left && *visit.left < visit.entered)) return false;
  if (state_->is_full()) {
    ++state_->dropped;
    return false;
  }
  const uint32_t place = state_->add({.visitor = visit.visitor,
                                      .entered = visit.entered,
                                      .left = visit.left.value_or(TimePoint()),
                                      .zone = visit.zone,
                                      .breaks = visit.breaks,
                                      .end = visit.end,
                                      .phase = visit.left ? State::Phase::in_break : State::Phase::goes_on});
  if (visit.left) state_->breaks.schedule(place, *visit.left, state_->expiry(state_->stays[place]));
  return true;
}

size_t VisitTracker::size() const noexcept {
  return state_->open;
}
uint64_t VisitTracker::dropped() const noexcept {
  return state_->dropped;
}

}  // namespace moor
