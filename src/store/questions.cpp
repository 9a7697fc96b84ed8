#include "store/questions.hpp"

#include <algorithm>
#include <utility>

namespace moor::store {

namespace {

using std::chrono::microseconds;

int64_t micros(WallTime time) {
  return std::chrono::ceil<microseconds>(time.time_since_epoch()).count();
}

constexpr const char* of_device = "device = (SELECT id FROM devices WHERE identity = ?)";

constexpr Column device_columns[] = {
    {"device", ColumnKind::text},       {"address", ColumnKind::text},         {"address_type", ColumnKind::text},
    {"name", ColumnKind::text},         {"first_seen", ColumnKind::time},      {"last_seen", ColumnKind::time},
    {"sightings", ColumnKind::integer}, {"rssi_samples", ColumnKind::integer}, {"rssi_min", ColumnKind::integer},
    {"rssi_max", ColumnKind::integer},  {"rssi_mean", ColumnKind::real}};
constexpr Column beacon_columns[] = {{"beacon", ColumnKind::text},      {"type", ColumnKind::text},
                                     {"fields", ColumnKind::json},      {"tx_power", ColumnKind::integer},
                                     {"first_seen", ColumnKind::time},  {"last_seen", ColumnKind::time},
                                     {"sightings", ColumnKind::integer}};
constexpr Column reading_columns[] = {{"t", ColumnKind::time},
                                      {"device", ColumnKind::text},
                                      {"quantity", ColumnKind::text},
                                      {"value", ColumnKind::real},
                                      {"unit", ColumnKind::text}};
constexpr Column zone_event_columns[] = {
    {"t", ColumnKind::time},     {"device", ColumnKind::text},   {"from", ColumnKind::text},       {"to", ColumnKind::text},
    {"cause", ColumnKind::text}, {"smoothed", ColumnKind::real}, {"distance_m", ColumnKind::real}, {"id", ColumnKind::integer}};
constexpr Column visit_columns[] = {{"device", ColumnKind::text}, {"zone", ColumnKind::text},      {"entered", ColumnKind::time},
                                    {"left", ColumnKind::time},   {"dwell_s", ColumnKind::length}, {"id", ColumnKind::integer}};
constexpr Column traffic_columns[] = {{"from", ColumnKind::time},
                                      {"interval_s", ColumnKind::length},
                                      {"zone", ColumnKind::text},
                                      {"entries", ColumnKind::integer},
                                      {"distinct", ColumnKind::integer}};
constexpr Column dwell_columns[] = {{"from", ColumnKind::time},       {"zone", ColumnKind::text},
                                    {"visits", ColumnKind::integer},  {"mean_s", ColumnKind::length},
                                    {"median_s", ColumnKind::length}, {"longest_s", ColumnKind::length}};
constexpr Column minute_columns[] = {{"t", ColumnKind::time},       {"device", ColumnKind::text}, {"radio", ColumnKind::text},
                                     {"min", ColumnKind::integer},  {"mean", ColumnKind::real},   {"max", ColumnKind::integer},
                                     {"count", ColumnKind::integer}};
constexpr Column connection_columns[] = {{"t", ColumnKind::time},       {"device", ColumnKind::text}, {"radio", ColumnKind::text},
                                         {"label", ColumnKind::text},   {"event", ColumnKind::text},  {"cause", ColumnKind::text},
                                         {"took_s", ColumnKind::length}};

// When the hour or day begins that a visit began in, and how long it is.
struct Bucket {
  std::string begin = "NULL";
  std::string length = "NULL";
};
Bucket bucket(const StoreQuery& query, StoreGroup by) {
  if (by == StoreGroup::zone) return {};
  const microseconds length = by == StoreGroup::hour ? microseconds(std::chrono::hours(1)) : microseconds(std::chrono::days(1));
  const std::string whole = std::to_string(length.count());
  const std::string offset = std::to_string(microseconds(query.utc_offset).count());
  return {"(entered + " + offset + ") / " + whole + " * " + whole + " - (" + offset + ")", whole};
}

// Visits belong to the sum of the time in which they began.
Question& begun_within(Question& question, const StoreQuery& query) {
  return question.where(of_device, query.device)
      .where("zone = ?", query.zone)
      .where("entered >= ?", query.from)
      .where("entered < ?", query.until);
}

}  // namespace

Question& Question::where(const char* condition) {
  sql_ += std::string(std::exchange(conditional_, true) ? " AND " : " WHERE ") + condition;
  return *this;
}

Question& Question::where(const char* condition, const std::optional<WallTime>& time) {
  return time ? where(condition).with(micros(*time)) : *this;
}

Question& Question::where(const char* condition, const std::string& text) {
  return text.empty() ? *this : where(condition).with(text);
}

Question& Question::then(const char* sql) {
  sql_ += sql;
  return *this;
}

Question& Question::with(int64_t value) {
  values_.emplace_back(std::in_place_type<int64_t>, value);
  return *this;
}

Question& Question::with(const std::string& value) {
  values_.emplace_back(std::in_place_type<std::string>, value);
  return *this;
}

sqlite::Statement Question::ask(sqlite::Database& database, size_t limit) const {
  sqlite::Statement statement(database, sql_ + " LIMIT ?");
  int place = 0;
  for (const auto& value : values_) std::visit([&](const auto& each) { statement.bind_one(++place, each); }, value);
  statement.bind_one(++place, static_cast<int64_t>(std::min<size_t>(limit, INT64_MAX - 1)) + 1);
  return statement;
}

Question about_devices(const StoreQuery& query) {
  Question question(
      device_columns,
      "SELECT identity, address, address_type, name, first_seen, last_seen, sightings, rssi_samples, rssi_min, rssi_max, "
      "rssi_mean FROM devices");
  return question.where("identity = ?", query.device)
      .where("last_seen >= ?", query.from)
      .where("first_seen < ?", query.until)
      .then(" ORDER BY last_seen DESC, id DESC");
}

Question about_beacons(const StoreQuery& query) {
  Question question(beacon_columns, "SELECT identity, type, fields, tx_power, first_seen, last_seen, sightings FROM beacons");
  return question.where("identity = ?", query.device)
      .where("last_seen >= ?", query.from)
      .where("first_seen < ?", query.until)
      .then(" ORDER BY last_seen DESC, identity");
}

Question about_readings(const StoreQuery& query) {
  Question question(reading_columns,
                    "SELECT t, identity, quantity, value, unit FROM readings JOIN devices ON devices.id = device");
  return question.where(of_device, query.device)
      .where("quantity = ?", query.quantity)
      .where("t >= ?", query.from)
      .where("t < ?", query.until)
      .then(" ORDER BY t DESC, device, quantity");
}

Question about_zone_events(const StoreQuery& query) {
  Question question(zone_event_columns,
                    "SELECT t, identity, from_zone, to_zone, cause, zone_events.smoothed_rssi, distance, zone_events.id "
                    "FROM zone_events JOIN devices ON devices.id = device");
  return question.where(of_device, query.device)
      .where("? IN (from_zone, to_zone)", query.zone)
      .where("t >= ?", query.from)
      .where("t < ?", query.until)
      .then(" ORDER BY t DESC, zone_events.id DESC");
}

Question about_visits(const StoreQuery& query) {
  Question question(
      visit_columns,
      R"sql(SELECT identity, zone, entered, "left", dwell, visits.id FROM visits JOIN devices ON devices.id = device)sql");
  if (query.open_only) question.where(R"sql("left" IS NULL)sql");
  return question.where(of_device, query.device)
      .where("zone = ?", query.zone)
      .where(R"sql(coalesce("left" >= ?, 1))sql", query.from)
      .where("entered < ?", query.until)
      .then(" ORDER BY entered DESC, device, zone");
}

Question about_traffic(const StoreQuery& query) {
  Question question(traffic_columns, "SELECT interval_start, interval, zone, entries, distinct_devices FROM traffic");
  return question.where("zone = ?", query.zone)
      .where("interval_start >= ?", query.from)
      .where("interval_start < ?", query.until)
      .then(" ORDER BY interval_start DESC, zone");
}

Question about_traffic(const StoreQuery& query, StoreGroup by) {
  const Bucket of = bucket(query, by);
  Question question(traffic_columns,
                    "SELECT " + of.begin + " AS begin, " + of.length + ", zone, count(*), count(DISTINCT device) FROM visits");
  return begun_within(question, query).then(" GROUP BY begin, zone ORDER BY begin DESC, zone");
}

Question about_dwell(const StoreQuery& query, StoreGroup by) {
  Question question(dwell_columns, "WITH ended AS (SELECT " + bucket(query, by).begin + " AS begin, zone, dwell FROM visits");
  question.where("dwell IS NOT NULL");
  return begun_within(question, query).then(R"sql(), ranked AS (
  SELECT begin, zone, dwell, row_number() OVER (PARTITION BY begin, zone ORDER BY dwell) AS place,
         count(*) OVER (PARTITION BY begin, zone) AS visits FROM ended)
SELECT begin, zone, visits, CAST(avg(dwell) AS INTEGER),
       CAST(avg(CASE WHEN place IN ((visits + 1) / 2, (visits + 2) / 2) THEN dwell END) AS INTEGER), max(dwell)
FROM ranked GROUP BY begin, zone ORDER BY begin DESC, zone)sql");
}

// Minutes lie by their time. Those of one device are looked up minute by minute, which costs as much as there are minutes, not devices.
Question about_minutes(const StoreQuery& query) {
  constexpr const char* names = " JOIN devices ON devices.id = device JOIN radios ON radios.id = radio";
  constexpr const char* order = " ORDER BY minute DESC, device, radio";
  const std::string select =
      "SELECT minute, identity, radios.name, minutes.rssi_min, minutes.rssi_mean, minutes.rssi_max, samples FROM ";
  if (query.device.empty()) {
    Question question(minute_columns, select + "minutes" + names);
    return question.where("minute >= ?", query.from).where("minute < ?", query.until).then(order);
  }
  Question question(minute_columns, R"sql(
WITH RECURSIVE asked(m, first) AS (
  SELECT min((SELECT max(minute) FROM minutes), (?1 - 1) / 60000000 * 60000000), max((SELECT min(minute) FROM minutes), ?2)
  UNION ALL SELECT m - 60000000, first FROM asked WHERE m - 60000000 >= first)
)sql" + select + "asked JOIN minutes ON minute = m" +
                                        names);
  return question.with(query.until ? micros(*query.until) : INT64_MAX)
      .with(query.from ? micros(*query.from) : int64_t{0})
      .where("minute >= first")
      .where(of_device, query.device)
      .then(order);
}

Question about_connections(const StoreQuery& query) {
  Question question(connection_columns,
                    "SELECT t, identity, radio, label, event, cause, took FROM connections JOIN devices ON devices.id = device");
  return question.where(of_device, query.device)
      .where("t >= ?", query.from)
      .where("t < ?", query.until)
      .then(" ORDER BY t DESC, connections.id DESC");
}

}  // namespace moor::store
