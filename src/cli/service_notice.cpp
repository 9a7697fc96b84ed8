#include "cli/service_notice.hpp"

#include <systemd/sd-daemon.h>
#include <cstdlib>
#include <ctime>

namespace moor::cli {

ServiceNotice::ServiceNotice() {
  uint64_t watchdog_us = 0;
  if (sd_watchdog_enabled(0, &watchdog_us) > 0) watchdog_ = std::chrono::microseconds(watchdog_us);
  if (const char* socket = std::getenv("NOTIFY_SOCKET")) socket_ = socket;
}

void ServiceNotice::tell(const std::string& message) {
  if (!socket_.empty()) (void)sd_notify(0, message.c_str());
}

void ServiceNotice::ready(const std::string& status) {
  tell("READY=1\nSTATUS=" + status);
}

// What a reload wants beside it, so that systemd knows which READY ends it (sd_notify(3), MONOTONIC_USEC).
void ServiceNotice::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

void ServiceNotice::status(const std::string& status) {
  tell("STATUS=" + status);
}

void ServiceNotice::stopping() {
  tell("STOPPING=1");
}

awaitable<void> ServiceNotice::keep_alive(Clock& clock, std::function<bool()> lives) {
  if (watchdog_ <= Duration::zero()) co_return;
  while (true) {
    if (lives()) tell("WATCHDOG=1");
    co_await clock.wait_for(watchdog_ / 3);
  }
}

}  // namespace moor::cli
