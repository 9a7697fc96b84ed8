#pragma once
// Events of a controller to its host (Core 5.4, Vol 4, Part E, 7.7), with the byte of the UART transport in front.

#include "hci/advertising_report.hpp"
#include "hci/hci_commands.hpp"

#include <functional>
#include <vector>

namespace moor::hci {

using Packet = std::vector<uint8_t>;

/// Parameters, put together little-endian.
class Fields {
public:
  Fields& u8(unsigned value) {
    bytes_.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  Fields& u16(unsigned value) { return u8(value & 0xFF).u8(value >> 8 & 0xFF); }
  Fields& u64(uint64_t value) {
    for (unsigned i = 0; i < 8; ++i) u8(static_cast<uint8_t>(value >> 8 * i));
    return *this;
  }
  Fields& status(HciStatus status) { return u8(static_cast<uint8_t>(status)); }
  Fields& address(const Address& address);  ///< the six bytes, without the kind
  Fields& bytes(Bytes bytes);
  Fields& zeros(size_t count);
  [[nodiscard]] const std::vector<uint8_t>& done() const noexcept { return bytes_; }

private:
  std::vector<uint8_t> bytes_;
};

enum class EventCode : uint8_t {
  disconnection_complete = 0x05,
  encryption_change = 0x08,
  read_remote_version_complete = 0x0C,
  command_complete = 0x0E,
  command_status = 0x0F,
  number_of_completed_packets = 0x13,
  encryption_key_refresh_complete = 0x30,
  le_meta = 0x3E,
};
enum class LeEvent : uint8_t {
  connection_complete = 0x01,
  advertising_report = 0x02,
  connection_update_complete = 0x03,
  read_remote_features_complete = 0x04,
  data_length_change = 0x07,
  enhanced_connection_complete = 0x0A,
  phy_update_complete = 0x0C,
  extended_advertising_report = 0x0D,
  scan_timeout = 0x11,
};

[[nodiscard]] Packet make_event(EventCode code, const Fields& fields);
[[nodiscard]] Packet make_le_event(LeEvent code, const Fields& fields);
/// @param result  return parameters, the status first.
[[nodiscard]] Packet command_complete(uint16_t opcode, const Fields& result);
[[nodiscard]] Packet command_status(uint16_t opcode, HciStatus status);
[[nodiscard]] Packet completed_packets(uint16_t handle, uint16_t count);
[[nodiscard]] Packet disconnection_complete(uint16_t handle, HciStatus reason);

/// Puts advertising reports into as few events as they need, in their order.
class ReportEvents {
public:
  /// @param send  each event when it is full.
  explicit ReportEvents(std::function<void(Bytes packet)> send) : send_(std::move(send)) {}
  /// A report that fits a legacy one. @pre fits_legacy_report(report)
  void add_legacy(const AdvertisingReport& report);
  /// In fragments where it is long.
  void add_extended(AdvertisingReport report);
  void flush();  ///< what is not full yet

private:
  void add_one();  // what is in one_

  std::function<void(Bytes)> send_;
  Packet event_;
  Packet one_;
};

}  // namespace moor::hci
