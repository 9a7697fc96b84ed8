#pragma once
// The store's policy without its I/O: what waits, when the next transaction is due, what is shed when there is no room, and what
// a failure means. It knows no database and no thread; store.cpp does what it says.

#include "moor/store.hpp"
#include "store/cursors.hpp"

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
  OutboxState outbox;                               ///< of the durable file
  bool messages_added = false;
};

class Queue {
public:
  static constexpr Duration first_pause = std::chrono::milliseconds(500);  ///< after a failure; doubles with each further one
  static constexpr Duration longest_pause = std::chrono::seconds(30);

  static constexpr size_t urgent_batch_rows = 200;  ///< that are not urgent themselves in an urgent transaction

  explicit Queue(const StoreOptions& options);

  Admission put(StoreRow row, TimePoint now);
  /// Counts a row as dropped without looking at it.
  void refuse(const StoreRow& row) noexcept { ++counts_.dropped[row.index()]; }

  /// Something besides rows is to be written, such as a cursor of the outbox: it waits like a row.
  void mark_change(TimePoint now) noexcept;
  [[nodiscard]] bool changed() const noexcept { return change_.has_value(); }

  /// When the next transaction shall begin: TimePoint::min() for at once, TimePoint::max() while nothing waits.
  [[nodiscard]] TimePoint due() const noexcept;
  /// Makes all that has been put due at once, until it is written or an attempt fails. @returns the number of the last row.
  uint64_t hurry() noexcept { return hurried_through_ = last_number_; }

  /// The rows of the next transaction: zone events and visits in the order of `put`, then the most valuable first. One that is urgent has not many of these,
  /// so that it is short. One batch is out at a time; it still counts against the bound.
  [[nodiscard]] Batch take();
  void on_finished(Batch batch, const Outcome& outcome, TimePoint now);

  [[nodiscard]] bool empty() const noexcept { return waiting_ + in_flight_ == 0 && !change_; }
  /// Whether no row of that number or before still waits.
  [[nodiscard]] bool done_through(uint64_t number) const noexcept;
  /// Drops all that waits. @returns how many rows.
  size_t drop_all() noexcept;
  [[nodiscard]] uint64_t losses() const noexcept;  ///< rows dropped or refused so far
  [[nodiscard]] StoreStatistics statistics(TimePoint now) const;

private:
  // A row or a change that waits.
  struct Waiting {
    uint64_t number = 0;
    TimePoint since;
  };
  [[nodiscard]] std::optional<Waiting> oldest() const noexcept;
  [[nodiscard]] std::optional<Waiting> oldest_urgent() const noexcept;
  void give_back(Batch batch);

  size_t batch_rows_;
  Duration batch_age_;
  Duration urgent_age_;
  size_t capacity_;
  std::array<std::deque<QueuedRow>, store_row_kinds> rows_;  // each in the order of `put`
  size_t waiting_ = 0;
  size_t in_flight_ = 0;
  std::optional<Waiting> in_flight_oldest_;
  bool change_in_flight_ = false;
  std::optional<Waiting> change_;
  uint64_t last_number_ = 0;
  uint64_t hurried_through_ = 0;
  std::optional<TimePoint> retry_at_;
  Duration pause_ = first_pause;
  StoreStatistics counts_;
};

}  // namespace moor::store
