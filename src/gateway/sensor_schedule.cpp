#include "gateway/sensor_schedule.hpp"

#include "moor/error.hpp"
#include "moor/slots.hpp"

#include <algorithm>

namespace moor {

// What one call of `plan` works with.
struct SensorSchedule::Planning {
  TimePoint now;
  std::map<RadioId, int> room{};  // slots that sensors may still take, below 0 never
  Plan plan{};
};

SensorId SensorSchedule::add(const SensorWish& wish, TimePoint now) {
  if (wish.every <= Duration::zero()) throw UsageError("a sensor's time between two reads must be above 0");
  Sensor sensor;
  sensor.wish = wish;
  sensor.due = now;
  sensors_.emplace(next_id_, sensor);
  return next_id_++;
}

bool SensorSchedule::is_waiting(SensorId sensor) const {
  const Phase phase = sensors_.at(sensor).phase;
  return phase == Phase::unheard || phase == Phase::queued;
}

bool SensorSchedule::has_link(const Sensor& sensor) noexcept {
  return sensor.phase == Phase::connecting || sensor.phase == Phase::connected || sensor.phase == Phase::leaving;
}

TimePoint SensorSchedule::ready_at(const Sensor& sensor) noexcept {
  return std::max(sensor.due, sensor.not_before);
}

// A link without subscriptions has done its work with the first values; one with them is worth something only while it lasts.
TimePoint SensorSchedule::may_leave_at(const Sensor& sensor) const noexcept {
  if (sensor.wish.subscribes) return sensor.since + std::max(options_.least_hold, sensor.wish.every);
  return sensor.was_served ? sensor.since : sensor.since + options_.least_hold;
}

SensorSchedule::Plan SensorSchedule::plan(TimePoint now, const std::vector<SensorRadio>& radios, const ReachOf& reach_of) {
  Planning planning{.now = now};
  rates_.clear();
  for (const SensorRadio& radio : radios) {
    const int limit = radio.limit > 0 ? radio.limit : default_connection_slots;
    const int free = radio.limit > 0 ? radio.free : limit - radios_[radio.id].links;
    const int reserve = limit > 2 ? 1 : 0;  // for the explorer and other programs
    planning.room[radio.id] = free - reserve;
    rates_[radio.id] = radio.sightings_per_s;
  }
  std::vector<std::pair<TimePoint, SensorId>> due;
  for (auto& [id, sensor] : sensors_) {
    if (has_link(sensor)) continue;
    if (const TimePoint ready = ready_at(sensor); ready > now)
      planning.plan.next = std::min(planning.plan.next, ready);
    else
      due.emplace_back(sensor.last_turn, id);
  }
  std::ranges::sort(due);
  for (const auto& [turn, id] : due) {
    Sensor& sensor = sensors_.at(id);
    place(id, sensor, reach_of(id), planning);
    if (sensor.phase == Phase::queued) planning.plan.next = std::min(planning.plan.next, now + options_.look_again);
  }
  return std::move(planning.plan);
}

void SensorSchedule::place(SensorId id, Sensor& sensor, const std::vector<SensorReach>& reach, Planning& planning) {
  sensor.phase = reach.empty() ? Phase::unheard : Phase::queued;
  std::vector<RadioId> full;
  bool waits_for_better = false;
  for (const SensorReach& way : reach) {
    const auto room = planning.room.find(way.radio);
    if (room == planning.room.end()) continue;
    RadioUse& use = radios_[way.radio];
    if (room->second <= 0) {
      full.push_back(way.radio);
      continue;
    }
    if (waits_for_better && way.rssi_dbm < reach.front().rssi_dbm - options_.tolerated_db) continue;
    if (use.attempts > 0 || use.rests_until > planning.now) {
      if (use.attempts == 0) planning.plan.next = std::min(planning.plan.next, use.rests_until);
      waits_for_better = true;
      continue;
    }
    sensor.phase = Phase::connecting;
    sensor.radio = way.radio;
    sensor.since = planning.now;
    sensor.last_turn = planning.now;
    sensor.was_served = false;
    ++use.attempts;
    ++use.links;
    --room->second;
    planning.plan.starts.push_back({.sensor = id, .radio = way.radio, .hold = sensor.wish.stays || sensor.wish.subscribes});
    return;
  }
  if (!waits_for_better) make_room(full, planning);
}

// One link of the radios that this sensor could use is given up: one without subscriptions first, then the oldest.
void SensorSchedule::make_room(const std::vector<RadioId>& full, Planning& planning) {
  const auto is_candidate = [&](const Sensor& sensor) { return std::ranges::find(full, sensor.radio) != full.end(); };
  SensorId leaver = 0;
  Sensor* best = nullptr;
  for (auto& [id, sensor] : sensors_) {
    if (!has_link(sensor) || !is_candidate(sensor)) continue;
    if (sensor.phase == Phase::leaving) return;  // that slot comes free
    if (sensor.phase == Phase::connecting) continue;
    const TimePoint at = may_leave_at(sensor);
    if (at > planning.now) {
      planning.plan.next = std::min(planning.plan.next, at);
      continue;
    }
    if (best == nullptr || std::pair(sensor.wish.subscribes, sensor.since) < std::pair(best->wish.subscribes, best->since)) {
      best = &sensor;
      leaver = id;
    }
  }
  if (best == nullptr) return;
  best->phase = Phase::leaving;
  planning.plan.leaves.push_back(leaver);
}

void SensorSchedule::on_connected(SensorId id, TimePoint now) {
  Sensor& sensor = sensors_.at(id);
  if (sensor.phase != Phase::connecting) return;
  end_attempt(sensor, now);
  sensor.phase = Phase::connected;
  sensor.since = now;
}

void SensorSchedule::end_attempt(Sensor& sensor, TimePoint now) {
  RadioUse& use = radios_[sensor.radio];
  --use.attempts;
  const auto rate = rates_.find(sensor.radio);
  const bool is_busy = rate != rates_.end() && rate->second > options_.busy_per_s;
  use.rests_until = now + std::max(is_busy ? options_.busy_rest : options_.rest, (now - sensor.since) / 2);
}

void SensorSchedule::on_served(SensorId id, TimePoint now) {
  Sensor& sensor = sensors_.at(id);
  sensor.was_served = true;
  sensor.failures = 0;
  sensor.last_turn = now;
  if (sensor.due <= now) sensor.due += sensor.wish.every * ((now - sensor.due) / sensor.wish.every + 1);
}

void SensorSchedule::on_ended(SensorId id, TimePoint now, End how) {
  Sensor& sensor = sensors_.at(id);
  if (!has_link(sensor)) return;
  const bool was_connecting = sensor.phase == Phase::connecting;
  if (was_connecting) end_attempt(sensor, now);
  --radios_[sensor.radio].links;
  sensor.last_turn = now;
  sensor.not_before = TimePoint::min();
  sensor.phase = Phase::idle;
  const bool has_settled = !was_connecting && now - sensor.since >= options_.settled;
  if (how == End::failed || (how == End::lost && !has_settled)) {
    fail(sensor, now);
  } else {
    sensor.failures = 0;
    if (how == End::lost) sensor.not_before = now + options_.first_pause;
  }
  const bool wants_link = sensor.wish.subscribes || (sensor.wish.stays && how != End::served);
  if (wants_link) sensor.due = now;
}

void SensorSchedule::fail(Sensor& sensor, TimePoint now) {
  Duration pause = options_.first_pause;
  for (int i = 0; i < sensor.failures && pause < options_.last_pause; ++i) pause *= 2;
  ++sensor.failures;
  sensor.not_before = now + std::min(pause, options_.last_pause);
  sensor.phase = Phase::failed;
}

}  // namespace moor
