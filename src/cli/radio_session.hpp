#pragma once
// The radios of one command: opened from their specs, with the clock that fits them, run until the work is done or the user interrupts.

#include "moor/scanner.hpp"

#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace moor::cli {

/// How the work ended.
struct Outcome {
  bool interrupted = false;    ///< by SIGINT or SIGTERM, after everything had stopped
  std::exception_ptr error{};  ///< what went wrong, if something did

  /// Prints the error, if any. @returns the exit status.
  [[nodiscard]] int finish() const;
};

class RadioSession {
public:
  /// @param specs  as on the command line; with none, the default Bluetooth adapter.
  /// @throws UsageError, RadioNotAvailable, CaptureError.
  explicit RadioSession(const std::vector<std::string>& specs);
  explicit RadioSession(const std::vector<RadioSpec>& specs);
  /// With radios that are open already, on their clock.
  RadioSession(std::unique_ptr<Clock> clock, std::vector<std::unique_ptr<Radio>> radios);
  ~RadioSession();

  [[nodiscard]] Clock& clock() noexcept { return *clock_; }
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Radio>>& radios() const noexcept { return radios_; }
  [[nodiscard]] const std::string& name_of(RadioId radio) const { return radios_.at(radio)->info().name; }
  /// Whether time runs as it does outside, so that a scan needs an end.
  [[nodiscard]] bool is_live() const noexcept { return live_; }

  /// Puts other radios in the place of those that there are; where one is null, the radio that is there stays. Nobody may use those that go.
  void replace(std::vector<std::unique_ptr<Radio>> radios);

  /// Says nothing by itself of proxies that cannot be used meanwhile; else it does, on stderr, since work goes on waiting for them.
  void keep_quiet() noexcept { quiet_ = true; }
  /// Runs the work to its end. A signal cancels it. May be called again.
  [[nodiscard]] Outcome run(awaitable<void> work);

private:
  [[nodiscard]] awaitable<void> tell_problems();

  boost::asio::io_context context_;
  bool quiet_ = false;
  bool telling_ = false;
  bool live_ = true;
  std::unique_ptr<Clock> clock_;
  std::vector<std::unique_ptr<Radio>> radios_;
};

}  // namespace moor::cli
