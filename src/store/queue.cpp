#include "store/queue.hpp"

#include <algorithm>
#include <numeric>

namespace moor::store {

Queue::Queue(const StoreOptions& options)
    : batch_rows_(std::max<size_t>(options.batch_rows, 1)),
      batch_age_(options.batch_age),
      capacity_(std::max(options.queue_rows, batch_rows_)) {}

Admission Queue::put(StoreRow row, TimePoint now) {
  const size_t kind = row.index();
  Admission admission = Admission::queued;
  if (waiting_ + in_flight_ >= capacity_) {
    const auto worth_no_more = std::span(rows_).first(kind + 1);
    const auto victim = std::ranges::find_if(worth_no_more, [](const auto& rows) { return !rows.empty(); });
    if (victim == worth_no_more.end()) {
      refuse(row);
      return Admission::dropped;
    }
    ++counts_.dropped[static_cast<size_t>(victim - worth_no_more.begin())];
    victim->pop_front();
    --waiting_;
    admission = Admission::queued_instead;
  }
  rows_[kind].push_back({std::move(row), ++last_number_, now});
  ++waiting_;
  return admission;
}

TimePoint Queue::due() const noexcept {
  const QueuedRow* first = oldest();
  if (first == nullptr) return TimePoint::max();
  if (first->number <= hurried_through_) return TimePoint::min();
  if (retry_at_) return *retry_at_;
  if (waiting_ >= batch_rows_) return TimePoint::min();
  return first->put_at + batch_age_;
}

Batch Queue::take() {
  const QueuedRow* first = oldest();
  if (first == nullptr) return {};
  in_flight_oldest_ = first->number;
  in_flight_since_ = first->put_at;
  Batch batch;
  batch.reserve(std::min(waiting_, batch_rows_));
  for (auto rows = rows_.rbegin(); rows != rows_.rend(); ++rows)
    while (!rows->empty() && batch.size() < batch_rows_) {
      batch.push_back(std::move(rows->front()));
      rows->pop_front();
    }
  waiting_ -= batch.size();
  in_flight_ = batch.size();
  return batch;
}

void Queue::on_finished(Batch batch, const Outcome& outcome, TimePoint now) {
  in_flight_ = 0;
  in_flight_oldest_ = 0;
  counts_.last_error = outcome.error;
  if (!outcome.error.empty()) {
    ++counts_.failures;
    give_back(std::move(batch));
    hurried_through_ = 0;
    retry_at_ = now + pause_;
    pause_ = std::min(2 * pause_, longest_pause);
    return;
  }
  ++counts_.batches;
  retry_at_.reset();
  pause_ = first_pause;
  for (const QueuedRow& row : batch) ++counts_.written[row.row.index()];
  for (size_t kind = 0; kind < store_row_kinds; ++kind) {
    counts_.written[kind] -= outcome.refused[kind];
    counts_.refused[kind] += outcome.refused[kind];
  }
}

void Queue::give_back(Batch batch) {
  waiting_ += batch.size();
  for (auto row = batch.rbegin(); row != batch.rend(); ++row) {
    auto& rows = rows_[row->row.index()];
    rows.push_front(std::move(*row));
  }
}

bool Queue::done_through(uint64_t number) const noexcept {
  if (in_flight_oldest_ != 0 && in_flight_oldest_ <= number) return false;
  const QueuedRow* first = oldest();
  return first == nullptr || first->number > number;
}

size_t Queue::drop_all() noexcept {
  for (size_t kind = 0; kind < store_row_kinds; ++kind) {
    counts_.dropped[kind] += rows_[kind].size();
    rows_[kind].clear();
  }
  return std::exchange(waiting_, 0);
}

uint64_t Queue::losses() const noexcept {
  return std::accumulate(counts_.dropped.begin(), counts_.dropped.end(), uint64_t{0}) +
         std::accumulate(counts_.refused.begin(), counts_.refused.end(), uint64_t{0});
}

StoreStatistics Queue::statistics(TimePoint now) const {
  StoreStatistics statistics = counts_;
  statistics.queued = waiting_ + in_flight_;
  TimePoint since = now;
  if (const QueuedRow* first = oldest()) since = first->put_at;
  if (in_flight_ != 0) since = std::min(since, in_flight_since_);
  statistics.oldest_unwritten_age = now - since;
  return statistics;
}

const QueuedRow* Queue::oldest() const noexcept {
  const QueuedRow* first = nullptr;
  for (const auto& rows : rows_)
    if (!rows.empty() && (first == nullptr || rows.front().number < first->number)) first = &rows.front();
  return first;
}

}  // namespace moor::store
