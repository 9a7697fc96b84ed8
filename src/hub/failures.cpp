#include "hub/failures.hpp"

#include "core/saturating.hpp"

#include <algorithm>
#include <cmath>

namespace moor::hub {

void Failures::add(SourceIndex source, const Address& device, TimePoint now) {
  if (entries_.size() >= max_kept && !entries_.contains(Key{source, device})) make_room(now);
  add_to(entries_[Key{source, device}], heaviest, now);
  if (radios_.size() <= source) radios_.resize(source + size_t{1});
  RadioEntry& radio = radios_[source];
  if (radio.last == device) return;
  radio.last = device;
  add_to(radio.row, heaviest_of_radio, now);
}

void Failures::add_to(Entry& entry, double most, TimePoint now) const noexcept {
  const bool fades = rules_.failure_half_life > Duration::zero();
  if (fades && subtract_saturated(now, entry.time) > rules_.row_ends) entry = Entry();
  entry.weight = weight(entry, now) + entry.next;
  entry.time = now;
  if (!fades) return;
  entry.weight = std::min(entry.weight, most);
  entry.next = std::min(entry.next * 2, most);
}

void Failures::clear(SourceIndex source, const Address& device) {
  entries_.erase(Key{source, device});
  if (source < radios_.size()) radios_[source] = RadioEntry();
}

double Failures::of(SourceIndex source, const Address& device, TimePoint now) const noexcept {
  const auto found = entries_.find(Key{source, device});
  return found == entries_.end() ? 0 : weight(found->second, now);
}

double Failures::of_radio(SourceIndex source, TimePoint now) const noexcept {
  return source < radios_.size() ? weight(radios_[source].row, now) : 0;
}

double Failures::weight(const Entry& entry, TimePoint now) const noexcept {
  if (rules_.failure_half_life <= Duration::zero() || entry.weight == 0) return entry.weight;
  const double age = std::max(0.0, to_seconds(subtract_saturated(now, entry.time)));
  return entry.weight * std::exp2(-age / to_seconds(rules_.failure_half_life));
}

void Failures::make_room(TimePoint now) {
  auto least = entries_.begin();
  for (auto each = entries_.begin(); each != entries_.end(); ++each)
    if (weight(each->second, now) < weight(least->second, now)) least = each;
  entries_.erase(least);
}

}  // namespace moor::hub
