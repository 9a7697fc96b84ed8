#pragma once
// The store's policy without its I/O: what waits, when the next transaction is due, what is shed when there is no room, and what
// a failure means. It knows no database and no thread; store.cpp does what it says.

#include "moor/store.hpp"

#include <deque>
#include <vector>

namespace moor::store {

struct QueuedRow {
  StoreRow row;
  uint64_t number = 0;  // in the order of `put`, from 1
  TimePoint put_at;
};
using Batch = std::vector<QueuedRow>;

/// How a transaction ended.
struct Outcome {
  std::string error;                                ///< empty if it is durable
  std::array<uint64_t, store_row_kinds> refused{};  ///< rows that the database can never take; the others are in
};

class Queue {
public:
  static constexpr Duration first_pause = std::chrono::milliseconds(500);  ///< after a failure; doubles with each further one
  static constexpr Duration longest_pause = std::chrono::seconds(30);

  explicit Queue(const StoreOptions& options);

  Admission put(StoreRow row, TimePoint now);
  /// Counts a row as dropped without looking at it.
  void refuse(const StoreRow& row) noexcept { ++counts_.dropped[row.index()]; }

  /// When the next transaction shall begin: TimePoint::min() for at once, TimePoint::max() while nothing waits.
  [[nodiscard]] TimePoint due() const noexcept;
  /// Makes all that has been put due at once, until it is written or an attempt fails. @returns the number of the last row.
  uint64_t hurry() noexcept { return hurried_through_ = last_number_; }

  /// The rows of the next transaction, the most valuable first. One batch is out at a time; it still counts against the bound.
  [[nodiscard]] Batch take();
  void on_finished(Batch batch, const Outcome& outcome, TimePoint now);

  [[nodiscard]] bool empty() const noexcept { return waiting_ + in_flight_ == 0; }
  /// Whether no row of that number or before still waits.
  [[nodiscard]] bool done_through(uint64_t number) const noexcept;
  /// Drops all that waits. @returns how many rows.
  size_t drop_all() noexcept;
  [[nodiscard]] uint64_t losses() const noexcept;  ///< rows dropped or refused so far
  [[nodiscard]] StoreStatistics statistics(TimePoint now) const;

private:
  [[nodiscard]] const QueuedRow* oldest() const noexcept;
  void give_back(Batch batch);

  size_t batch_rows_;
  Duration batch_age_;
  size_t capacity_;
  std::array<std::deque<QueuedRow>, store_row_kinds> rows_;  // each in the order of `put`
  size_t waiting_ = 0;
  size_t in_flight_ = 0;
  uint64_t in_flight_oldest_ = 0;  // number; 0 while no batch is out
  TimePoint in_flight_since_;
  uint64_t last_number_ = 0;
  uint64_t hurried_through_ = 0;
  std::optional<TimePoint> retry_at_;
  Duration pause_ = first_pause;
  StoreStatistics counts_;
};

}  // namespace moor::store
