#pragma once
// Rows into tables: the blocking half of the store. It is used on the writer thread only, and never decides anything.

#include "store/file.hpp"
#include "store/outbox_table.hpp"
#include "store/pruning.hpp"
#include "store/queue.hpp"

namespace moor::store {

class Writer {
public:
  /// Opens the store. @throws StoreError.
  Writer(const StoreOptions& options, const Clock& clock);

  /// What the file has to go on from, and its outbox. @throws StoreError.
  [[nodiscard]] SavedState saved_state(const StoreOptions& options, WallTime now);
  [[nodiscard]] OutboxState outbox();

  /// Brings all that is in the log beside the file into the file, so that it is whole by itself even while somebody still reads it: SQLite does that only when
  /// the last connection closes, and not where that one may only read.
  void fold_log() noexcept;

  /// One transaction: all rows, less those that the database can never take, and the changes, or none of it.
  [[nodiscard]] Outcome write(const Batch& batch, const OutboxChanges& changes, TimePoint now) noexcept;

  /// Durable messages. @throws StoreError.
  [[nodiscard]] std::vector<OutboxMessage> messages(uint64_t after, size_t limit);

private:
  // Members are in the order in which they need each other.
  Ownership ownership_;
  sqlite::Database database_;
  const Clock& clock_;
  std::filesystem::path path_;
  OutboxTable outbox_;
  Pruning pruning_;
  bool keep_messages_ = true;  // of the transaction under way
  bool messages_added_ = false;

  sqlite::Statement find_device_;
  sqlite::Statement add_device_;
  sqlite::Statement update_device_;
  sqlite::Statement update_beacon_;
  sqlite::Statement add_reading_;
  sqlite::Statement add_zone_event_;
  sqlite::Statement begin_visit_;
  sqlite::Statement find_visit_;
  sqlite::Statement end_visit_;
  sqlite::Statement add_visit_;
  sqlite::Statement add_traffic_;
  sqlite::Statement find_radio_;
  sqlite::Statement add_radio_;
  sqlite::Statement add_minute_;
  sqlite::Statement add_connection_;
  sqlite::Statement set_counter_;

  [[nodiscard]] int64_t micros(TimePoint time) const;
  [[nodiscard]] int64_t device_id(const std::string& identity, int64_t seen);
  [[nodiscard]] int64_t radio_id(const std::string& name);
  [[nodiscard]] int64_t visit_id(const VisitRow& row);
  void add_message(std::string_view kind, TimePoint time, int64_t row_id, const std::string& message);
  [[nodiscard]] Outcome write_all(const Batch& batch, const OutboxChanges& changes, TimePoint now);

  void write(const MinuteRow& row);

  void write(const ReadingRow& row);
  void write(const CounterRow& row);
  void write(const DeviceRow& row);
  void write(const BeaconRow& row);
  void write(const TrafficRow& row);
  void write(const ConnectionRow& row);
  void write(const ZoneEventRow& row);
  void write(const VisitRow& row);
};

}  // namespace moor::store
