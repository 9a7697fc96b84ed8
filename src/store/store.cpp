#include "moor/store.hpp"

#include "store/queue.hpp"
#include "store/writer.hpp"

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
class Store::Writing : public std::enable_shared_from_this<Writing> {
public:
  Writing(asio::any_io_executor executor, Clock& clock, StoreOptions options)
      : executor_(std::move(executor)),
        clock_(clock),
        path_(options.path),
        queue_(options),
        writer_(std::in_place, options, clock) {}

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
    const size_t lost = queue_.drop_all();
    co_await asio::co_spawn(thread_, close_on_thread(), asio::use_awaitable);
    if (lost > 0) throw error(std::to_string(lost) + " rows could not be written: " + cause, cause);
  }

  // Ends the coroutine at its next step; what the thread is doing is waited for.
  void abandon() {
    give_up();
    thread_.join();
  }

  [[nodiscard]] StoreStatistics statistics() const { return queue_.statistics(clock_.now()); }

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
    } else if (queue_.due() <= clock_.now()) {
      wake();
    }
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
    co_await asio::co_spawn(executor_, clock_.wait_until(due),
                            asio::bind_cancellation_slot(wake_.slot(), asio::as_tuple(asio::use_awaitable)));
    paused_ = false;
  }

  awaitable<void> write_batch() {
    const Clock::Hold hold(clock_);
    store::Batch batch = queue_.take();
    const store::Outcome outcome = co_await asio::co_spawn(thread_, write_on_thread(batch, clock_.now()), asio::use_awaitable);
    queue_.on_finished(std::move(batch), outcome, clock_.now());
    for (Flush* flush : flushes_) {
      if (outcome.error.empty() && !queue_.done_through(flush->through)) continue;
      flush->error = outcome.error;
      flush->settled = true;
      flush->timer.cancel();
    }
    std::erase_if(flushes_, [](const Flush* flush) { return flush->settled; });
  }

  awaitable<store::Outcome> write_on_thread(const store::Batch& batch, TimePoint now) { co_return writer_->write(batch, now); }

  awaitable<void> close_on_thread() {
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
  std::vector<Flush*> flushes_;
  asio::cancellation_signal wake_;  // ends pause_until
  uint64_t losses_told_ = 0;
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
StoreStatistics Store::statistics() const {
  return writing_->statistics();
}

}  // namespace moor
