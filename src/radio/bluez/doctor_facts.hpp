#pragma once
// What `examine_bluetooth` finds out, and what it makes of it: facts are gathered through ports, judged without I/O.

#include "moor/clock.hpp"
#include "moor/doctor.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace moor::bluez {

/// What the bus and bluetoothd say.
struct BusFacts {
  enum class State : uint8_t { unasked, no_bus, refused, silent, reached };
  struct Adapter {
    std::string name;  ///< "hci0"
    bool powered = false;
    bool central = true;
    bool has_monitors = false;  ///< passive scans over the bus
  };

  State state = State::unasked;
  std::string error{};             ///< in the bus's words
  bool bluetoothd_runs = false;    ///< somebody owns org.bluez
  bool bluetoothd_denies = false;  ///< the bus's policy forbids to call it
  bool bluetoothd_silent = false;  ///< it owns its name and does not answer
  std::vector<Adapter> adapters{};
};

struct ManagementFacts {
  bool asked = false;
  bool permitted = false;
};

struct Facts {
  struct Adapter {
    std::string name;  ///< "hci0"
    std::string bus;   ///< "usb", "uart", "virtual"; empty where the system does not say
    bool soft_blocked = false;
    bool hard_blocked = false;
  };
  /// A USB device that says it is a Bluetooth adapter, and of which the kernel has made none.
  struct Dongle {
    std::string id;    ///< "0a12:0001"
    std::string name;  ///< as it calls itself; may be empty
    bool has_driver = false;
  };

  bool has_class = false;  ///< /sys/class/bluetooth
  int socket_error = 0;    ///< errno of a Bluetooth socket, 0 where it opens
  std::vector<Adapter> adapters{};
  std::vector<Dongle> dongles{};

  bool in_container = false;
  uint64_t capabilities = 0;              ///< effective, a bit each (capabilities(7))
  bool first_namespace = true;            ///< the user namespace that the machine began with
  std::optional<uint64_t> uid{};          ///< of this process, in its namespace
  std::optional<uint64_t> outside_uid{};  ///< the same, in the namespace above
  std::string bus_path{};                 ///< of the socket; empty where the bus's address names none
  bool bus_path_exists = false;
  BusFacts bus{};
  std::string bluetoothd_version{};  ///< "5.66"; empty where its program is not here
  ManagementFacts management{};
  bool has_vhci = false;
};

/// Where the machine is asked: the one that this runs on, or a test's.
struct DoctorPorts {
  std::string root{};  ///< in front of /sys, /proc, /dev, /run
  std::string bus_path{};
  std::function<int()> try_socket;  ///< errno of opening a Bluetooth socket, or 0
  std::function<awaitable<BusFacts>(Clock&, TimePoint deadline)> ask_bus;
  std::function<awaitable<std::string>(Clock&, TimePoint deadline)> ask_version;
  std::function<awaitable<ManagementFacts>(Clock&, TimePoint deadline)> ask_management;
};

inline constexpr Duration question_bound = std::chrono::seconds(3);

/// @returns what the files under `root` say. Reads some dozens of small files.
[[nodiscard]] Facts read_files(const DoctorPorts& ports);
/// Files and questions; a question takes no longer than `question_bound`, and what is not known by then stays unknown. Cancellation: total.
[[nodiscard]] awaitable<Facts> gather(Clock& clock, DoctorPorts ports);
/// In the order in which things are to be mended.
[[nodiscard]] std::vector<Check> judge(const Facts& facts);

/// The machine that this runs on.
[[nodiscard]] DoctorPorts machine_ports();
[[nodiscard]] awaitable<BusFacts> ask_bus(Clock& clock, TimePoint deadline);

}  // namespace moor::bluez
