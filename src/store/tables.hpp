#pragma once
// A store's rows by the names of their columns, for whoever prints or sends them: `moor query` and the API say the same.

#include "store/questions.hpp"

#include <functional>

namespace moor::store {

using Cell = std::variant<std::monostate, int64_t, double, std::string>;

/// Names of what can be asked: "visits", "dwell", "traffic", "readings", "events", "devices", "beacons", "minutes", "connections".
[[nodiscard]] std::span<const std::string_view> table_names() noexcept;

/// @param by  for dwell (by day where it is not given) and traffic (as it was counted where it is not); of no meaning to the others.
/// @throws std::invalid_argument for a name that is none.
[[nodiscard]] Question about(std::string_view table, const StoreQuery& query, std::optional<StoreGroup> by);
[[nodiscard]] std::optional<StoreGroup> group_named(std::string_view name) noexcept;

/// A cell as text: times as ISO 8601, lengths in seconds; nothing for NULL.
[[nodiscard]] std::string text_of(const Column& column, const Cell& cell);
/// One JSON object: times as ISO 8601 text, lengths as seconds.
[[nodiscard]] std::string json_of(std::span<const Column> columns, std::span<const Cell> row);

class TableReader {
public:
  /// @throws StoreError as StoreReader.
  explicit TableReader(const std::filesystem::path& path);

  /// Whatever is asked from now on is answered as of one moment, whatever a gateway writes meanwhile. Not for longer than needed: the store's log
  /// grows until this reader is gone.
  void stand_still();

  /// Calls with each row, the newest first, one at a time in memory; stops where `each` returns false. Blocks.
  /// @returns whether the limit cut it. @throws StoreError if the file cannot be read to the end.
  bool read(const Question& question, size_t limit, const std::function<bool(std::span<const Cell>)>& each);

private:
  std::filesystem::path path_;
  sqlite::Database database_;
};

}  // namespace moor::store
