#include "store/pruning.hpp"

#include <algorithm>

namespace moor::store {

namespace {

// ?1 is the oldest moment to keep, ?2 how many rows at once.
constexpr const char* minutes_sql = R"sql(
DELETE FROM minutes WHERE (minute, device, radio) IN (SELECT minute, device, radio FROM minutes WHERE minute < ?1 LIMIT ?2))sql";
constexpr const char* readings_sql = R"sql(
DELETE FROM readings WHERE (device, quantity, t) IN (SELECT device, quantity, t FROM readings WHERE t < ?1 LIMIT ?2))sql";
constexpr const char* zone_events_sql = R"sql(
DELETE FROM zone_events WHERE id IN (SELECT id FROM zone_events WHERE t < ?1 LIMIT ?2))sql";
constexpr const char* visits_sql = R"sql(
DELETE FROM visits WHERE id IN
  (SELECT id FROM visits WHERE entered < ?1 AND "left" < ?1 LIMIT ?2))sql";
constexpr const char* traffic_sql = R"sql(
DELETE FROM traffic WHERE (interval_start, interval, zone) IN
  (SELECT interval_start, interval, zone FROM traffic WHERE interval_start < ?1 LIMIT ?2))sql";
constexpr const char* connections_sql = R"sql(
DELETE FROM connections WHERE id IN (SELECT id FROM connections WHERE t < ?1 LIMIT ?2))sql";
constexpr const char* beacons_sql = R"sql(
DELETE FROM beacons WHERE identity IN (SELECT identity FROM beacons WHERE last_seen < ?1 LIMIT ?2))sql";
// A device's minutes are not older than its last sighting, so they are gone when their time is over and the device's too.
constexpr const char* devices_sql = R"sql(
DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE last_seen < ?1
  AND NOT EXISTS (SELECT 1 FROM readings WHERE device = devices.id)
  AND NOT EXISTS (SELECT 1 FROM zone_events WHERE device = devices.id)
  AND NOT EXISTS (SELECT 1 FROM visits WHERE device = devices.id)
  AND NOT EXISTS (SELECT 1 FROM connections WHERE device = devices.id) LIMIT ?2))sql";
constexpr const char* counters_sql = R"sql(
DELETE FROM counters WHERE (device, kind) IN
  (SELECT device, kind FROM counters WHERE NOT EXISTS (SELECT 1 FROM devices WHERE id = counters.device) LIMIT ?2))sql";

}  // namespace

Pruning::Pruning(const StoreOptions& options) {
  const Duration minutes = options.keep_minutes.value_or(options.keep);
  const bool all_minutes = minutes <= Duration::zero();
  const Duration devices = options.keep <= Duration::zero() || all_minutes ? Duration::zero() : std::max(options.keep, minutes);
  tables_ = {{minutes_sql, minutes},
             {readings_sql, options.keep_readings.value_or(options.keep)},
             {zone_events_sql, options.keep_zone_events.value_or(options.keep)},
             {visits_sql, options.keep_visits.value_or(options.keep)},
             {traffic_sql, options.keep_traffic.value_or(options.keep)},
             {connections_sql, options.keep_connections.value_or(options.keep)},
             {beacons_sql, options.keep},
             {devices_sql, devices},
             {counters_sql, devices}};
  std::erase_if(tables_, [](const Table& table) { return table.keep <= Duration::zero(); });
}

void Pruning::prune(sqlite::Database& database, const Clock& clock, TimePoint now) {
  if (next_ && now < *next_) return;
  bool more = false;
  for (const Table& table : tables_) {
    const WallTime oldest = clock.to_wall(now - table.keep);
    sqlite::Statement(database, table.sql)
        .run(std::chrono::floor<std::chrono::microseconds>(oldest.time_since_epoch()).count(), rows_at_once);
    more |= database.changes() >= rows_at_once;
  }
  next_ = now + (more ? pause : every);
}

}  // namespace moor::store
