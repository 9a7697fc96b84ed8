#pragma once
// Old rows go a few at a time, within the transactions of new ones, so that none of them becomes long.

#include "moor/store.hpp"
#include "store/sqlite.hpp"

namespace moor::store {

class Pruning {
public:
  static constexpr Duration every = std::chrono::minutes(10);       ///< while nothing is old
  static constexpr Duration pause = std::chrono::milliseconds(50);  ///< between transactions that delete, while there is more
  static constexpr int64_t rows_at_once = 250;                      ///< of each table

  explicit Pruning(const StoreOptions& options);

  /// Within a transaction. @throws sqlite::Failure.
  void prune(sqlite::Database& database, const Clock& clock, TimePoint now);

private:
  struct Table {
    const char* sql;
    Duration keep;  // 0 keeps all
  };
  std::vector<Table> tables_;
  std::optional<TimePoint> next_;
};

}  // namespace moor::store
