#pragma once
// The store's file: whose it is, which version of the schema it has, and what to tell the user when it cannot be used.

#include "moor/error.hpp"
#include "moor/store.hpp"
#include "store/sqlite.hpp"

#include <span>

namespace moor::store {

/// "moor" in the header of the file (sqlite.org/fileformat.html, 1.3.17), so that nobody else's database is taken for a store.
inline constexpr int64_t application_id = 0x6D6F6F72;

/// Script n brings a file of version n to version n + 1. Only ever appended to.
[[nodiscard]] std::span<const char* const> migrations() noexcept;

/// Runs the scripts that the file lacks, each in a transaction with its version number, so that a crash leaves a whole version.
/// @throws sqlite::Failure.
void migrate(sqlite::Database& database, std::span<const char* const> scripts);

/// An error that says which file, why, and what to do.
[[nodiscard]] StoreError explain(const std::filesystem::path& path, const sqlite::Failure& failure);

/// Keeps a second gateway from writing the same store: visits and sums have one author. Gone when the process ends, however it
/// ends.
class Ownership {
public:
  /// @throws StoreError if another process owns the store, or the lock file beside it cannot be made.
  explicit Ownership(const std::filesystem::path& store);
  Ownership(const Ownership&) = delete;
  Ownership& operator=(const Ownership&) = delete;
  ~Ownership();

private:
  int file_ = -1;
};

/// Makes the file if it is not there, not for every user of the machine: it tells who was where and when. SQLite gives its other files the
/// same mode.
void make_private(const std::filesystem::path& path);

/// @throws StoreError.
[[nodiscard]] sqlite::Database open_for_writing(const StoreOptions& options);
[[nodiscard]] sqlite::Database open_for_reading(const std::filesystem::path& path);

}  // namespace moor::store
