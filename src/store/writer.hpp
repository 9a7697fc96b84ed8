#pragma once
// Rows into tables: the blocking half of the store. It is used on the writer thread only, and never decides anything.

#include "store/file.hpp"
#include "store/queue.hpp"

namespace moor::store {

class Writer {
public:
  /// Opens the store and ends the visits that a killed gateway left open, at the moment their device was last seen. @throws
  /// StoreError.
  Writer(const StoreOptions& options, const Clock& clock);

  /// One transaction: all rows, less those that the database can never take, or none.
  [[nodiscard]] Outcome write(const Batch& batch, TimePoint now) noexcept;

private:
  // Members are in the order in which they need each other.
  Ownership ownership_;
  sqlite::Database database_;
  const Clock& clock_;
  Duration keep_;
  std::optional<TimePoint> pruned_at_;

  sqlite::Statement find_device_;
  sqlite::Statement add_device_;
  sqlite::Statement update_device_;
  sqlite::Statement update_beacon_;
  sqlite::Statement add_reading_;
  sqlite::Statement add_zone_event_;
  sqlite::Statement begin_visit_;
  sqlite::Statement end_visit_;
  sqlite::Statement add_visit_;
  sqlite::Statement add_traffic_;

  [[nodiscard]] int64_t micros(TimePoint time) const;
  [[nodiscard]] int64_t device_id(const std::string& identity, int64_t seen);
  [[nodiscard]] Outcome write_all(const Batch& batch, TimePoint now);
  void prune(TimePoint now);

  void write(const ReadingRow& row);
  void write(const DeviceRow& row);
  void write(const BeaconRow& row);
  void write(const TrafficRow& row);
  void write(const ZoneEventRow& row);
  void write(const VisitRow& row);
};

}  // namespace moor::store
