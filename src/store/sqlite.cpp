#include "store/sqlite.hpp"

#include <sqlite3.h>
#include <system_error>

namespace moor::sqlite {

namespace {

Trouble trouble_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_CANTOPEN: return Trouble::cannot_open;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return Trouble::read_only;
    case SQLITE_FULL: return Trouble::full;
    case SQLITE_IOERR: return Trouble::input_output;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Trouble::busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Trouble::damaged;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG: return Trouble::bad_value;
    default: return Trouble::other;
  }
}

[[noreturn]] void fail(sqlite3* handle) {
  const int code = sqlite3_extended_errcode(handle);
  std::string what = sqlite3_errmsg(handle);
  const Trouble trouble = trouble_of(code);
  const int system = sqlite3_system_errno(handle);
  if (system != 0 && (trouble == Trouble::cannot_open || trouble == Trouble::input_output || trouble == Trouble::full))
    what += " (" + std::generic_category().message(system) + ")";
  throw Failure(what, trouble);
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

Database::Database(const std::filesystem::path& path, Access access) {
  const int flags = access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  handle_.reset(handle);
  if (result != SQLITE_OK) fail(handle);
  // Only another writer makes us wait; those of this folder retry anyway.
  sqlite3_busy_timeout(handle, 500);
}

void Database::execute(const char* sql) {
  if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle());
}

std::string Database::text_of(const char* query) {
  Statement statement(*this, query);
  return statement.step() ? statement.text(0) : std::string();
}

int64_t Database::integer_of(const char* query) {
  Statement statement(*this, query);
  return statement.step() ? statement.integer(0) : 0;
}

void Database::copy_to(Database& target) {
  // One step is one read transaction: it sees no writer, and a writer does not wait for it.
  sqlite3_backup* copy = sqlite3_backup_init(target.handle(), "main", handle(), "main");
  if (copy == nullptr) fail(target.handle());
  (void)sqlite3_backup_step(copy, -1);  // finish has its error
  if (sqlite3_backup_finish(copy) != SQLITE_OK) fail(target.handle());
}

int64_t Database::last_insert_id() const noexcept {
  return sqlite3_last_insert_rowid(handle());
}
int64_t Database::changes() const noexcept {
  return sqlite3_changes64(handle());
}
bool Database::in_transaction() const noexcept {
  return sqlite3_get_autocommit(handle()) == 0;
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

Statement::Statement(Database& database, std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle,
                         nullptr) != SQLITE_OK)
    fail(database.handle());
  handle_.reset(handle);
}

bool Statement::step() {
  switch (sqlite3_step(handle_.get())) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: break;
  }
  try {
    fail(sqlite3_db_handle(handle_.get()));
  } catch (...) {
    reset();  // after the message has been read; an open statement would keep its lock
    throw;
  }
}

void Statement::finish() {
  while (step()) {
  }
  reset();
}

void Statement::reset() noexcept {
  sqlite3_reset(handle_.get());
}

void Statement::bind_one(int place, int64_t value) {
  if (sqlite3_bind_int64(handle_.get(), place, value) != SQLITE_OK) fail(sqlite3_db_handle(handle_.get()));
}

void Statement::bind_one(int place, double value) {
  if (sqlite3_bind_double(handle_.get(), place, value) != SQLITE_OK) fail(sqlite3_db_handle(handle_.get()));
}

void Statement::bind_one(int place, std::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();  // a null pointer would bind NULL
  if (sqlite3_bind_text64(handle_.get(), place, bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK)
    fail(sqlite3_db_handle(handle_.get()));
}

void Statement::bind_one(int place, std::nullopt_t) {
  if (sqlite3_bind_null(handle_.get(), place) != SQLITE_OK) fail(sqlite3_db_handle(handle_.get()));
}

bool Statement::is_null(int column) const noexcept {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}
int64_t Statement::integer(int column) const noexcept {
  return sqlite3_column_int64(handle_.get(), column);
}
double Statement::real(int column) const noexcept {
  return sqlite3_column_double(handle_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column)));
}

}  // namespace moor::sqlite
