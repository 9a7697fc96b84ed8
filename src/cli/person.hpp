#pragma once
// The person in front of the program: questions on the terminal, answered by a line on standard input, while everything else goes on.

#include "moor/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>

namespace moor::cli {

class Person {
public:
  explicit Person(Clock& clock);
  ~Person();

  /// Whether somebody can answer: standard input is a terminal or a pipe.
  [[nodiscard]] bool is_there() const noexcept;
  /// Shows a text on stderr, where it does not mix with results.
  void tell(const std::string& text);
  /// A line, without its end; nothing where standard input has ended. Virtual time stands still meanwhile. Cancellation: total.
  [[nodiscard]] awaitable<std::optional<std::string>> ask(std::string question);

private:
  struct Input;
  Clock& clock_;
  std::unique_ptr<Input> input_;
};

}  // namespace moor::cli
