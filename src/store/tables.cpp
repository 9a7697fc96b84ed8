#include "store/tables.hpp"

#include "core/iso_time.hpp"
#include "core/json_text.hpp"
#include "store/file.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

namespace moor::store {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 9> names = {"visits",  "dwell",   "traffic", "readings",   "events",
                                                   "devices", "beacons", "minutes", "connections"};

std::string iso(int64_t micros) {
  return to_iso(WallTime(std::chrono::microseconds(micros)));
}
double seconds(int64_t micros) {
  return rounded(std::chrono::duration<double>(std::chrono::microseconds(micros)).count(), 3);
}
// Of means and smoothed values: what was measured has whole units.
double plain(double number) {
  return rounded(number, 6);
}

Cell cell_of(const Column& column, int place, const sqlite::Statement& row) {
  if (row.is_null(place)) return std::monostate();
  switch (column.kind) {
    case ColumnKind::integer:
    case ColumnKind::time:
    case ColumnKind::length: return row.integer(place);
    case ColumnKind::real: return row.real(place);
    case ColumnKind::text:
    case ColumnKind::json: break;
  }
  return row.text(place);
}

json::value value_of(const Column& column, const Cell& cell) {
  if (const auto* integer = std::get_if<int64_t>(&cell)) {
    if (column.kind == ColumnKind::time) return json::string(iso(*integer));
    if (column.kind == ColumnKind::length) return seconds(*integer);
    return *integer;
  }
  if (const auto* real = std::get_if<double>(&cell)) return plain(*real);
  const auto* text = std::get_if<std::string>(&cell);
  if (text == nullptr) return nullptr;
  if (column.kind != ColumnKind::json) return json::string(*text);
  boost::system::error_code error;
  json::value parsed = json::parse(*text, error);
  return error ? json::value(json::string(*text)) : parsed;
}

}  // namespace

std::span<const std::string_view> table_names() noexcept {
  return names;
}

std::optional<StoreGroup> group_named(std::string_view name) noexcept {
  if (name == "hour") return StoreGroup::hour;
  if (name == "day") return StoreGroup::day;
  if (name == "zone") return StoreGroup::zone;
  return std::nullopt;
}

Question about(std::string_view table, const StoreQuery& query, std::optional<StoreGroup> by) {
  if (table == "visits") return about_visits(query);
  if (table == "dwell") return about_dwell(query, by.value_or(StoreGroup::day));
  if (table == "traffic") return by ? about_traffic(query, *by) : about_traffic(query);
  if (table == "readings") return about_readings(query);
  if (table == "events") return about_zone_events(query);
  if (table == "devices") return about_devices(query);
  if (table == "beacons") return about_beacons(query);
  if (table == "minutes") return about_minutes(query);
  if (table == "connections") return about_connections(query);
  throw std::invalid_argument("no table '" + std::string(table) + "'");
}

std::string text_of(const Column& column, const Cell& cell) {
  const json::value value = value_of(column, cell);
  if (value.is_null()) return "";
  return value.is_string() ? std::string(value.get_string()) : to_line(value);
}

std::string json_of(std::span<const Column> columns, std::span<const Cell> row) {
  json::object object;
  for (size_t i = 0; i < columns.size() && i < row.size(); ++i) object[columns[i].name] = value_of(columns[i], row[i]);
  return to_line(object);
}

TableReader::TableReader(const std::filesystem::path& path) : path_(path), database_(open_for_reading(path)) {}

void TableReader::stand_still() try { database_.execute("BEGIN"); } catch (const sqlite::Failure& failure) {
  throw explain(path_, failure);
}

bool TableReader::read(const Question& question, size_t limit, const std::function<bool(std::span<const Cell>)>& each) {
  const std::span<const Column> columns = question.columns();
  std::vector<Cell> cells(columns.size());
  try {
    sqlite::Statement row = question.ask(database_, limit);
    for (size_t count = 0; row.step(); ++count) {
      if (count == limit) return true;
      for (size_t i = 0; i < columns.size(); ++i) cells[i] = cell_of(columns[i], static_cast<int>(i), row);
      if (!each(cells)) return false;
    }
    return false;
  } catch (const sqlite::Failure& failure) {
    throw explain(path_, failure);
  }
}

}  // namespace moor::store
