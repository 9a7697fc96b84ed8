#pragma once
// What the gateway tells the service manager that started it: that it is ready, how it is, and that it lives. Nothing where nobody asked
// (sd_notify(3), sd_watchdog_enabled(3)).

#include "moor/clock.hpp"

#include <functional>
#include <string>

namespace moor::cli {

class ServiceNotice {
public:
  /// Reads from the environment who asked for what.
  ServiceNotice();

  void ready(const std::string& status);
  void reloading();
  void status(const std::string& status);
  void stopping();

  /// Says that the gateway lives, three times in each interval of the manager's watchdog, for as long as `lives` says so; completes at once where there is no watchdog.
  /// @param lives  whether advertisements still go through: a loop that only turns is no sign of life.
  /// Cancellation: total.
  [[nodiscard]] awaitable<void> keep_alive(Clock& clock, std::function<bool()> lives);

private:
  void tell(const std::string& message);

  std::string socket_;
  Duration watchdog_{};  // zero for none
};

}  // namespace moor::cli
