#pragma once
// Questions to the store while the gateway runs. They block, so one thread of their own answers them, one after the other; what would wait for
// too long is refused instead.

#include "http/message.hpp"
#include "moor/clock.hpp"
#include "store/tables.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>

namespace moor::serve {

class StoreQuestions {
public:
  static constexpr size_t most_waiting = 16;
  static constexpr Duration deadline = std::chrono::seconds(10);

  /// Called on the thread; what it captures must be its own.
  using Question = std::function<http::Response(store::TableReader&)>;

  /// @param path  empty: there is no store. `clock` outlives it.
  StoreQuestions(boost::asio::any_io_executor executor, Clock& clock, std::filesystem::path path);
  StoreQuestions(const StoreQuestions&) = delete;
  StoreQuestions& operator=(const StoreQuestions&) = delete;
  /// Waits for the question that is being answered.
  ~StoreQuestions();

  [[nodiscard]] bool has_store() const noexcept { return !path_.empty(); }
  /// Virtual time stands still until it is answered.
  /// @throws http::Refusal 404 without a store, 503 where too many wait, it takes too long or the file cannot be read. Cancellation: total.
  [[nodiscard]] awaitable<http::Response> ask(Question question);

private:
  struct Reading;

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  std::filesystem::path path_;
  std::shared_ptr<Reading> reading_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace moor::serve
