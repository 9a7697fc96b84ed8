#include "store/writer.hpp"

#include <algorithm>

namespace moor::store {

namespace {

constexpr const char* find_device_sql = "SELECT id FROM devices WHERE identity = ?1";

// A row may name a device before the device's own row comes; that one fills in the rest.
constexpr const char* add_device_sql =
    "INSERT INTO devices (identity, first_seen, last_seen, sightings, rssi_samples) VALUES (?1, ?2, ?2, 0, 0)";

constexpr const char* update_device_sql = R"sql(
INSERT INTO devices (identity, address, address_type, name, first_seen, last_seen, sightings,
                     rssi_samples, rssi_min, rssi_max, rssi_mean)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (identity) DO UPDATE SET
  address = coalesce(excluded.address, address),
  address_type = excluded.address_type,
  name = coalesce(excluded.name, name),
  first_seen = min(first_seen, excluded.first_seen),
  last_seen = max(last_seen, excluded.last_seen),
  sightings = sightings + excluded.sightings,
  rssi_samples = rssi_samples + excluded.rssi_samples,
  rssi_min = min(coalesce(rssi_min, excluded.rssi_min), coalesce(excluded.rssi_min, rssi_min)),
  rssi_max = max(coalesce(rssi_max, excluded.rssi_max), coalesce(excluded.rssi_max, rssi_max)),
  rssi_mean = CASE WHEN excluded.rssi_samples = 0 THEN rssi_mean
    ELSE (coalesce(rssi_mean, 0) * rssi_samples + excluded.rssi_mean * excluded.rssi_samples)
         / (rssi_samples + excluded.rssi_samples) END
)sql";

constexpr const char* update_beacon_sql = R"sql(
INSERT INTO beacons (identity, type, fields, tx_power, first_seen, last_seen, sightings) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (identity) DO UPDATE SET
  type = excluded.type,
  fields = excluded.fields,
  tx_power = coalesce(excluded.tx_power, tx_power),
  first_seen = min(first_seen, excluded.first_seen),
  last_seen = max(last_seen, excluded.last_seen),
  sightings = sightings + excluded.sightings
)sql";

constexpr const char* add_reading_sql = R"sql(
INSERT INTO readings (device, quantity, t, value, unit) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (device, quantity, t) DO UPDATE SET value = excluded.value, unit = excluded.unit
)sql";

constexpr const char* add_zone_event_sql = R"sql(
INSERT INTO zone_events (t, device, from_zone, to_zone, cause, smoothed_rssi, distance) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
)sql";

constexpr const char* begin_visit_sql = "INSERT INTO visits (device, zone, entered) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

// The open visit is found by its being open, and its end from its beginning: the wall clock may have been corrected in between,
// so that the beginning has another name by now, and the dwell must not change with it.
constexpr const char* end_visit_sql =
    R"sql(UPDATE visits SET "left" = entered + ?3 WHERE device = ?1 AND zone = ?2 AND "left" IS NULL)sql";

constexpr const char* add_visit_sql = R"sql(
INSERT INTO visits (device, zone, entered, "left") VALUES (?1, ?2, ?3, ?3 + ?4)
ON CONFLICT (device, zone, entered) DO UPDATE SET "left" = max("left", excluded."left")
)sql";

constexpr const char* add_traffic_sql = R"sql(
INSERT INTO traffic (interval_start, interval, zone, entries, distinct_devices) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (interval_start, interval, zone) DO UPDATE SET
  entries = entries + excluded.entries, distinct_devices = distinct_devices + excluded.distinct_devices
)sql";

constexpr const char* end_orphaned_visits_sql = R"sql(
UPDATE visits SET "left" = max(entered, (SELECT last_seen FROM devices WHERE id = visits.device)) WHERE "left" IS NULL
)sql";

// A few rows at a time, so that no transaction is long; a device goes when nothing names it any more.
constexpr const char* prune_sql[] = {
    R"sql(DELETE FROM readings WHERE (device, quantity, t) IN
          (SELECT device, quantity, t FROM readings WHERE t < ?1 LIMIT 1000))sql",
    R"sql(DELETE FROM zone_events WHERE id IN (SELECT id FROM zone_events WHERE t < ?1 LIMIT 1000))sql",
    R"sql(DELETE FROM visits WHERE (device, zone, entered) IN
          (SELECT device, zone, entered FROM visits WHERE entered < ?1 AND "left" < ?1 LIMIT 1000))sql",
    R"sql(DELETE FROM traffic WHERE (interval_start, interval, zone) IN
          (SELECT interval_start, interval, zone FROM traffic WHERE interval_start < ?1 LIMIT 1000))sql",
    R"sql(DELETE FROM beacons WHERE identity IN (SELECT identity FROM beacons WHERE last_seen < ?1 LIMIT 1000))sql",
    R"sql(DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE last_seen < ?1
          AND NOT EXISTS (SELECT 1 FROM readings WHERE device = devices.id)
          AND NOT EXISTS (SELECT 1 FROM zone_events WHERE device = devices.id)
          AND NOT EXISTS (SELECT 1 FROM visits WHERE device = devices.id) LIMIT 1000))sql",
};
constexpr Duration prune_every = std::chrono::minutes(10);

std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

template <typename Number>
int64_t integer(Number value) {
  return static_cast<int64_t>(value);
}

int64_t in_micros(Duration duration) {
  return std::chrono::floor<std::chrono::microseconds>(duration).count();
}

}  // namespace

Writer::Writer(const StoreOptions& options, const Clock& clock) try
    : ownership_(options.path),
      database_(open_for_writing(options)),
      clock_(clock),
      keep_(options.keep),
      find_device_(database_, find_device_sql),
      add_device_(database_, add_device_sql),
      update_device_(database_, update_device_sql),
      update_beacon_(database_, update_beacon_sql),
      add_reading_(database_, add_reading_sql),
      add_zone_event_(database_, add_zone_event_sql),
      begin_visit_(database_, begin_visit_sql),
      end_visit_(database_, end_visit_sql),
      add_visit_(database_, add_visit_sql),
      add_traffic_(database_, add_traffic_sql) {
  database_.execute(end_orphaned_visits_sql);
} catch (const sqlite::Failure& failure) {
  throw explain(options.path, failure);
}

Outcome Writer::write(const Batch& batch, TimePoint now) noexcept {
  try {
    return write_all(batch, now);
  } catch (const std::exception& failure) {
    try {
      if (database_.in_transaction()) database_.execute("ROLLBACK");
    } catch (const sqlite::Failure&) {
      // The next BEGIN fails then, and says so.
    }
    return {.error = failure.what(), .refused = {}};
  }
}

Outcome Writer::write_all(const Batch& batch, TimePoint now) {
  Outcome outcome;
  database_.execute("BEGIN IMMEDIATE");
  for (const QueuedRow& queued : batch) {
    try {
      std::visit([this](const auto& row) { write(row); }, queued.row);
    } catch (const sqlite::Failure& failure) {
      if (failure.trouble() != sqlite::Trouble::bad_value) throw;
      ++outcome.refused[queued.row.index()];
    }
  }
  prune(now);
  database_.execute("COMMIT");
  return outcome;
}

void Writer::prune(TimePoint now) {
  if (keep_ <= Duration::zero() || (pruned_at_ && now - *pruned_at_ < prune_every)) return;
  const int64_t oldest_kept = micros(now - keep_);
  int64_t deleted = 0;
  for (const char* sql : prune_sql) {
    sqlite::Statement(database_, sql).run(oldest_kept);
    deleted += database_.changes();
  }
  if (deleted == 0) pruned_at_ = now;
}

int64_t Writer::micros(TimePoint time) const {
  return in_micros(clock_.to_wall(time).time_since_epoch());
}

int64_t Writer::device_id(const std::string& identity, int64_t seen) {
  if (find_device_.bind(identity).step()) {
    const int64_t id = find_device_.integer(0);
    find_device_.reset();
    return id;
  }
  add_device_.run(identity, seen);
  return database_.last_insert_id();
}

void Writer::write(const ReadingRow& row) {
  const int64_t t = micros(row.time);
  add_reading_.run(device_id(row.device, t), row.quantity, t, row.value, unless_empty(row.unit));
}

void Writer::write(const DeviceRow& row) {
  const auto address = row.address ? std::optional(row.address->to_string()) : std::nullopt;
  const auto heard = [&](auto value) { return row.rssi.samples > 0 ? std::optional(value) : std::nullopt; };
  update_device_.run(row.identity, address, std::string_view(to_string(row.address_kind)), unless_empty(row.name),
                     micros(row.first_seen), micros(row.last_seen), integer(row.sightings), integer(row.rssi.samples),
                     heard(integer(row.rssi.min_dbm)), heard(integer(row.rssi.max_dbm)), heard(row.rssi.mean_dbm));
}

void Writer::write(const BeaconRow& row) {
  const auto tx_power = row.tx_power_dbm ? std::optional(integer(*row.tx_power_dbm)) : std::nullopt;
  update_beacon_.run(row.identity, row.type, row.fields_json, tx_power, micros(row.first_seen), micros(row.last_seen),
                     integer(row.sightings));
}

void Writer::write(const TrafficRow& row) {
  add_traffic_.run(in_micros(row.interval_start.time_since_epoch()), in_micros(row.interval), row.zone, integer(row.entries),
                   integer(row.distinct));
}

void Writer::write(const ZoneEventRow& row) {
  const int64_t t = micros(row.time);
  add_zone_event_.run(t, device_id(row.device, t), unless_empty(row.from), unless_empty(row.to), row.cause, row.smoothed_rssi_dbm,
                      row.distance_m);
}

void Writer::write(const VisitRow& row) {
  const int64_t entered = micros(row.entered);
  const int64_t device = device_id(row.device, entered);
  if (!row.left) return begin_visit_.run(device, row.zone, entered);
  const int64_t dwell = in_micros(std::max(*row.left - row.entered, Duration::zero()));
  end_visit_.run(device, row.zone, dwell);
  if (database_.changes() == 0) add_visit_.run(device, row.zone, entered, dwell);
}

}  // namespace moor::store
