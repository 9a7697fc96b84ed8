#pragma once
// The kernel's Bluetooth management socket (BlueZ, doc/mgmt-api): commands and their answers, raw advertisements, what happens to controllers. It needs
// CAP_NET_ADMIN in the first user namespace and the machine's own network namespace; without that some commands answer "permission denied".

#include "hci/management_commands.hpp"
#include "moor/clock.hpp"
#include "moor/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

namespace moor::bluez {

inline constexpr uint16_t no_controller = 0xFFFF;  ///< index of commands that are for none
/// What watchers of events are told when the socket is lost or given up. No event of the kernel has that number.
inline constexpr uint16_t closed_event = 0xFFFF;

/// A command that the kernel refused.
class ManagementRefused : public Error {
public:
  ManagementRefused(const std::string& what, uint8_t status) : Error(what), status_(status) {}
  [[nodiscard]] uint8_t status() const noexcept {
    return status_;
  }  ///< 0x14: permission denied, 0x0F: not powered, 0x0A: busy, 0x11: invalid index

private:
  uint8_t status_;
};

/// What came out of the socket.
struct ManagementCounts {
  uint64_t found = 0;         ///< devices found, of all controllers
  uint64_t other = 0;         ///< other events, answers too
  uint64_t malformed = 0;     ///< frames whose lengths contradict each other, or that are longer than any can be
  uint64_t late_answers = 0;  ///< to commands that nobody waited for any more
  uint64_t lost = 0;          ///< frames that the kernel had no room for; 0 also where it does not say (before Linux 4.12)
};

/// Copies share one socket, which is closed with the last of them.
class Management {
public:
  using OnFound = std::function<void(std::span<const hci::DeviceFound> batch)>;
  /// @param event  its number, such as 0x0005 for Index Removed.
  using OnEvent = std::function<void(uint16_t event, uint16_t controller, Bytes parameters)>;
  class Watch {
  public:
    virtual ~Watch() = default;  // nothing is called any more
  };

  /// Null where the socket cannot be opened (no Bluetooth in the kernel, no permission).
  [[nodiscard]] static std::unique_ptr<Management> open(boost::asio::any_io_executor executor, Clock& clock);
  /// Over a connected SOCK_SEQPACKET or SOCK_DGRAM socket, which it takes over: for tests and benchmarks.
  [[nodiscard]] static std::unique_ptr<Management> over(int socket, boost::asio::any_io_executor executor, Clock& clock);
  /// False once the socket is lost: what to do then is open another.
  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] ManagementCounts counts() const noexcept;
  /// Commands of one opcode and controller wait for each other. @returns what the answer carries after the status.
  /// @throws ManagementRefused, TimedOut (10 s), RadioNotAvailable (the socket is gone).
  /// Cancellation: total; an answer that still comes is dropped.
  [[nodiscard]] awaitable<std::vector<uint8_t>> command(uint16_t opcode, uint16_t controller, std::vector<uint8_t> parameters);
  [[nodiscard]] awaitable<std::vector<uint8_t>> command(hci::ManagementCommand opcode, uint16_t controller,
                                                        std::vector<uint8_t> parameters);
  [[nodiscard]] awaitable<std::vector<uint8_t>> command(hci::ManagementCommand opcode, uint16_t controller);
  /// Whether commands that change something are allowed; asked once.
  [[nodiscard]] awaitable<bool> is_permitted();

  /// Advertisements of one controller, as many at a time as there are. Called on the executor; must not block.
  [[nodiscard]] std::unique_ptr<Watch> watch_found(uint16_t controller, OnFound on_found);
  /// Everything but devices found and answers, of all controllers; and `closed_event`.
  [[nodiscard]] std::unique_ptr<Watch> watch_events(OnEvent on_event);

  struct ControllerInfo {
    uint16_t index = 0;
    Address address;
    uint32_t supported_settings = 0;
    uint32_t current_settings = 0;  ///< bit 0: powered
    std::string name;
  };
  /// By their numbers; those that have to be configured first are left out.
  [[nodiscard]] awaitable<std::vector<ControllerInfo>> controllers();
  [[nodiscard]] awaitable<ControllerInfo> controller(uint16_t index);

  /// Keeps the parameters of the 64 devices that were named last. @returns all of the controller. Used by `load_connection_parameters`.
  const std::vector<hci::LoadedParameters>& remember(uint16_t controller, hci::LoadedParameters parameters);

private:
  struct State;
  struct Owner;
  explicit Management(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
  std::shared_ptr<Owner> owner_;
};

/// For the device's next connection (the kernel keeps them); from Linux 6.11 on also for a link that is there, where they had been loaded before it was
/// made. @throws ManagementRefused, ...
[[nodiscard]] awaitable<void> load_connection_parameters(Management& management, uint16_t controller, Address device,
                                                         ConnectionParameters parameters);

/// What `recover_controller` did.
struct Recovery {
  std::string text;         ///< for logs: "power cycle, USB reset"
  uint16_t controller = 0;  ///< it may have another number after a reset
};
/// Where the parts of the machine are that recovering touches.
struct RecoveryPorts {
  std::string sysfs = "/sys";
  std::string rfkill = "/dev/rfkill";
  std::string usb = "/dev/bus/usb";
};
/// Brings a silent or stuck controller back: rfkill unblocked, power off and on; its USB device reset as well with `hard`, or where that did not help.
/// Takes 5 to 30 s; the steps and times are in recovery_machine.hpp and docs/bluez.md.
/// @throws RadioNotAvailable where that did not help, or not before the deadline. Cancellation: total.
[[nodiscard]] awaitable<Recovery> recover_controller(Management& management, Clock& clock, RecoveryPorts ports,
                                                     uint16_t controller, bool hard, TimePoint deadline);

}  // namespace moor::bluez
