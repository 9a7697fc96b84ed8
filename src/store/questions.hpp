#pragma once
// What can be asked of a store, as SQL with its columns: one place for whoever reads rows by their types or by their names.

#include "moor/store_reader.hpp"
#include "store/sqlite.hpp"

#include <span>
#include <variant>

namespace moor::store {

/// How a column of the answer is to be read.
enum class ColumnKind : uint8_t {
  text,
  integer,
  real,
  time,    ///< microseconds since 1970
  length,  ///< microseconds
  json,    ///< an object as text
};

struct Column {
  const char* name;  ///< as `moor query` prints it
  ColumnKind kind;
};

/// A SELECT whose conditions are those that the query sets, so that each uses its index.
class Question {
public:
  Question(std::span<const Column> columns, std::string select) : columns_(columns), sql_(std::move(select)) {}

  Question& where(const char* condition);
  Question& where(const char* condition, const std::optional<WallTime>& time);
  Question& where(const char* condition, const std::string& text);
  /// What comes behind the conditions: grouping and order.
  Question& then(const char* sql);
  /// A value for a place in the SELECT itself, before all conditions.
  Question& with(int64_t value);
  Question& with(const std::string& value);

  [[nodiscard]] std::span<const Column> columns() const noexcept { return columns_; }
  /// @returns the statement at its first row, if it has one, with one row more than the limit.
  [[nodiscard]] sqlite::Statement ask(sqlite::Database& database, size_t limit) const;

private:
  std::span<const Column> columns_;
  std::string sql_;
  bool conditional_ = false;
  std::vector<std::variant<int64_t, std::string>> values_;
};

[[nodiscard]] Question about_devices(const StoreQuery& query);
[[nodiscard]] Question about_beacons(const StoreQuery& query);
[[nodiscard]] Question about_readings(const StoreQuery& query);
[[nodiscard]] Question about_zone_events(const StoreQuery& query);
[[nodiscard]] Question about_visits(const StoreQuery& query);
[[nodiscard]] Question about_traffic(const StoreQuery& query);
[[nodiscard]] Question about_traffic(const StoreQuery& query, StoreGroup by);
[[nodiscard]] Question about_dwell(const StoreQuery& query, StoreGroup by);
[[nodiscard]] Question about_minutes(const StoreQuery& query);
[[nodiscard]] Question about_connections(const StoreQuery& query);

}  // namespace moor::store
