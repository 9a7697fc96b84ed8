#pragma once
// Frames of the kernel's Bluetooth management socket (BlueZ, doc/mgmt-api), and its most frequent event: a device found, which is what the
// controllers of this machine hear, whoever asked them to scan. Commands are in management_commands.hpp, the other events in
// management_events.hpp.
//
//   0       2       4       6
//   ┌───────┬───────┬───────┬────────────┐
//   │ code  │ index │ size  │ parameters │      all little-endian; code is an event's or a command's, index the controller's, N of hciN
//   └───────┴───────┴───────┴────────────┘
//
//   Device Found 0x0012                      │ address 6 │ type 1 │ RSSI 1 │ flags 4 │ size 2 │ AD │
//   Advertisement Monitor Device Found 0x002F, the same after a monitor handle of 2 bytes

#include "hci/advertising_report.hpp"

namespace moor::hci {

inline constexpr uint16_t device_found_event = 0x0012;
inline constexpr uint16_t monitored_device_found_event = 0x002F;
inline constexpr size_t management_header_size = 6;

enum class ManagementAddressType : uint8_t { br_edr = 0, le_public = 1, le_random = 2 };

struct ManagementFrame {
  uint16_t code = 0;
  uint16_t controller = 0;  ///< N of hciN; 0xFFFF for none
  Bytes parameters{};       ///< a view of what was read

  [[nodiscard]] bool is_device_found() const noexcept {
    return code == device_found_event || code == monitored_device_found_event;
  }
};

/// One datagram of the socket, which is one frame. @returns nothing where the lengths contradict each other.
[[nodiscard]] std::optional<ManagementFrame> parse_management_frame(Bytes datagram) noexcept;

struct DeviceFound {
  uint16_t controller = 0;  ///< N of hciN
  std::optional<uint16_t>
      monitor{};  ///< handle of the advertisement monitor that it matched; 0 where the kernel does not say which
  Address address;
  ManagementAddressType type{};
  int8_t rssi_dbm = no_rssi;
  uint32_t flags = 0;
  Bytes data;  ///< AD structures, a scan response's after the advertisement's; a view of what was read

  [[nodiscard]] bool is_low_energy() const noexcept { return type != ManagementAddressType::br_edr; }
  [[nodiscard]] bool is_connectable() const noexcept { return (flags & 0x04U) == 0; }
  [[nodiscard]] bool is_scan_response() const noexcept { return (flags & 0x20U) != 0; }
};

/// @pre frame.is_device_found() @returns nothing where it is too short for what it says.
[[nodiscard]] std::optional<DeviceFound> parse_device_found(const ManagementFrame& frame) noexcept;

/// Finds the devices in a recorded stream of frames, where a read may end in the middle of one or hold several. Bounded: it keeps at most
/// one frame that is not whole.
class ManagementReader {
public:
  /// What one read gave. Then `next` until there is nothing more.
  void feed(Bytes read);
  /// The next device found, valid until the next `feed`; nothing where the rest is not whole yet. Other events are passed over.
  [[nodiscard]] std::optional<DeviceFound> next() noexcept;

  [[nodiscard]] uint64_t skipped() const noexcept { return skipped_; }      ///< events of other kinds
  [[nodiscard]] uint64_t malformed() const noexcept { return malformed_; }  ///< device found events too short for what they say

private:
  std::vector<uint8_t> buffer_;
  size_t at_ = 0;  // of the next frame in the buffer
  uint64_t skipped_ = 0;
  uint64_t malformed_ = 0;
};

}  // namespace moor::hci
