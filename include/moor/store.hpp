#pragma once
// The store: devices, what was heard of them by the minute, beacons, readings, zone events, visits, links and foot traffic in one
// SQLite file.
//
// `put` never waits: rows go into a bounded queue, which one writer thread empties in transactions. What `flush` has acknowledged
// survives kill -9 always, and a power cut with `Synchronous::full`. When the disk is full, locked or gone, the store keeps what
// it has, tries again with growing pauses, sheds the least valuable rows at its bound and counts them. The file is described in
// docs/store.md.

#include "moor/clock.hpp"
#include "moor/error.hpp"
#include "moor/outbox.hpp"
#include "moor/store_rows.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <vector>

namespace moor {

/// What SQLite waits for at the end of a transaction in its write-ahead log (sqlite.org/pragma.html#pragma_synchronous).
enum class Synchronous : uint8_t {
  full,    ///< until the disk has it: a power cut loses nothing that `flush` acknowledged
  normal,  ///< until the system has it: a power cut may lose the last transactions, never the file's integrity
};

struct StoreOptions {
  std::filesystem::path path;  ///< the file; made if it is not there, its folder is not
  Synchronous synchronous = Synchronous::full;
  size_t batch_rows = 1000;                      ///< a transaction begins when so many rows wait, and holds no more
  Duration batch_age = std::chrono::seconds(1);  ///< or when the oldest has waited so long
  size_t queue_rows = 20'000;                    ///< rows in memory at most; at least `batch_rows`, raised to it if less
  Duration urgent_age = std::chrono::milliseconds(
      5);  ///< zone events and visits wait no longer for others: they are published once they are durable
  Duration keep = std::chrono::days(365);  ///< older rows are deleted, a few with each transaction; 0 keeps all
  /// The same for one table, where it differs from `keep`.
  std::optional<Duration> keep_minutes = std::chrono::days(30);
  std::optional<Duration> keep_readings{};
  std::optional<Duration> keep_zone_events{};
  std::optional<Duration> keep_visits{};
  std::optional<Duration> keep_traffic{};
  std::optional<Duration> keep_connections = std::chrono::days(90);
  Duration restore_age = std::chrono::days(1);  ///< `saved_state` has the devices that were seen within it
  size_t restore_devices = 20'000;              ///< and at most so many, the last seen ones
  friend bool operator==(const StoreOptions&, const StoreOptions&) = default;
};

/// What became of all rows; by kind where it is an array, see `store_row_names`.
struct StoreStatistics {
  size_t queued = 0;                                ///< put, and not durable yet
  std::array<uint64_t, store_row_kinds> written{};  ///< durable
  std::array<uint64_t, store_row_kinds> dropped{};  ///< shed for want of room, or put after `close`
  std::array<uint64_t, store_row_kinds> refused{};  ///< that the database can never take, such as a reading of NaN
  uint64_t batches = 0;                             ///< transactions
  uint64_t failures = 0;                            ///< transactions that failed and were tried again
  std::string last_error;                           ///< why the last transaction failed; empty once one has succeeded
  Duration oldest_unwritten_age{};                  ///< how long the oldest queued row has waited
};

/// What the file says of a device that was seen not long before it was opened.
struct SavedDevice {
  std::string identity;
  std::string address;  ///< as `Address::to_string`; empty where it is not kept
  std::string address_type;
  std::string name;
  WallTime first_seen;
  WallTime last_seen;
  uint64_t sightings = 0;
  std::string zone;                         ///< of its last zone event; empty for none
  WallTime zone_since;                      ///< of that event
  std::optional<double> smoothed_rssi_dbm;  ///< of its last row or that event, whichever is newer
};

struct SavedVisit {
  std::string device;
  std::string zone;
  WallTime entered;
  WallTime last_seen;  ///< of its device
};

/// What a gateway goes on from.
struct SavedState {
  std::vector<SavedDevice> devices;  ///< the last seen first
  std::vector<SavedVisit> visits;    ///< those that nobody has ended: a row with `left` ends one
  std::vector<CounterRow> counters;
};

/// What `put` did with a row.
enum class Admission : uint8_t {
  queued,
  queued_instead,  ///< and a row of no more worth was shed for it
  dropped,         ///< the queue is full of rows that are worth more, or the store is closed
};

class Store {
public:
  /// Opens the file, or makes it; brings an older schema up to date. Blocks for as long as that takes, so open it before the
  /// radios.
  ///
  /// @param executor  that of the radios; every call is made on it and every awaitable completes on it, one at a time.
  /// @throws StoreError  naming file, cause and advice: no permission, disk full, locked, no database, damaged, or made by a
  /// newer moor. Lifetime: `clock` must outlive the store.
  Store(boost::asio::any_io_executor executor, Clock& clock, StoreOptions options);
  /// Gives up what is still queued, as a kill would; `co_await close()` first.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Queues a row. Never blocks, never throws but for want of memory. Virtual time stands still while a transaction is under way.
  Admission put(StoreRow row);

  /// Completes when every row put before it is durable.
  /// @throws StoreError  if the next attempt to write them fails (they stay queued and are tried again), or if one of them has
  /// been
  ///                     dropped since the last flush.
  /// Cancellation: total; the rows are written all the same.
  [[nodiscard]] awaitable<void> flush();

  /// Writes what is queued, in one last attempt, and closes the file. Later rows are dropped; a second call does nothing.
  /// @throws StoreError  if rows were lost, saying how many and why. The file is closed even then.
  [[nodiscard]] awaitable<void> close();

  /// Messages of zone events and visits to those who publish them. It lives as long as the store.
  [[nodiscard]] Outbox& outbox() noexcept;

  /// What the file held when it was opened. The first call takes it along; it is empty from then on.
  [[nodiscard]] SavedState saved_state();

  [[nodiscard]] StoreStatistics statistics() const;

private:
  class Writing;
  std::shared_ptr<Writing> writing_;  // shared with the coroutine that writes
};

/// Copies a store into another file, which is a whole store of the moment that the copy began, while a gateway goes on writing it. Blocks. What
/// the target was before is replaced at the end, or not at all.
/// @throws StoreError  naming file, cause and advice.
void backup_store(const std::filesystem::path& source, const std::filesystem::path& target);

}  // namespace moor
