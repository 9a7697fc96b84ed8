#pragma once
// How a controller that is silent or stuck is brought back, step by step. A machine without I/O: it says what to do, and is told what became of it.
// The steps and times are those that habluetooth and bluetooth-auto-recovery have found to work (docs/bluez.md).

#include "moor/error.hpp"
#include "moor/time.hpp"

#include <string>
#include <vector>

namespace moor::bluez {

class RecoveryMachine {
public:
  static constexpr Duration unblock_poll = std::chrono::milliseconds(1500);
  static constexpr int unblock_polls = 3;  ///< 4.5 s in all
  static constexpr Duration after_off = std::chrono::seconds(2);
  static constexpr Duration after_on = std::chrono::seconds(3);
  static constexpr Duration after_reset = std::chrono::milliseconds(3500);
  static constexpr Duration between_lookups = std::chrono::seconds(2);
  static constexpr int lookups = 3;

  enum class Do : uint8_t {
    read_rfkill,
    unblock,
    power_off,
    power_on,
    read_power,
    reset_usb,
    find,  ///< the controller, by its address: it may have moved from hci0 to hci1
    wait,
    done,
    fail,
  };
  struct Action {
    Do what;
    Duration wait{};
    Unavailable reason = Unavailable::unknown;  ///< of `fail`
  };

  enum class Blocked : uint8_t { no, in_software, by_switch };
  enum class Reset : uint8_t { done, not_usb, failed };

  explicit RecoveryMachine(bool hard) noexcept : hard_(hard) {}

  [[nodiscard]] Action start() noexcept { return {Do::read_rfkill}; }
  [[nodiscard]] Action on_rfkill(Blocked blocked);
  [[nodiscard]] Action on_unblock_asked(bool asked);
  [[nodiscard]] Action on_power_set(bool answered);
  [[nodiscard]] Action on_power_read(bool on);
  [[nodiscard]] Action on_reset(Reset reset);
  [[nodiscard]] Action on_looked(bool found);
  [[nodiscard]] Action on_waited();

  /// What has been done so far: "unblocked, power cycle, USB reset".
  [[nodiscard]] std::string text() const;

private:
  enum class Step : uint8_t { unblocking, switching_off, switching_on, resetting };

  [[nodiscard]] Action cycle();
  [[nodiscard]] static Action fail(Unavailable reason) noexcept { return {Do::fail, {}, reason}; }

  bool hard_;
  bool reset_done_ = false;
  bool works_ = false;  // after the power cycle
  Step step_ = Step::unblocking;
  int polls_ = 0;
  int lookups_ = 0;
  std::vector<const char*> did_;
};

}  // namespace moor::bluez
