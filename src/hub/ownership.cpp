#include "hub/ownership.hpp"

#include "core/saturating.hpp"

#include <algorithm>
#include <cmath>

namespace moor::hub {

void Ownership::set_source(SourceIndex source, bool can_connect, bool listens) {
  if (sources_.size() <= source) sources_.resize(source + size_t{1});
  sources_[source] = {can_connect, listens};
}

Ownership::Verdict Ownership::on_advertisement(DeviceSlot slot, const Advertisement& heard, Duration interval) {
  records_.reach(slot);
  Record& record = records_[slot];
  record.last_heard = heard.time;
  Verdict verdict;
  const uint8_t place = place_of(record, heard, verdict.new_hearing);
  if (place == none) {
    ++unplaced_;
    return verdict;
  }
  const bool can_connect = source(heard.source).can_connect;
  if (record.owner == none) {
    record.owner = place;
    verdict.owned = true;
  } else if (record.owner == place) {
    verdict.owned = true;
  } else {
    const SourceIndex before = record.hearings[record.owner].source;
    if (take_over(record, record.owner, place, heard.time, interval)) {
      verdict.owned = true;
      verdict.taken_from = before;
    } else if (can_connect && record.connectable != record.owner && record.connectable != place &&
               (record.connectable == none || take_over(record, record.connectable, place, heard.time, interval))) {
      record.connectable = place;
    }
  }
  if (verdict.owned && can_connect) record.connectable = place;
  return verdict;
}

void Ownership::forget(DeviceSlot slot) noexcept {
  if (slot < records_.capacity()) records_[slot] = Record();
}

std::span<const Hearing> Ownership::hearings(DeviceSlot slot) const noexcept {
  if (slot >= records_.capacity()) return {};
  const Record& record = records_[slot];
  return std::span(record.hearings).first(record.count);
}

SourceIndex Ownership::owner(DeviceSlot slot) const noexcept {
  if (slot >= records_.capacity() || records_[slot].owner == none) return no_source;
  return hearing(records_[slot], records_[slot].owner).source;
}

SourceIndex Ownership::connectable_owner(DeviceSlot slot) const noexcept {
  if (slot >= records_.capacity() || records_[slot].connectable == none) return no_source;
  return hearing(records_[slot], records_[slot].connectable).source;
}

bool Ownership::is_demoted(const Hearing& hearing, TimePoint now) const noexcept {
  return hearing.demoted_at != TimePoint::min() && subtract_saturated(now, hearing.demoted_at) < rules_.demoted_for;
}

uint8_t Ownership::place_of(Record& record, const Advertisement& heard, bool& is_new) {
  uint8_t place = 0;
  while (place < record.count && record.hearings[place].source != heard.source) ++place;
  if (place == record.count) {
    if (record.count < max_hearings)
      ++record.count;
    else
      place = find_room(record, heard);
    if (place == none) return none;
    record.hearings[place] = Hearing();
    record.hearings[place].source = heard.source;
    is_new = true;
  } else if (subtract_saturated(heard.time, record.hearings[place].last) > rules_.hearing_expires) {
    is_new = true;
  }
  Hearing& hearing = record.hearings[place];
  // habluetooth begins to smooth when a second radio hears the device: what is known of the first is then its last sample.
  if (rules_.profile == HubProfile::compat && record.count == 1) hearing.samples = 0;
  smooth(hearing, heard);
  return place;
}

// The radio that has not heard the device for long makes room, else the one that hears it worst if the new one hears it better.
uint8_t Ownership::find_room(const Record& record, const Advertisement& heard) const noexcept {
  uint8_t worst = none;
  for (uint8_t place = 0; place < record.count; ++place) {
    if (place == record.owner || place == record.connectable) continue;
    const Hearing& each = record.hearings[place];
    if (subtract_saturated(heard.time, each.last) > rules_.hearing_expires) return place;
    if (worst == none || each.smoothed_dbm < record.hearings[worst].smoothed_dbm) worst = place;
  }
  const bool is_better = worst != none && is_usable_rssi(heard.rssi_dbm) && heard.rssi_dbm > record.hearings[worst].smoothed_dbm;
  return is_better ? worst : none;
}

void Ownership::smooth(Hearing& hearing, const Advertisement& heard) const noexcept {
  double weight = rules_.newest_weight;
  double gap = 0;
  if (rules_.time_constant > Duration::zero() && hearing.last != TimePoint::min()) {
    gap = std::max(0.0, to_seconds(subtract_saturated(heard.time, hearing.last)));
    weight = std::max(std::min(weight, gap / (gap + to_seconds(rules_.time_constant))), 1.0 / (hearing.samples + 1));
    if (!heard.scan_response)
      hearing.gap_s = static_cast<float>(hearing.gap_s == 0 ? gap : hearing.gap_s + rules_.newest_weight * (gap - hearing.gap_s));
  }
  hearing.last = heard.time;
  hearing.rssi_dbm = heard.rssi_dbm;
  if (!is_usable_rssi(heard.rssi_dbm)) return;
  hearing.smoothed_dbm = hearing.samples == 0 ? heard.rssi_dbm : weight * heard.rssi_dbm + (1 - weight) * hearing.smoothed_dbm;
  if (rules_.wander_factor > 0) learn_wander(hearing, gap);
  if (hearing.samples < UINT8_MAX) ++hearing.samples;
}

// Levels of a device that stands still wander too: much where fading is slow, little where each advertisement fades by itself and the average takes
// it away. Whoever knows how much need not wait for what can be no accident, and is not led astray by what can.
void Ownership::learn_wander(Hearing& hearing, double gap_s) const noexcept {
  if (hearing.samples == 0) {
    hearing.calm_dbm = static_cast<float>(hearing.smoothed_dbm);
    hearing.wander = static_cast<float>(rules_.wander_first_db * rules_.wander_first_db);
    return;
  }
  constexpr double most_calm = 0.1;  // of one sample, of devices that advertise rarely
  constexpr double most_wander = 0.05;
  const double calm_weight =
      std::max(std::min(most_calm, gap_s / (gap_s + to_seconds(rules_.calm_time))), 1.0 / (hearing.samples + 1));
  hearing.calm_dbm += static_cast<float>(calm_weight * (hearing.smoothed_dbm - hearing.calm_dbm));
  const double apart = std::min(std::abs(hearing.smoothed_dbm - hearing.calm_dbm), rules_.wander_limit_db);
  const double weight = std::min(most_wander, gap_s / (gap_s + to_seconds(rules_.wander_time)));
  hearing.wander += static_cast<float>(weight * (apart * apart - hearing.wander));
}

bool Ownership::take_over(Record& record, uint8_t& owner, uint8_t challenger, TimePoint now, Duration interval) const noexcept {
  Hearing& loser = record.hearings[owner];
  Hearing& winner = record.hearings[challenger];
  const Outcome outcome = decide(loser, winner, now, interval);
  if (outcome == Outcome::keeps) return false;
  if (outcome == Outcome::lost_by_rssi) {
    loser.demoted_at = now;
    // The device has moved: where it was before is no average to measure wandering by.
    for (Hearing* each : {&loser, &winner}) each->calm_dbm = static_cast<float>(each->smoothed_dbm);
  }
  winner.demoted_at = TimePoint::min();
  owner = challenger;
  return true;
}

Ownership::Outcome Ownership::decide(const Hearing& owner, const Hearing& challenger, TimePoint now,
                                     Duration interval) const noexcept {
  if (!source(owner.source).listens) return Outcome::lost_by_silence;
  const bool compat = rules_.profile == HubProfile::compat;
  const double silent = to_seconds(subtract_saturated(now, owner.last));
  const double stale = to_seconds(stale_after(rules_, interval));
  // An owner that is due only every half hour is not gone after 15 minutes.
  const double limit = to_seconds(rules_.gone_limit);
  if (silent > std::min(rules_.gone_factor * stale, compat ? limit : std::max(limit, stale))) return Outcome::lost_by_silence;

  const double mine = owner.has_level() ? owner.smoothed_dbm : no_rssi_value;
  const double theirs = challenger.has_level() ? challenger.smoothed_dbm : no_rssi_value;
  if (silent > rules_.roam_factor * stale && theirs >= mine - rules_.switch_db && mine < rules_.strong_owner_dbm)
    return Outcome::lost_by_silence;

  const double lead = theirs - mine;
  const double needed = needed_db(owner, challenger, now);
  if (lead <= needed - rules_.rarity_limit_db || challenger.samples < rules_.min_samples) return Outcome::keeps;
  return lead - rarity_db(owner, challenger) > needed ? Outcome::lost_by_rssi : Outcome::keeps;
}

double Ownership::needed_db(const Hearing& owner, const Hearing& challenger, TimePoint now) const noexcept {
  const double reclaim = is_demoted(challenger, now) ? rules_.reclaim_extra_db : 0;
  if (rules_.wander_factor == 0) return rules_.switch_db + reclaim;
  const double wander = std::sqrt(static_cast<double>(owner.wander) + static_cast<double>(challenger.wander));
  return std::clamp(rules_.wander_factor * wander, rules_.switch_db, rules_.switch_limit_db) + reclaim;
}

// A radio at the edge hears only the advertisements that fading has made strong, so its average is too good. What it misses counts against it:
// hearing a tenth is 10 dB.
double Ownership::rarity_db(const Hearing& owner, const Hearing& challenger) const noexcept {
  if (rules_.rarity_limit_db == 0 || owner.gap_s <= 0 || challenger.gap_s <= 0) return 0;
  const double rarer = 10 * std::log10(static_cast<double>(challenger.gap_s) / static_cast<double>(owner.gap_s));
  return std::clamp(rarer, -rules_.rarity_limit_db, rules_.rarity_limit_db);
}

}  // namespace moor::hub
