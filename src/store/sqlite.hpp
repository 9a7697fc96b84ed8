#pragma once
// SQLite's C API with owners, so that a statement cannot be left open and an error cannot be overlooked. Nothing else includes
// sqlite3.h.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace moor::sqlite {

/// What is wrong, as far as it decides what to do about it (sqlite.org/rescode.html).
enum class Trouble : uint8_t {
  other,
  cannot_open,
  read_only,
  full,
  input_output,
  busy,
  damaged,   ///< or no database at all
  bad_value  ///< this row will never be taken
};

class Failure : public std::runtime_error {
public:
  Failure(const std::string& what, Trouble trouble) : std::runtime_error(what), trouble_(trouble) {}
  [[nodiscard]] Trouble trouble() const noexcept { return trouble_; }

private:
  Trouble trouble_;
};

enum class Access : uint8_t { read_only, read_write };

/// A connection. It may be used on any thread, on one at a time.
class Database {
public:
  /// Makes the file with `Access::read_write` if it is not there. @throws Failure, as all that follows.
  Database(const std::filesystem::path& path, Access access);

  /// One or more statements without values.
  void execute(const char* sql);
  /// The first column of the only row of a query or pragma.
  [[nodiscard]] std::string text_of(const char* query);
  [[nodiscard]] int64_t integer_of(const char* query);

  /// All of it, as it is at this moment, into another database, whose content it replaces; others may go on writing to this one
  /// (sqlite.org/backup.html).
  void copy_to(Database& target);

  [[nodiscard]] int64_t last_insert_id() const noexcept;
  [[nodiscard]] int64_t changes() const noexcept;  ///< rows that the last statement changed
  [[nodiscard]] bool in_transaction() const noexcept;
  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement: `bind` its values in order, `step` through its rows. The database must outlive it.
class Statement {
public:
  Statement(Database& database, std::string_view sql);

  template <typename... Values>
  Statement& bind(const Values&... values) {
    reset();
    int place = 0;
    (bind_one(++place, values), ...);
    return *this;
  }
  /// Binds and executes what gives no rows.
  template <typename... Values>
  void run(const Values&... values) {
    bind(values...);
    finish();
  }

  /// Binds, executes, and gives the first column of the first row, as of RETURNING; nothing if there is none.
  template <typename... Values>
  std::optional<int64_t> run_for(const Values&... values) {
    bind(values...);
    const auto found = step() ? std::optional(integer(0)) : std::nullopt;
    if (found) finish();
    reset();
    return found;
  }

  /// @returns whether there is a row. @throws Failure, after which the statement can be used again.
  [[nodiscard]] bool step();
  void reset() noexcept;

  void bind_one(int place, int64_t value);
  void bind_one(int place, double value);
  void bind_one(int place, std::string_view value);
  void bind_one(int place, std::nullopt_t);
  template <typename Value>
  void bind_one(int place, const std::optional<Value>& value) {
    if (value)
      bind_one(place, *value);
    else
      bind_one(place, std::nullopt);
  }

  /// Columns of the current row, from 0. NULL reads as 0 or empty.
  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] int64_t integer(int column) const noexcept;
  [[nodiscard]] double real(int column) const noexcept;
  [[nodiscard]] std::string text(int column) const;

private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  void finish();
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace moor::sqlite
