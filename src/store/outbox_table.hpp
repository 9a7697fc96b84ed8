#pragma once
// The outbox in the file: on the writer thread, within the writer's transaction, which decides nothing.

#include "store/cursors.hpp"
#include "store/sqlite.hpp"

namespace moor::store {

class OutboxTable {
public:
  static constexpr int64_t deleted_at_once = 1000;  ///< messages at most in one transaction

  explicit OutboxTable(sqlite::Database& database);

  /// What the file holds.
  [[nodiscard]] OutboxState load();

  /// @param rest  a JSON object; the row's id goes in front of it.
  void add(std::string_view kind, int64_t t, int64_t row_id, const std::string& rest);
  /// @throws sqlite::Failure of Trouble::bad_value if `message` is no JSON object, before anything is written about it.
  static void check(const std::string& message);
  void apply(const OutboxChanges& changes);
  /// After the transaction. @returns the state, `oldest` for those of these positions behind which messages wait.
  [[nodiscard]] OutboxState state(const std::vector<Position>& positions);

  [[nodiscard]] std::vector<OutboxMessage> read(uint64_t after, size_t limit);

private:
  sqlite::Database& database_;
  sqlite::Statement add_;
  sqlite::Statement read_;
  sqlite::Statement delete_;
  sqlite::Statement last_id_;
  sqlite::Statement oldest_;
};

}  // namespace moor::store
