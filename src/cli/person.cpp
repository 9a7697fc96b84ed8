#include "cli/person.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iostream>

namespace moor::cli {

namespace asio = boost::asio;

namespace {

constexpr size_t longest_line = 4096;

bool answers(int descriptor) {
  struct stat status{};
  return isatty(descriptor) == 1 || (fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode));
}

}  // namespace

struct Person::Input {
  explicit Input(const asio::any_io_executor& executor) : descriptor(executor, dup(STDIN_FILENO)) {}
  asio::posix::stream_descriptor descriptor;
  std::string buffer;
};

Person::Person(Clock& clock) : clock_(clock) {}
Person::~Person() = default;

bool Person::is_there() const noexcept {
  return answers(STDIN_FILENO);
}

void Person::tell(const std::string& text) {
  std::cerr << text << std::flush;
}

awaitable<std::optional<std::string>> Person::ask(std::string question) {
  const Clock::Hold hold(clock_);
  if (!input_) input_ = std::make_unique<Input>(co_await asio::this_coro::executor);
  tell(question);
  boost::system::error_code error;
  const size_t size = co_await asio::async_read_until(input_->descriptor, asio::dynamic_buffer(input_->buffer, longest_line),
                                                      '\n', asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  std::string line = input_->buffer.substr(0, error ? input_->buffer.size() : size);
  input_->buffer.erase(0, line.size());
  if (error && line.empty()) co_return std::nullopt;
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  co_return line;
}

}  // namespace moor::cli
