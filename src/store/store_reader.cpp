#include "moor/store_reader.hpp"

#include "store/file.hpp"

namespace moor {

namespace {

using std::chrono::microseconds;

int64_t micros(WallTime time) {
  return std::chrono::ceil<microseconds>(time.time_since_epoch()).count();
}
WallTime wall(int64_t micros) {
  return WallTime(microseconds(micros));
}
uint64_t count(int64_t number) {
  return static_cast<uint64_t>(number);
}

// A SELECT whose conditions are those that the query sets, so that each uses its index.
class Question {
public:
  explicit Question(std::string select) : sql_(std::move(select)) {}

  Question& where(const char* condition, const std::optional<WallTime>& time) {
    return time ? add(condition, micros(*time)) : *this;
  }
  Question& where(const char* condition, const std::string& text) { return text.empty() ? *this : add(condition, text); }
  Question& newest_first(const char* columns) {
    sql_ += std::string(" ORDER BY ") + columns;
    return *this;
  }

  template <typename Row, typename Read>
  StoreAnswer<Row> ask(sqlite::Database& database, size_t limit, Read&& read) {
    sqlite::Statement statement(database, sql_ + " LIMIT ?");
    int place = 0;
    for (const auto& value : values_) std::visit([&](const auto& each) { statement.bind_one(++place, each); }, value);
    limit = std::min<size_t>(limit, INT32_MAX);
    statement.bind_one(++place, static_cast<int64_t>(limit) + 1);
    StoreAnswer<Row> answer;
    while (statement.step()) {
      answer.more = answer.rows.size() == limit;
      if (answer.more) break;
      answer.rows.push_back(read(statement));
    }
    return answer;
  }

private:
  Question& add(const char* condition, std::variant<int64_t, std::string> value) {
    sql_ += std::string(values_.empty() ? " WHERE " : " AND ") + condition;
    values_.push_back(std::move(value));
    return *this;
  }

  std::string sql_;
  std::vector<std::variant<int64_t, std::string>> values_;
};

constexpr const char* of_device = "device = (SELECT id FROM devices WHERE identity = ?)";

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
  return {.time = wall(row.integer(0)),
          .device = row.text(1),
          .from = row.text(2),
          .to = row.text(3),
          .cause = row.text(4),
          .smoothed_rssi_dbm = optional_real(row, 5),
          .distance_m = optional_real(row, 6)};
}

StoredVisit read_visit(const sqlite::Statement& row) {
  StoredVisit visit{.device = row.text(0), .zone = row.text(1), .entered = wall(row.integer(2)), .left = {}, .dwell = {}};
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

}  // namespace

class StoreReader::Connection {
public:
  explicit Connection(const std::filesystem::path& path) : path_(path), database_(store::open_for_reading(path)) {}

  template <typename Row, typename Read>
  StoreAnswer<Row> ask(Question& question, size_t limit, Read&& read) {
    try {
      return question.ask<Row>(database_, limit, read);
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
  Question question(
      "SELECT identity, address, address_type, name, first_seen, last_seen, sightings, rssi_samples, rssi_min, rssi_max, "
      "rssi_mean "
      "FROM devices");
  question.where("identity = ?", query.device)
      .where("last_seen >= ?", query.from)
      .where("first_seen < ?", query.until)
      .newest_first("last_seen DESC, id DESC");
  return connection_->ask<StoredDevice>(question, query.limit, read_device);
}

StoreAnswer<StoredBeacon> StoreReader::beacons(const StoreQuery& query) const {
  Question question("SELECT identity, type, fields, tx_power, first_seen, last_seen, sightings FROM beacons");
  question.where("identity = ?", query.device)
      .where("last_seen >= ?", query.from)
      .where("first_seen < ?", query.until)
      .newest_first("last_seen DESC, identity");
  return connection_->ask<StoredBeacon>(question, query.limit, read_beacon);
}

StoreAnswer<StoredReading> StoreReader::readings(const StoreQuery& query) const {
  Question question("SELECT t, identity, quantity, value, unit FROM readings JOIN devices ON devices.id = device");
  question.where(of_device, query.device)
      .where("quantity = ?", query.quantity)
      .where("t >= ?", query.from)
      .where("t < ?", query.until)
      .newest_first("t DESC, device, quantity");
  return connection_->ask<StoredReading>(question, query.limit, read_reading);
}

StoreAnswer<StoredZoneEvent> StoreReader::zone_events(const StoreQuery& query) const {
  Question question(
      "SELECT t, identity, from_zone, to_zone, cause, zone_events.smoothed_rssi, distance "
      "FROM zone_events JOIN devices ON devices.id = device");
  question.where(of_device, query.device)
      .where("? IN (from_zone, to_zone)", query.zone)
      .where("t >= ?", query.from)
      .where("t < ?", query.until)
      .newest_first("t DESC, zone_events.id DESC");
  return connection_->ask<StoredZoneEvent>(question, query.limit, read_zone_event);
}

StoreAnswer<StoredVisit> StoreReader::visits(const StoreQuery& query) const {
  Question question(R"sql(SELECT identity, zone, entered, "left", dwell FROM visits JOIN devices ON devices.id = device)sql");
  question.where(of_device, query.device)
      .where("zone = ?", query.zone)
      .where(R"sql(coalesce("left" >= ?, 1))sql", query.from)
      .where("entered < ?", query.until)
      .newest_first("entered DESC, device, zone");
  return connection_->ask<StoredVisit>(question, query.limit, read_visit);
}

StoreAnswer<StoredTraffic> StoreReader::traffic(const StoreQuery& query) const {
  Question question("SELECT interval_start, interval, zone, entries, distinct_devices FROM traffic");
  question.where("zone = ?", query.zone)
      .where("interval_start >= ?", query.from)
      .where("interval_start < ?", query.until)
      .newest_first("interval_start DESC, zone");
  return connection_->ask<StoredTraffic>(question, query.limit, read_traffic);
}

}  // namespace moor
