#pragma once
// The kernel's Bluetooth management socket (BlueZ, doc/mgmt-api): commands and their answers, raw advertisements, what happens to controllers. It needs
// CAP_NET_ADMIN in the first user namespace and the machine's own network namespace; without that some commands answer "permission denied".

#include "hci/management.hpp"
#include "moor/clock.hpp"
#include "moor/connection_parameters.hpp"
#include "moor/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

namespace moor::bluez {

inline constexpr uint16_t no_controller = 0xFFFF;  ///< index of commands that are for none

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
  ~Management();

  [[nodiscard]] bool is_open() const noexcept;
  /// Commands of one opcode and controller wait for each other. @returns what the answer carries after the status.
  /// @throws ManagementRefused, TimedOut (10 s), RadioNotAvailable (the socket is gone).
  [[nodiscard]] awaitable<std::vector<uint8_t>> command(uint16_t opcode, uint16_t controller, std::vector<uint8_t> parameters);
  /// Whether commands that change something are allowed; asked once.
  [[nodiscard]] awaitable<bool> is_permitted();

  /// Advertisements of one controller, as many at a time as there are. Called on the executor; must not block.
  [[nodiscard]] std::unique_ptr<Watch> watch_found(uint16_t controller, OnFound on_found);
  [[nodiscard]] std::unique_ptr<Watch> watch_events(OnEvent on_event);

  struct ControllerInfo {
    uint16_t index = 0;
    Address address;
    uint32_t supported_settings = 0;
    uint32_t current_settings = 0;  ///< bit 0: powered
    std::string name;
  };
  [[nodiscard]] awaitable<std::vector<ControllerInfo>> controllers();

private:
  struct State;
  explicit Management(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// For the device's next connection (the kernel keeps them). @throws ManagementRefused, ...
[[nodiscard]] awaitable<void> load_connection_parameters(Management& management, uint16_t controller, Address device,
                                                         ConnectionParameters parameters);

/// What `recover` did, in words, for logs.
struct Recovery {
  std::string text;
  uint16_t controller = 0;  ///< it may have another number after a reset
};
/// Brings a silent or stuck controller back: rfkill unblocked, power off and on; with `hard` its USB device reset as well.
/// @throws RadioNotAvailable where that did not help. Times: reference of the peers' recovery, docs/bluez.md.
struct RecoveryPorts {
  std::string sysfs = "/sys";
  std::string rfkill = "/dev/rfkill";
};
[[nodiscard]] awaitable<Recovery> recover_controller(Management& management, Clock& clock, RecoveryPorts ports,
                                                     uint16_t controller, bool hard, TimePoint deadline);

}  // namespace moor::bluez
