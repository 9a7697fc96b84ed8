#include "store/queue.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>

namespace moor::store {

namespace {

// The place of a kind of row in the variant.
template <typename Row, size_t Kind = 0>
consteval size_t find_kind() {
  if constexpr (std::is_same_v<Row, std::variant_alternative_t<Kind, StoreRow>>)
    return Kind;
  else
    return find_kind<Row, Kind + 1>();
}
template <typename Row>
constexpr size_t kind_of = find_kind<Row>();

void take_from(std::deque<QueuedRow>& rows, Batch& batch) {
  batch.push_back(std::move(rows.front()));
  rows.pop_front();
}

}  // namespace

Queue::Queue(const StoreOptions& options)
    : batch_rows_(std::max<size_t>(options.batch_rows, 1)),
      batch_age_(options.batch_age),
      urgent_age_(std::min(options.urgent_age, options.batch_age)),
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

void Queue::mark_change(TimePoint now) noexcept {
  if (!change_) change_ = Waiting{++last_number_, now};
}

TimePoint Queue::due() const noexcept {
  const auto first = oldest();
  if (!first) return TimePoint::max();
  if (first->number <= hurried_through_) return TimePoint::min();
  if (retry_at_) return *retry_at_;
  if (waiting_ >= batch_rows_) return TimePoint::min();
  const TimePoint due = first->since + batch_age_;
  const auto urgent = oldest_urgent();
  return urgent ? std::min(due, urgent->since + urgent_age_) : due;
}

Batch Queue::take() {
  const auto first = oldest();
  if (!first) return {};
  in_flight_oldest_ = first;
  change_in_flight_ = change_.has_value();
  change_.reset();
  Batch batch;
  batch.reserve(std::min(waiting_, batch_rows_));
  auto& events = rows_[kind_of<ZoneEventRow>];
  auto& visits = rows_[kind_of<VisitRow>];
  while (batch.size() < batch_rows_ && !(events.empty() && visits.empty())) {
    const bool event = visits.empty() || (!events.empty() && events.front().number < visits.front().number);
    take_from(event ? events : visits, batch);
  }
  const size_t most = batch.empty() ? batch_rows_ : std::min(batch_rows_, batch.size() + urgent_batch_rows);
  for (auto& rows : rows_ | std::views::reverse)
    while (!rows.empty() && batch.size() < most) take_from(rows, batch);
  waiting_ -= batch.size();
  in_flight_ = batch.size();
  return batch;
}

void Queue::on_finished(Batch batch, const Outcome& outcome, TimePoint now) {
  in_flight_ = 0;
  const auto oldest_in_flight = std::exchange(in_flight_oldest_, std::nullopt);
  const bool with_change = std::exchange(change_in_flight_, false);
  counts_.last_error = outcome.error;
  if (!outcome.error.empty()) {
    ++counts_.failures;
    give_back(std::move(batch));
    if (with_change) change_ = oldest_in_flight;
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
  for (QueuedRow& row : batch | std::views::reverse) {
    auto& rows = rows_[row.row.index()];
    rows.push_front(std::move(row));
  }
}

bool Queue::done_through(uint64_t number) const noexcept {
  if (in_flight_oldest_ && in_flight_oldest_->number <= number) return false;
  const auto first = oldest();
  return !first || first->number > number;
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
  for (const auto& rows : rows_)
    if (!rows.empty()) since = std::min(since, rows.front().put_at);
  if (in_flight_ != 0) since = std::min(since, in_flight_oldest_->since);
  statistics.oldest_unwritten_age = now - since;
  return statistics;
}

std::optional<Queue::Waiting> Queue::oldest() const noexcept {
  std::optional<Waiting> first = change_;
  for (const auto& rows : rows_)
    if (!rows.empty() && (!first || rows.front().number < first->number))
      first = Waiting{rows.front().number, rows.front().put_at};
  return first;
}

std::optional<Queue::Waiting> Queue::oldest_urgent() const noexcept {
  std::optional<Waiting> first;
  for (const auto* rows : {&rows_[kind_of<ZoneEventRow>], &rows_[kind_of<VisitRow>]})
    if (!rows->empty() && (!first || rows->front().number < first->number))
      first = Waiting{rows->front().number, rows->front().put_at};
  return first;
}

}  // namespace moor::store
