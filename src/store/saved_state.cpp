#include "store/saved_state.hpp"

#include <algorithm>

namespace moor::store {

namespace {

using std::chrono::microseconds;

// A device's last event is one step in the index by device and time.
constexpr const char* devices_sql = R"sql(
SELECT devices.identity, devices.address, devices.address_type, devices.name, devices.first_seen, devices.last_seen, devices.sightings,
       last.to_zone, last.t, CASE WHEN last.smoothed_rssi IS NULL OR devices.last_seen > last.t
                                  THEN coalesce(devices.smoothed_rssi, last.smoothed_rssi) ELSE last.smoothed_rssi END
FROM devices LEFT JOIN zone_events AS last
  ON last.id = (SELECT id FROM zone_events WHERE device = devices.id ORDER BY t DESC, id DESC LIMIT 1)
WHERE devices.last_seen >= ?1 ORDER BY devices.last_seen DESC LIMIT ?2
)sql";

constexpr const char* visits_sql = R"sql(
SELECT identity, zone, entered, last_seen FROM visits JOIN devices ON devices.id = device WHERE "left" IS NULL ORDER BY entered
)sql";

constexpr const char* counters_sql = R"sql(
SELECT identity, kind, counter FROM counters JOIN devices ON devices.id = device ORDER BY last_seen DESC LIMIT ?1
)sql";

WallTime wall(int64_t micros) {
  return WallTime(microseconds(micros));
}

SavedDevice read_device(const sqlite::Statement& row) {
  return {.identity = row.text(0),
          .address = row.text(1),
          .address_type = row.text(2),
          .name = row.text(3),
          .first_seen = wall(row.integer(4)),
          .last_seen = wall(row.integer(5)),
          .sightings = static_cast<uint64_t>(row.integer(6)),
          .zone = row.text(7),
          .zone_since = wall(row.integer(8)),
          .smoothed_rssi_dbm = row.is_null(9) ? std::nullopt : std::optional(row.real(9))};
}

}  // namespace

SavedState load_saved_state(sqlite::Database& database, const StoreOptions& options, WallTime now) {
  SavedState state;
  const auto most = static_cast<int64_t>(std::min<size_t>(options.restore_devices, INT32_MAX));
  const auto since = std::chrono::floor<microseconds>((now - options.restore_age).time_since_epoch()).count();
  sqlite::Statement devices(database, devices_sql);
  devices.bind(since, most);
  while (devices.step()) state.devices.push_back(read_device(devices));

  sqlite::Statement visits(database, visits_sql);
  while (visits.step())
    state.visits.push_back({.device = visits.text(0),
                            .zone = visits.text(1),
                            .entered = wall(visits.integer(2)),
                            .last_seen = wall(visits.integer(3))});

  sqlite::Statement counters(database, counters_sql);
  counters.bind(most);
  while (counters.step())
    state.counters.push_back(
        {.device = counters.text(0), .kind = counters.text(1), .counter = static_cast<uint64_t>(counters.integer(2))});
  return state;
}

}  // namespace moor::store
