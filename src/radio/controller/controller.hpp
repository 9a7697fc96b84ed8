#pragma once
// Any radio of moor as an HCI controller: what a host (the kernel, and so every Bluetooth program of this machine) sends as commands and
// data becomes scans and links of the radio, and what those bring becomes events. With a simulated world behind it, its devices are there
// for bluetoothd, bluetoothctl and bleak as real ones are.
//
// It speaks packets of the UART transport: one byte of type, then the packet (Core 5.4, Vol 4, Part A, 2).

#include "moor/radio.hpp"

#include <deque>
#include <functional>

namespace moor::controller {

/// How a device behind the radio pairs, which a radio's interface does not say.
struct DevicePairing {
  bool bonds = true;
  PairingMethod method = PairingMethod::just_works;  ///< seen from the host
  uint32_t passkey = 0;                              ///< that the device shows, or has typed in
};

struct ControllerOptions {
  Address address;                ///< its public address
  bool extended = true;           ///< offers extended scanning and advertising
  bool filter_duplicates = true;  ///< honours the host's wish to be told of each device once; some controllers do not
  std::function<DevicePairing(const Address&)> pairing_of{};
};

/// Numbers for people and tests.
struct ControllerCounters {
  uint64_t commands = 0;
  uint64_t reports = 0;  ///< advertising reports handed to the host
  uint64_t duplicates_filtered = 0;
  uint64_t links = 0;
  uint64_t malformed = 0;  ///< packets of the host that contradict themselves
};

/// Without a socket: packets in, packets out.
class Controller {
public:
  using Send = std::function<void(Bytes packet)>;

  /// @param radio  must outlive it, as `clock` must. @param send  is called for each packet for the host, on the executor.
  Controller(boost::asio::any_io_executor executor, Clock& clock, Radio& radio, ControllerOptions options, Send send);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  /// A packet of the host.
  void receive(Bytes packet);
  [[nodiscard]] const ControllerCounters& counters() const noexcept;
  /// Ends scan and links, and waits for it.
  [[nodiscard]] awaitable<void> stop();

private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Serves a radio as a controller of this machine through /dev/vhci, until it is cancelled.
/// @param on_ready  is told the number N of hciN.
/// @throws RadioNotAvailable  without /dev/vhci (kernel module hci_vhci) or the permission to open it. Cancellation: total, the controller is gone
/// before it completes.
[[nodiscard]] awaitable<void> serve_vhci(Clock& clock, Radio& radio, ControllerOptions options,
                                         std::function<void(unsigned index, const Controller&)> on_ready);

}  // namespace moor::controller
