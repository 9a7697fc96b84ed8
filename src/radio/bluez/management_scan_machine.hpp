#pragma once
// What a scan over the management socket asks of the kernel, and when. A machine without I/O: it is told what happened, and `next` says what to do.
//
// Two things are asked for:
// - an advertisement monitor. It keeps the controller scanning passively, and switches its filter of duplicates off in active scans too, which
//   otherwise let each device be heard once in 10 s. One pattern that fits nothing does where the controller does not compare patterns itself; a monitor
//   outlives the process that is killed, so that one that is there already is used.
// - where the scan is active, discovery, which the kernel ends every 10.24 s. One that another program runs is listened to, and taken over when it ends.

#include "moor/error.hpp"
#include "moor/time.hpp"

#include <optional>
#include <string>
#include <variant>

namespace moor::bluez {

class ManagementScanMachine {
public:
  /// The kernel ends discovery after 10.24 s (DISCOV_LE_TIMEOUT); what ended much earlier, somebody ended.
  static constexpr Duration full_discovery = std::chrono::seconds(10);
  /// So long another program has to begin its own discovery after one ended: bluetoothd takes 7 ms to end ours and begin its own.
  static constexpr Duration others_first = std::chrono::milliseconds(200);
  /// A discovery without a sign of its end is asked for again.
  static constexpr Duration forgotten = std::chrono::seconds(15);
  static constexpr Duration first_retry = std::chrono::milliseconds(50);  ///< doubled each time
  static constexpr Duration last_retry = std::chrono::seconds(1);
  /// Busy for so long with nothing heard: somebody's discovery hangs.
  static constexpr Duration busy_limit = std::chrono::seconds(30);
  /// The kernel switches a controller off before it removes it: which of the two it is is known then.
  static constexpr Duration removal = std::chrono::milliseconds(100);
  /// One that was on may be off for so long: bluetoothd switches its adapters off when it is stopped, and on when it is back.
  static constexpr Duration power_back = std::chrono::seconds(10);
  static constexpr int attempts = 4;  ///< that fail for no known reason, one after the other

  struct ReadMonitors {};
  struct AddMonitor {
    bool everything = false;  ///< without a pattern
  };
  struct StartDiscovery {};
  struct Wait {
    TimePoint until;  ///< or until something happens
  };
  struct Fail {
    Unavailable reason = Unavailable::unknown;
    std::string cause{};
    bool no_monitors = false;  ///< the kernel has none, and the scan is passive
  };
  using Action = std::variant<ReadMonitors, AddMonitor, StartDiscovery, Wait, Fail>;

  explicit ManagementScanMachine(bool active) noexcept : active_(active) {}

  [[nodiscard]] Action next(TimePoint now);

  // Answers to what `next` asked for. A status of 0xFF stands for no answer.
  /// @param offloaded  the controller compares patterns itself. @param any  there is a monitor already.
  void on_monitors(bool offloaded, bool any) noexcept;
  void on_monitor_added(uint8_t status, uint16_t handle, TimePoint now);
  void on_discovery_started(uint8_t status, TimePoint now);

  // Events of the controller.
  void on_discovering(bool on, TimePoint now) noexcept;
  void on_monitor_removed(uint16_t handle) noexcept;
  void on_heard(TimePoint now) noexcept { last_sign_ = now; }
  void on_powered(bool on, TimePoint now);
  void on_removed();
  void on_closed();

  /// What is to be ended when the scan ends.
  [[nodiscard]] bool has_discovery() const noexcept { return discovery_ == Discovery::ours; }
  [[nodiscard]] std::optional<uint16_t> monitor() const noexcept { return handle_; }
  /// Monitor events repeat what Device Found says while discovery runs.
  [[nodiscard]] bool is_discovering() const noexcept { return discovery_ != Discovery::off; }

private:
  enum class Monitor : uint8_t { unknown, wanted, there, without };
  enum class Discovery : uint8_t { off, ours, theirs };

  void fail(Unavailable reason, std::string cause);
  bool fail_for(uint8_t status, TimePoint now);
  [[nodiscard]] TimePoint retry(TimePoint now) noexcept;
  void count_failure(uint8_t status, const char* what, TimePoint& again_at, TimePoint now);

  bool active_;
  Monitor monitor_ = Monitor::unknown;
  bool offloaded_ = false;
  bool pattern_needed_ = false;  // the kernel takes no monitor without one (Linux 6.1)
  std::optional<uint16_t> handle_;
  TimePoint monitor_at_ = TimePoint::min();
  Discovery discovery_ = Discovery::off;
  TimePoint began_at_;
  TimePoint discovery_at_ = TimePoint::min();
  std::optional<TimePoint> busy_since_;
  std::optional<TimePoint> last_sign_;
  Duration pause_ = first_retry;
  int failures_ = 0;
  std::optional<Fail> failure_;
  bool was_on_ = false;
  std::optional<TimePoint> off_since_;
};

}  // namespace moor::bluez
