#include "store/writer.hpp"

#include "store/saved_state.hpp"

#include <algorithm>

namespace moor::store {

namespace {

constexpr const char* find_device_sql = "SELECT id FROM devices WHERE identity = ?1";

// A row may name a device before the device's own row comes; that one fills in the rest.
constexpr const char* add_device_sql =
    "INSERT INTO devices (identity, first_seen, last_seen, sightings, rssi_samples) VALUES (?1, ?2, ?2, 0, 0)";

constexpr const char* update_device_sql = R"sql(
INSERT INTO devices (identity, address, address_type, name, first_seen, last_seen, sightings,
                     rssi_samples, rssi_min, rssi_max, rssi_mean, smoothed_rssi)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
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
         / (rssi_samples + excluded.rssi_samples) END,
  smoothed_rssi = coalesce(excluded.smoothed_rssi, smoothed_rssi)
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

constexpr const char* begin_visit_sql =
    "INSERT INTO visits (device, zone, entered) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING RETURNING id";
// What a visit that begins stands in conflict with: one that is still open, or one of the same moment.
constexpr const char* find_visit_sql = R"sql(
SELECT id FROM visits WHERE device = ?1 AND zone = ?2 AND ("left" IS NULL OR entered = ?3) ORDER BY "left" IS NULL DESC LIMIT 1
)sql";

// The open visit is found by its being open, and its end from its beginning: the wall clock may have been corrected in between,
// so that the beginning has another name by now, and the dwell must not change with it.
constexpr const char* end_visit_sql =
    R"sql(UPDATE visits SET "left" = entered + ?3 WHERE device = ?1 AND zone = ?2 AND "left" IS NULL
          RETURNING id)sql";

constexpr const char* add_visit_sql = R"sql(
INSERT INTO visits (device, zone, entered, "left") VALUES (?1, ?2, ?3, ?3 + ?4)
ON CONFLICT (device, zone, entered) DO UPDATE SET "left" = max(coalesce("left", 0), excluded."left")
RETURNING id
)sql";

constexpr const char* add_traffic_sql = R"sql(
INSERT INTO traffic (interval_start, interval, zone, entries, distinct_devices) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (interval_start, interval, zone) DO UPDATE SET
  entries = entries + excluded.entries, distinct_devices = distinct_devices + excluded.distinct_devices
)sql";

constexpr const char* find_radio_sql = "SELECT id FROM radios WHERE name = ?1";
constexpr const char* add_radio_sql = "INSERT INTO radios (name) VALUES (?1)";

constexpr const char* add_minute_sql = R"sql(
INSERT INTO minutes (minute, device, radio, samples, rssi_min, rssi_max, rssi_mean) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (minute, device, radio) DO UPDATE SET
  samples = samples + excluded.samples,
  rssi_min = min(rssi_min, excluded.rssi_min),
  rssi_max = max(rssi_max, excluded.rssi_max),
  rssi_mean = (rssi_mean * samples + excluded.rssi_mean * excluded.samples) / (samples + excluded.samples)
)sql";

constexpr const char* add_connection_sql =
    "INSERT INTO connections (t, device, radio, label, event, cause, took) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

constexpr const char* set_counter_sql = R"sql(
INSERT INTO counters (device, kind, counter) VALUES (?1, ?2, ?3)
ON CONFLICT (device, kind) DO UPDATE SET counter = excluded.counter
)sql";

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
      path_(options.path),
      outbox_(database_),
      pruning_(options),
      find_device_(database_, find_device_sql),
      add_device_(database_, add_device_sql),
      update_device_(database_, update_device_sql),
      update_beacon_(database_, update_beacon_sql),
      add_reading_(database_, add_reading_sql),
      add_zone_event_(database_, add_zone_event_sql),
      begin_visit_(database_, begin_visit_sql),
      find_visit_(database_, find_visit_sql),
      end_visit_(database_, end_visit_sql),
      add_visit_(database_, add_visit_sql),
      add_traffic_(database_, add_traffic_sql),
      find_radio_(database_, find_radio_sql),
      add_radio_(database_, add_radio_sql),
      add_minute_(database_, add_minute_sql),
      add_connection_(database_, add_connection_sql),
      set_counter_(database_, set_counter_sql) {
} catch (const sqlite::Failure& failure) {
  throw explain(options.path, failure);
}

SavedState Writer::saved_state(const StoreOptions& options, WallTime now) try {
  return load_saved_state(database_, options, now);
} catch (const sqlite::Failure& failure) {
  throw explain(path_, failure);
}

OutboxState Writer::outbox() try { return outbox_.load(); } catch (const sqlite::Failure& failure) {
  throw explain(path_, failure);
}

std::vector<OutboxMessage> Writer::messages(uint64_t after, size_t limit) try {
  return outbox_.read(after, limit);
} catch (const sqlite::Failure& failure) {
  throw explain(path_, failure);
}

void Writer::fold_log() noexcept {
  try {
    database_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (const sqlite::Failure&) {  // what is in the log is durable; the next start brings it over
  }
}

Outcome Writer::write(const Batch& batch, const OutboxChanges& changes, TimePoint now) noexcept {
  try {
    return write_all(batch, changes, now);
  } catch (const std::exception& failure) {
    try {
      if (database_.in_transaction()) database_.execute("ROLLBACK");
    } catch (const sqlite::Failure&) {
      // The next BEGIN fails then, and says so.
    }
    return {.error = failure.what(), .refused = {}, .outbox = {}};
  }
}

Outcome Writer::write_all(const Batch& batch, const OutboxChanges& changes, TimePoint now) {
  Outcome outcome;
  keep_messages_ = changes.keep_messages;
  messages_added_ = false;
  database_.execute("BEGIN IMMEDIATE");
  outbox_.apply(changes);
  for (const QueuedRow& queued : batch) {
    try {
      std::visit([this](const auto& row) { write(row); }, queued.row);
    } catch (const sqlite::Failure& failure) {
      if (failure.trouble() != sqlite::Trouble::bad_value) throw;
      ++outcome.refused[queued.row.index()];
    }
  }
  pruning_.prune(database_, clock_, now);
  outcome.outbox = outbox_.state(changes.positions);
  database_.execute("COMMIT");
  outcome.messages_added = messages_added_;
  return outcome;
}

int64_t Writer::micros(TimePoint time) const {
  return in_micros(clock_.to_wall(time).time_since_epoch());
}

int64_t Writer::device_id(const std::string& identity, int64_t seen) {
  if (const auto found = find_device_.run_for(identity)) return *found;
  add_device_.run(identity, seen);
  return database_.last_insert_id();
}

int64_t Writer::radio_id(const std::string& name) {
  if (const auto found = find_radio_.run_for(name)) return *found;
  add_radio_.run(name);
  return database_.last_insert_id();
}

void Writer::add_message(std::string_view kind, TimePoint time, int64_t row_id, const std::string& message) {
  if (message.empty() || !keep_messages_) return;
  outbox_.add(kind, micros(time), row_id, message);
  messages_added_ = true;
}

void Writer::write(const MinuteRow& row) {
  const int64_t minute = in_micros(std::chrono::floor<std::chrono::minutes>(row.minute).time_since_epoch());
  const int64_t device = device_id(row.device, minute);
  add_minute_.run(minute, device, radio_id(row.radio), integer(row.rssi.samples), integer(row.rssi.min_dbm),
                  integer(row.rssi.max_dbm), row.rssi.mean_dbm);
}

void Writer::write(const ReadingRow& row) {
  const int64_t t = micros(row.time);
  add_reading_.run(device_id(row.device, t), row.quantity, t, row.value, unless_empty(row.unit));
}

void Writer::write(const CounterRow& row) {
  const int64_t now = micros(clock_.now());
  set_counter_.run(device_id(row.device, now), row.kind, integer(row.counter));
}

void Writer::write(const DeviceRow& row) {
  const auto address = row.address ? std::optional(row.address->to_string()) : std::nullopt;
  const auto heard = [&](auto value) { return row.rssi.samples > 0 ? std::optional(value) : std::nullopt; };
  update_device_.run(row.identity, address, std::string_view(to_string(row.address_kind)), unless_empty(row.name),
                     micros(row.first_seen), micros(row.last_seen), integer(row.sightings), integer(row.rssi.samples),
                     heard(integer(row.rssi.min_dbm)), heard(integer(row.rssi.max_dbm)), heard(row.rssi.mean_dbm),
                     row.smoothed_rssi_dbm);
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

void Writer::write(const ConnectionRow& row) {
  const int64_t t = micros(row.time);
  add_connection_.run(t, device_id(row.device, t), unless_empty(row.radio), unless_empty(row.label), row.event,
                      unless_empty(row.cause), in_micros(row.took));
}

void Writer::write(const ZoneEventRow& row) {
  if (!row.message.empty()) OutboxTable::check(row.message);
  const int64_t t = micros(row.time);
  add_zone_event_.run(t, device_id(row.device, t), unless_empty(row.from), unless_empty(row.to), row.cause, row.smoothed_rssi_dbm,
                      row.distance_m);
  add_message("zone", row.time, database_.last_insert_id(), row.message);
}

void Writer::write(const VisitRow& row) {
  if (!row.message.empty()) OutboxTable::check(row.message);
  const int64_t id = visit_id(row);
  add_message("visit", row.left.value_or(row.entered), id, row.message);
}

int64_t Writer::visit_id(const VisitRow& row) {
  const int64_t entered = micros(row.entered);
  const int64_t device = device_id(row.device, entered);
  if (!row.left) {
    if (const auto begun = begin_visit_.run_for(device, row.zone, entered)) return *begun;
    return find_visit_.run_for(device, row.zone, entered).value_or(0);
  }
  const int64_t dwell = in_micros(std::max(*row.left - row.entered, Duration::zero()));
  if (const auto ended = end_visit_.run_for(device, row.zone, dwell)) return *ended;
  return add_visit_.run_for(device, row.zone, entered, dwell).value_or(0);
}

}  // namespace moor::store
