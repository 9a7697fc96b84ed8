#include "radio/bluez/management_scan_machine.hpp"

#include "hci/management_commands.hpp"

#include <algorithm>

namespace moor::bluez {

namespace status = hci::management_status;

ManagementScanMachine::Action ManagementScanMachine::next(TimePoint now) {
  if (!failure_ && busy_since_ && now - std::max(*busy_since_, last_sign_.value_or(*busy_since_)) >= busy_limit)
    fail(Unavailable::unknown, "another program's discovery does not end");
  const Duration patience = was_on_ ? power_back : removal;
  if (!failure_ && off_since_ && now >= *off_since_ + patience) fail(Unavailable::powered_off, {});
  if (failure_) return *failure_;
  if (off_since_) return Wait{*off_since_ + patience};
  if (monitor_ == Monitor::unknown) return ReadMonitors{};
  if (monitor_ == Monitor::wanted && now >= monitor_at_) return AddMonitor{offloaded_ && !pattern_needed_};
  TimePoint until = monitor_ == Monitor::wanted ? monitor_at_ : TimePoint::max();
  if (!active_) return Wait{until};
  const TimePoint start_at = discovery_ == Discovery::off ? discovery_at_ : began_at_ + forgotten;
  if (now >= start_at) return StartDiscovery{};
  return Wait{std::min(until, start_at)};
}

void ManagementScanMachine::on_monitors(bool offloaded, bool any) noexcept {
  offloaded_ = offloaded;
  // Where patterns are compared, the other monitor's say nothing about what this scan wants.
  monitor_ = any && !offloaded ? Monitor::there : Monitor::wanted;
}

void ManagementScanMachine::on_monitor_added(uint8_t answer, uint16_t handle, TimePoint now) {
  switch (answer) {
    case status::success:
      monitor_ = Monitor::there;
      handle_ = handle;
      failures_ = 0;
      pause_ = first_retry;
      return;
    case status::invalid_parameters:
      if (!pattern_needed_ && offloaded_) {
        pattern_needed_ = true;
        return;
      }
      [[fallthrough]];
    case status::unknown_command:
    case status::not_supported:
      monitor_ = Monitor::without;
      if (!active_) failure_ = Fail{Unavailable::no_service, hci::management_status_text(answer), true};
      return;
    case status::no_resources:  // there are as many as there can be: so the controller scans
      monitor_ = Monitor::there;
      return;
    case status::busy: monitor_at_ = retry(now); return;
    default: break;
  }
  if (fail_for(answer, now)) return;
  // An active scan hears without it, if less.
  if (active_ && failures_ + 1 >= attempts) {
    monitor_ = Monitor::without;
    failures_ = 0;
    return;
  }
  count_failure(answer, "Add Advertisement Patterns Monitor", monitor_at_, now);
}

void ManagementScanMachine::on_discovery_started(uint8_t answer, TimePoint now) {
  began_at_ = now;
  if (answer == status::success) {
    discovery_ = Discovery::ours;
    busy_since_.reset();
    failures_ = 0;
    pause_ = first_retry;
    return;
  }
  if (answer == status::busy) {
    if (!busy_since_) busy_since_ = now;
    // If it is known to run, its end will be told. Else it is about to begin or to end.
    if (discovery_ == Discovery::off) discovery_at_ = retry(now);
    return;
  }
  if (!fail_for(answer, now)) count_failure(answer, "Start Discovery", discovery_at_, now);
}

void ManagementScanMachine::on_discovering(bool on, TimePoint now) noexcept {
  last_sign_ = now;
  if (on) {
    if (discovery_ == Discovery::off) discovery_ = Discovery::theirs;
    began_at_ = now;
    return;
  }
  const bool by_the_kernel = discovery_ == Discovery::ours && now - began_at_ >= full_discovery;
  discovery_ = Discovery::off;
  busy_since_.reset();
  pause_ = first_retry;
  discovery_at_ = by_the_kernel ? now : now + others_first;
}

void ManagementScanMachine::on_monitor_removed(uint16_t handle) noexcept {
  constexpr uint16_t all = 0;
  if (handle_ && handle != all && handle != *handle_) return;
  handle_.reset();
  if (monitor_ == Monitor::there) monitor_ = Monitor::unknown;
}

void ManagementScanMachine::on_powered(bool on, TimePoint now) {
  was_on_ = was_on_ || on;
  if (on)
    off_since_.reset();
  else if (!off_since_)
    off_since_ = now;
}

void ManagementScanMachine::on_removed() {
  handle_.reset();
  discovery_ = Discovery::off;
  fail(Unavailable::no_radio, {});
}

void ManagementScanMachine::on_closed() {
  handle_.reset();
  discovery_ = Discovery::off;
  fail(Unavailable::no_service, {});
}

void ManagementScanMachine::fail(Unavailable reason, std::string cause) {
  if (!failure_) failure_ = Fail{reason, std::move(cause)};
}

bool ManagementScanMachine::fail_for(uint8_t answer, TimePoint now) {
  switch (answer) {
    case status::not_powered:
      if (was_on_)
        on_powered(false, now);
      else
        fail(Unavailable::powered_off, {});
      return true;
    case status::blocked: fail(Unavailable::blocked, {}); return true;
    case status::invalid_index: fail(Unavailable::no_radio, {}); return true;
    case status::permission_denied: fail(Unavailable::permission_denied, {}); return true;
    case status::unknown_command:
    case status::not_supported: fail(Unavailable::unknown, hci::management_status_text(answer)); return true;
    default: return false;
  }
}

TimePoint ManagementScanMachine::retry(TimePoint now) noexcept {
  const Duration pause = pause_;
  pause_ = std::min(2 * pause_, last_retry);
  return now + pause;
}

void ManagementScanMachine::count_failure(uint8_t answer, const char* what, TimePoint& again_at, TimePoint now) {
  if (++failures_ >= attempts)
    fail(Unavailable::unknown, std::string(what) + ": " + (answer == 0xFF ? "no answer" : hci::management_status_text(answer)));
  again_at = retry(now);
}

}  // namespace moor::bluez
