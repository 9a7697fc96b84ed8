#include "moor/store_reader.hpp"

#include "store/file.hpp"
#include "store/questions.hpp"

namespace moor {

namespace {

using std::chrono::microseconds;

WallTime wall(int64_t micros) {
  return WallTime(microseconds(micros));
}
uint64_t count(int64_t number) {
  return static_cast<uint64_t>(number);
}

std::optional<double> optional_real(const sqlite::Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.real(column));
}

StoredDevice read_device(const sqlite::Statement& row) {
  StoredDevice device{.identity = row.text(0),
                      .address = row.text(1),
                      .address_type = row.text(2),
                      .name = row.text(3),
                      .first_seen = wall(row.integer(4)),
                      .last_seen = wall(row.integer(5)),
                      .sightings = count(row.integer(6)),
                      .rssi = std::nullopt};
  if (row.integer(7) > 0)
    device.rssi = RssiSummary{.samples = count(row.integer(7)),
                              .min_dbm = static_cast<int>(row.integer(8)),
                              .max_dbm = static_cast<int>(row.integer(9)),
                              .mean_dbm = row.real(10)};
  return device;
}

StoredBeacon read_beacon(const sqlite::Statement& row) {
  return {.identity = row.text(0),
          .type = row.text(1),
          .fields_json = row.text(2),
          .tx_power_dbm = row.is_null(3) ? std::nullopt : std::optional(static_cast<int>(row.integer(3))),
          .first_seen = wall(row.integer(4)),
          .last_seen = wall(row.integer(5)),
          .sightings = count(row.integer(6))};
}

StoredReading read_reading(const sqlite::Statement& row) {
  return {
      .time = wall(row.integer(0)), .device = row.text(1), .quantity = row.text(2), .value = row.real(3), .unit = row.text(4)};
}

StoredZoneEvent read_zone_event(const sqlite::Statement& row) {
  return {.id = count(row.integer(7)),
          .time = wall(row.integer(0)),
          .device = row.text(1),
          .from = row.text(2),
          .to = row.text(3),
          .cause = row.text(4),
          .smoothed_rssi_dbm = optional_real(row, 5),
          .distance_m = optional_real(row, 6)};
}

StoredVisit read_visit(const sqlite::Statement& row) {
  StoredVisit visit{.id = count(row.integer(5)),
                    .device = row.text(0),
                    .zone = row.text(1),
                    .entered = wall(row.integer(2)),
                    .left = {},
                    .dwell = {}};
  if (row.is_null(3)) return visit;
  visit.left = wall(row.integer(3));
  visit.dwell = microseconds(row.integer(4));
  return visit;
}

StoredTraffic read_traffic(const sqlite::Statement& row) {
  return {.interval_start = wall(row.integer(0)),
          .interval = microseconds(row.integer(1)),
          .zone = row.text(2),
          .entries = count(row.integer(3)),
          .distinct = count(row.integer(4))};
}

StoredDwell read_dwell(const sqlite::Statement& row) {
  return {.from = row.is_null(0) ? std::nullopt : std::optional(wall(row.integer(0))),
          .zone = row.text(1),
          .visits = count(row.integer(2)),
          .mean = microseconds(row.integer(3)),
          .median = microseconds(row.integer(4)),
          .longest = microseconds(row.integer(5))};
}

StoredMinute read_minute(const sqlite::Statement& row) {
  return {.minute = wall(row.integer(0)),
          .device = row.text(1),
          .radio = row.text(2),
          .rssi = {.samples = count(row.integer(6)),
                   .min_dbm = static_cast<int>(row.integer(3)),
                   .max_dbm = static_cast<int>(row.integer(5)),
                   .mean_dbm = row.real(4)}};
}

StoredConnection read_connection(const sqlite::Statement& row) {
  return {.time = wall(row.integer(0)),
          .device = row.text(1),
          .radio = row.text(2),
          .label = row.text(3),
          .event = row.text(4),
          .cause = row.text(5),
          .took = microseconds(row.integer(6))};
}

}  // namespace

class StoreReader::Connection {
public:
  explicit Connection(const std::filesystem::path& path) : path_(path), database_(store::open_for_reading(path)) {}

  template <typename Row>
  StoreAnswer<Row> ask(const store::Question& question, size_t limit, Row (*read)(const sqlite::Statement&)) {
    try {
      sqlite::Statement row = question.ask(database_, limit);
      StoreAnswer<Row> answer;
      while (row.step()) {
        answer.more = answer.rows.size() == limit;
        if (answer.more) break;
        answer.rows.push_back(read(row));
      }
      return answer;
    } catch (const sqlite::Failure& failure) {
      throw store::explain(path_, failure);
    }
  }

private:
  std::filesystem::path path_;
  sqlite::Database database_;
};

StoreReader::StoreReader(const std::filesystem::path& path) : connection_(std::make_unique<Connection>(path)) {}
StoreReader::~StoreReader() = default;
StoreReader::StoreReader(StoreReader&&) noexcept = default;
StoreReader& StoreReader::operator=(StoreReader&&) noexcept = default;

StoreAnswer<StoredDevice> StoreReader::devices(const StoreQuery& query) const {
  return connection_->ask(store::about_devices(query), query.limit, read_device);
}
StoreAnswer<StoredBeacon> StoreReader::beacons(const StoreQuery& query) const {
  return connection_->ask(store::about_beacons(query), query.limit, read_beacon);
}
StoreAnswer<StoredReading> StoreReader::readings(const StoreQuery& query) const {
  return connection_->ask(store::about_readings(query), query.limit, read_reading);
}
StoreAnswer<StoredZoneEvent> StoreReader::zone_events(const StoreQuery& query) const {
  return connection_->ask(store::about_zone_events(query), query.limit, read_zone_event);
}
StoreAnswer<StoredVisit> StoreReader::visits(const StoreQuery& query) const {
  return connection_->ask(store::about_visits(query), query.limit, read_visit);
}
StoreAnswer<StoredTraffic> StoreReader::traffic(const StoreQuery& query) const {
  return connection_->ask(store::about_traffic(query), query.limit, read_traffic);
}
StoreAnswer<StoredTraffic> StoreReader::traffic(const StoreQuery& query, StoreGroup by) const {
  return connection_->ask(store::about_traffic(query, by), query.limit, read_traffic);
}
StoreAnswer<StoredDwell> StoreReader::dwell(const StoreQuery& query, StoreGroup by) const {
  return connection_->ask(store::about_dwell(query, by), query.limit, read_dwell);
}
StoreAnswer<StoredMinute> StoreReader::minutes(const StoreQuery& query) const {
  return connection_->ask(store::about_minutes(query), query.limit, read_minute);
}
StoreAnswer<StoredConnection> StoreReader::connections(const StoreQuery& query) const {
  return connection_->ask(store::about_connections(query), query.limit, read_connection);
}

}  // namespace moor
