#include "serve/store_questions.hpp"

#include "core/event.hpp"
#include "core/within.hpp"

#include <boost/asio/post.hpp>

namespace moor::serve {

namespace {

struct Outcome {
  http::Response response;
  std::exception_ptr error;
};

}  // namespace

struct StoreQuestions::Reading {
  size_t waiting = 0;                        // on the executor
  std::optional<store::TableReader> reader;  // on the thread; opened when it is first needed

  [[nodiscard]] Outcome answer(const std::filesystem::path& path, const Question& question) {
    try {
      if (!reader) reader.emplace(path);
      return {.response = question(*reader), .error = nullptr};
    } catch (const StoreError&) {
      reader.reset();  // the file may have been replaced
      return {.response = {}, .error = std::current_exception()};
    } catch (...) {
      return {.response = {}, .error = std::current_exception()};
    }
  }
};

StoreQuestions::StoreQuestions(boost::asio::any_io_executor executor, Clock& clock, std::filesystem::path path)
    : executor_(std::move(executor)), clock_(clock), path_(std::move(path)), reading_(std::make_shared<Reading>()) {}

StoreQuestions::~StoreQuestions() {
  thread_.stop();
  thread_.join();
}

awaitable<http::Response> StoreQuestions::ask(Question question) {
  if (!has_store())
    throw http::Refusal(404, "the gateway keeps no store", "Give it a file with [store] path, and it remembers from then on.");
  if (reading_->waiting >= most_waiting)
    throw http::Refusal(503, "too many questions to the store wait already", "Ask again in some seconds.");
  ++reading_->waiting;
  const auto outcome = std::make_shared<Outcome>();
  const auto done = std::make_shared<Event>(executor_);  // only this coroutine owns it
  auto finish = [reading = reading_, hold = std::make_shared<Clock::Hold>(clock_), weak = std::weak_ptr<Event>(done)]() {
    --reading->waiting;
    *hold = Clock::Hold();
    if (const auto event = weak.lock()) event->set();
  };
  boost::asio::post(thread_, [reading = reading_, path = path_, asked = std::move(question), outcome, executor = executor_,
                              finish = std::move(finish)]() mutable {
    *outcome = reading->answer(path, asked);
    boost::asio::post(executor, std::move(finish));
  });
  const bool in_time = co_await within(clock_, clock_.now() + deadline, done->wait());
  if (!in_time)
    throw http::Refusal(503, "the store did not answer within 10 s",
                        "Ask for less: from and until nearer together, or a smaller limit.");
  if (!outcome->error) co_return std::move(outcome->response);
  try {
    std::rethrow_exception(outcome->error);
  } catch (const StoreError& error) {
    throw http::Refusal(503, error.what(), error.advice());
  }
}

}  // namespace moor::serve
