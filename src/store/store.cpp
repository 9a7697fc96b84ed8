#include "moor/store.hpp"

#include "store/cursors.hpp"
#include "store/queue.hpp"
#include "store/writer.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>
#include <vector>

namespace moor {

namespace asio = boost::asio;

// All of it runs on the executor except `write_on_thread` and `close_on_thread`, which the coroutine awaits: queue and flags need
// no lock.
class Store::Writing final : public Outbox, public std::enable_shared_from_this<Writing> {
public:
  Writing(asio::any_io_executor executor, Clock& clock, StoreOptions options)
      : executor_(std::move(executor)),
        clock_(clock),
        path_(options.path),
        queue_(options),
        writer_(std::in_place, options, clock),
        cursors_(writer_->outbox(), clock.now()),
        saved_(writer_->saved_state(options, clock.to_wall(clock.now()))) {}

  Admission put(StoreRow row) {
    if (closing_) {
      queue_.refuse(row);
      return Admission::dropped;
    }
    const Admission admission = queue_.put(std::move(row), clock_.now());
    keep_writing();
    return admission;
  }

  awaitable<void> flush() {
    const uint64_t through = queue_.hurry();
    if (!queue_.done_through(through)) {
      const asio::any_io_executor executor = co_await asio::this_coro::executor;
      Flush flush(through, executor);
      co_await settle(flush);
      if (!flush.error.empty()) throw error("cannot write, and will try again: " + flush.error, flush.error);
    }
    const uint64_t losses = queue_.losses() - std::exchange(losses_told_, queue_.losses());
    if (losses > 0) throw error(std::to_string(losses) + " rows were lost", "the queue was full, or the database refused them");
  }

  awaitable<void> close() {
    if (!writer_) co_return;
    closing_ = true;
    std::string cause;
    try {
      co_await flush();
    } catch (const StoreError& failure) {
      cause = failure.context().cause;
    }
    give_up();
    const size_t lost = queue_.drop_all();  // of rows; cursors that were not written come again
    co_await asio::co_spawn(thread_, close_on_thread(), asio::use_awaitable);
    if (lost > 0) throw error(std::to_string(lost) + " rows could not be written: " + cause, cause);
  }

  // Ends the coroutine at its next step; what the thread is doing is waited for.
  void abandon() {
    give_up();
    thread_.join();
  }

  [[nodiscard]] StoreStatistics store_statistics() const { return queue_.statistics(clock_.now()); }
  [[nodiscard]] SavedState saved_state() { return std::exchange(saved_, {}); }

  void on_committed(std::function<void()> call) override { on_committed_.push_back(std::move(call)); }
  void register_sink(std::string sink, size_t bound) override { change_if(cursors_.add(sink, bound)); }
  void remove_sink(const std::string& sink) override { change_if(cursors_.remove(sink)); }
  void acknowledge(std::string sink, uint64_t through) override { change_if(cursors_.acknowledge(sink, through)); }
  [[nodiscard]] OutboxStatistics statistics() const override { return cursors_.statistics(clock_.to_wall(clock_.now())); }

  awaitable<std::vector<OutboxMessage>> read(std::string sink, size_t limit, uint64_t after) override {
    const std::shared_ptr<Writing> alive = shared_from_this();
    const auto position = cursors_.position(sink);
    if (!position || !writer_ || given_up_) co_return std::vector<OutboxMessage>();
    const Clock::Hold hold(clock_);
    after = std::max(after, *position);
    co_return co_await asio::co_spawn(thread_, read_on_thread(after, limit), asio::use_awaitable);
  }

private:
  struct Flush {
    Flush(uint64_t last_row, const asio::any_io_executor& executor)
        : through(last_row), timer(executor, asio::steady_timer::time_point::max()) {}

    uint64_t through;
    asio::steady_timer timer;  // never expires by itself
    bool settled = false;
    std::string error;
  };

  StoreError error(const std::string& what, const std::string& cause) const {
    return StoreError("store '" + path_.string() + "': " + what,
                      {.cause = cause, .advice = "Make room on its disk, or end the program that has it locked."});
  }

  void give_up() {
    closing_ = true;
    given_up_ = true;
    wake();
  }

  // At most once in a pause: outside the executor the emission is posted, and what it points to lives as long as the pause.
  void wake() {
    if (std::exchange(paused_, false)) wake_.emit(asio::cancellation_type::terminal);
  }

  // No coroutine while nothing waits, so that an idle store keeps no io_context running.
  void keep_writing() {
    if (!writing_) {
      writing_ = true;
      asio::co_spawn(executor_, write_while_rows_wait(shared_from_this()), asio::detached);
    } else if (queue_.due() < pausing_until_) {
      wake();
    }
  }

  void change_if(bool changed) {
    if (!changed || closing_) return;
    queue_.mark_change(clock_.now());
    keep_writing();
  }

  static awaitable<void> write_while_rows_wait(std::shared_ptr<Writing> self) {
    while (!self->given_up_ && !self->queue_.empty()) {
      if (const TimePoint due = self->queue_.due(); due > self->clock_.now())
        co_await self->pause_until(due);
      else
        co_await self->write_batch();
    }
    self->writing_ = false;
  }

  awaitable<void> pause_until(TimePoint due) {
    paused_ = true;
    pausing_until_ = due;
    co_await asio::co_spawn(executor_, clock_.wait_until(due),
                            asio::bind_cancellation_slot(wake_.slot(), asio::as_tuple(asio::use_awaitable)));
    paused_ = false;
  }

  awaitable<void> write_batch() {
    const Clock::Hold hold(clock_);
    store::Batch batch = queue_.take();
    const store::OutboxChanges changes = cursors_.take(clock_.now());
    const store::Outcome outcome =
        co_await asio::co_spawn(thread_, write_on_thread(batch, changes, clock_.now()), asio::use_awaitable);
    queue_.on_finished(std::move(batch), outcome, clock_.now());
    if (outcome.error.empty() && cursors_.on_committed(changes, outcome.outbox)) queue_.mark_change(clock_.now());
    tell_flushes(outcome);
    if (outcome.messages_added)
      for (size_t i = 0; i < on_committed_.size() && !given_up_; ++i) on_committed_[i]();
  }

  void tell_flushes(const store::Outcome& outcome) {
    for (Flush* flush : flushes_) {
      if (outcome.error.empty() && !queue_.done_through(flush->through)) continue;
      flush->error = outcome.error;
      flush->settled = true;
      flush->timer.cancel();
    }
    std::erase_if(flushes_, [](const Flush* flush) { return flush->settled; });
  }

  awaitable<store::Outcome> write_on_thread(const store::Batch& batch, const store::OutboxChanges& changes, TimePoint now) {
    co_return writer_->write(batch, changes, now);
  }

  awaitable<std::vector<OutboxMessage>> read_on_thread(uint64_t after, size_t limit) {
    if (!writer_) co_return std::vector<OutboxMessage>();
    co_return writer_->messages(after, limit);
  }

  awaitable<void> close_on_thread() {
    if (writer_) writer_->fold_log();
    writer_.reset();
    co_return;
  }

  awaitable<void> settle(Flush& flush) {
    flushes_.push_back(&flush);
    keep_writing();
    boost::system::error_code ignored;
    co_await flush.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (flush.settled) co_return;
    std::erase(flushes_, &flush);
    throw boost::system::system_error(asio::error::operation_aborted);
  }

  asio::any_io_executor executor_;
  Clock& clock_;
  std::filesystem::path path_;
  store::Queue queue_;
  std::optional<store::Writer> writer_;  // used on thread_ only, once it is made
  store::Cursors cursors_;
  SavedState saved_;
  std::vector<std::function<void()>> on_committed_;
  std::vector<Flush*> flushes_;
  asio::cancellation_signal wake_;  // ends pause_until
  uint64_t losses_told_ = 0;
  TimePoint pausing_until_;
  bool writing_ = false;
  bool paused_ = false;
  bool closing_ = false;
  bool given_up_ = false;
  asio::thread_pool thread_{1};
};

Store::Store(asio::any_io_executor executor, Clock& clock, StoreOptions options)
    : writing_(std::make_shared<Writing>(std::move(executor), clock, std::move(options))) {}

Store::~Store() {
  writing_->abandon();
}

Admission Store::put(StoreRow row) {
  return writing_->put(std::move(row));
}
awaitable<void> Store::flush() {
  return writing_->flush();
}
awaitable<void> Store::close() {
  return writing_->close();
}
Outbox& Store::outbox() noexcept {
  return *writing_;
}
SavedState Store::saved_state() {
  return writing_->saved_state();
}
StoreStatistics Store::statistics() const {
  return writing_->store_statistics();
}

}  // namespace moor
