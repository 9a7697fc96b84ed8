#pragma once
// Device found events of the kernel's Bluetooth management socket (BlueZ, doc/mgmt-api): what the controllers of this machine hear, whoever
// asked them to scan. The socket gives frames; a read may end in the middle of one, or hold several.
//
//   0       2       4       6
//   ┌───────┬───────┬───────┬────────────┐
//   │ event │ index │ size  │ parameters │      all little-endian; index is the controller's, N of hciN
//   └───────┴───────┴───────┴────────────┘
//
//   Device Found 0x0012                      │ address 6 │ type 1 │ RSSI 1 │ flags 4 │ size 2 │ AD │
//   Advertisement Monitor Device Found 0x002F, the same after a monitor handle of 2 bytes

#include "hci/advertising_report.hpp"

namespace moor::hci {

enum class ManagementAddressType : uint8_t { br_edr = 0, le_public = 1, le_random = 2 };

struct DeviceFound {
  uint16_t controller = 0;            ///< N of hciN
  std::optional<uint16_t> monitor{};  ///< handle of the advertisement monitor that it matched
  Address address;
  ManagementAddressType type{};
  int8_t rssi_dbm = no_rssi;
  uint32_t flags = 0;
  Bytes data;  ///< AD structures, a scan response's after the advertisement's; valid until the next call of the reader

  [[nodiscard]] bool is_low_energy() const noexcept { return type != ManagementAddressType::br_edr; }
  [[nodiscard]] bool is_connectable() const noexcept { return (flags & 0x04U) == 0; }
  [[nodiscard]] bool is_scan_response() const noexcept { return (flags & 0x20U) != 0; }
};

/// Puts the frames of the reads together again and finds the devices in them. Bounded: it keeps at most one frame that is not whole.
class ManagementReader {
public:
  /// What one read gave. Then `next` until there is nothing more.
  void feed(Bytes read);
  /// The next device found; nothing where the rest is not whole yet. Other events are passed over.
  [[nodiscard]] std::optional<DeviceFound> next() noexcept;

  [[nodiscard]] uint64_t skipped() const noexcept { return skipped_; }      ///< events of other kinds
  [[nodiscard]] uint64_t malformed() const noexcept { return malformed_; }  ///< device found events too short for what they say

private:
  static constexpr size_t header_size = 6;
  [[nodiscard]] std::optional<DeviceFound> parse(uint16_t event, uint16_t controller, Bytes parameters) noexcept;

  std::vector<uint8_t> buffer_;
  size_t at_ = 0;  // of the next frame in the buffer
  uint64_t skipped_ = 0;
  uint64_t malformed_ = 0;
};

}  // namespace moor::hci
