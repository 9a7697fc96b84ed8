#include "gateway/intake.hpp"

#include "core/saturating.hpp"
#include "moor/error.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <numeric>

namespace moor {

const char* to_string(Worth worth) noexcept {
  switch (worth) {
    case Worth::other_radio: return "other_radio";
    case Worth::recent: return "recent";
    case Worth::repeat: return "repeat";
    case Worth::news: break;
  }
  return "news";
}

uint64_t IntakeStatistics::all_shed() const noexcept {
  return std::accumulate(shed.begin(), shed.end(), uint64_t{0});
}

Intake::Intake(IntakeOptions options, Deliver deliver, Watch watch)
    : options_(options), deliver_(std::move(deliver)), watch_(std::move(watch)) {
  if (options_.capacity == 0) throw UsageError("an intake needs room for at least one sighting");
}

bool Intake::put(const Sighting& sighting, bool owned, bool changed) {
  ++statistics_.taken;
  const bool asks = !std::exchange(in_turn_, true);
  if (asks) begin_slice();
  if (all_.first == none && may_go_on()) {
    ++statistics_.at_once;
    deliver_(sighting, owned);
  } else {
    wait(sighting, owned, changed);
  }
  return asks;
}

bool Intake::turn() {
  in_turn_ = false;
  if (all_.first == none) return false;
  in_turn_ = true;
  begin_slice();
  while (all_.first != none && may_go_on()) deliver_first();
  return true;
}

void Intake::begin_slice() {
  slice_began_ = watch_();
  until_look_ = look_every;
  used_up_ = false;
}

void Intake::drain() {
  while (all_.first != none) deliver_first();
}

bool Intake::may_go_on() {
  if (used_up_) return false;
  if (--until_look_ > 0) return true;
  until_look_ = look_every;
  used_up_ = watch_() - slice_began_ >= options_.slice;
  return !used_up_;
}

Worth Intake::worth_of(const Sighting& sighting, bool owned, bool changed) {
  if (!owned) return Worth::other_radio;
  const auto [known, added] = heard_.try_emplace(sighting.address, sighting.time);
  const Duration silence = subtract_saturated(sighting.time, known->second);
  known->second = sighting.time;
  if (changed) return Worth::news;
  return !added && silence <= options_.recent ? Worth::recent : Worth::repeat;
}

void Intake::wait(const Sighting& sighting, bool owned, bool changed) {
  if (heard_.size() >= options_.capacity) heard_.clear();  // bounded; what is forgotten counts for more once
  const Worth worth = worth_of(sighting, owned, changed);
  if (statistics_.waiting < options_.capacity) {
    keep(sighting, owned, worth);
    return;
  }
  const auto least = std::ranges::find_if(alike_, [](const List& list) { return list.first != none; });
  const auto least_worth = static_cast<Worth>(least - alike_.begin());
  if (worth < least_worth) {
    shed(worth);
    return;
  }
  shed(least_worth);
  remove(least->first);
  keep(sighting, owned, worth);
}

void Intake::shed(Worth worth) {
  ++statistics_.shed[static_cast<size_t>(worth)];
  last_shed_ = watch_();
}

void Intake::keep(const Sighting& sighting, bool owned, Worth worth) {
  uint32_t place = static_cast<uint32_t>(nodes_.size());
  if (unused_.empty()) {
    nodes_.emplace_back();
  } else {
    place = unused_.back();
    unused_.pop_back();
  }
  Node& node = nodes_[place];
  node.sighting = sighting;
  node.owned = owned;
  node.worth = worth;
  node.since = slice_began_;
  if (sighting.payload_size() > legacy_payload_size && !sighting.payload_lost()) {
    if (!long_payloads_) long_payloads_ = std::make_unique<PayloadRing>(size_t{1} << 20);
    node.sighting.set_payload(sighting.payload(), *long_payloads_);
  }
  append(all_, &Node::all, place);
  append(alike_[static_cast<size_t>(worth)], &Node::alike, place);
  statistics_.most_waiting = std::max(statistics_.most_waiting, ++statistics_.waiting);
}

void Intake::remove(uint32_t place) noexcept {
  unlink(all_, &Node::all, place);
  unlink(alike_[static_cast<size_t>(nodes_[place].worth)], &Node::alike, place);
  unused_.push_back(place);
  if (--statistics_.waiting == 0) heard_.clear();
}

void Intake::deliver_first() {
  const Node first = nodes_[all_.first];
  statistics_.longest_wait = std::max(statistics_.longest_wait, slice_began_ - first.since);
  remove(all_.first);
  deliver_(first.sighting, first.owned);
}

void Intake::append(List& list, Link Node::* link, uint32_t place) noexcept {
  (nodes_[place].*link) = {list.last, none};
  if (list.last == none)
    list.first = place;
  else
    (nodes_[list.last].*link).after = place;
  list.last = place;
}

void Intake::unlink(List& list, Link Node::* link, uint32_t place) noexcept {
  const Link gone = nodes_[place].*link;
  if (gone.before == none)
    list.first = gone.after;
  else
    (nodes_[gone.before].*link).after = gone.after;
  if (gone.after == none)
    list.last = gone.before;
  else
    (nodes_[gone.after].*link).before = gone.before;
}

std::string Intake::problem(TimePoint now) const {
  if (last_shed_ == TimePoint::min() || now - last_shed_ > options_.problem_after_shed) return {};
  return fmt::format("more is heard than can be processed: {} sightings were shed, {} of them new payloads",
                     statistics_.all_shed(), statistics_.shed[static_cast<size_t>(Worth::news)]);
}

}  // namespace moor
