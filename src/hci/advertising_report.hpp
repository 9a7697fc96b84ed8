#pragma once
// Advertising reports as HCI has them: LE Advertising Report and LE Extended Advertising Report events (Core 5.4, Vol 4, Part E,
// 7.7.65.2 and 7.7.65.13). An event holds several reports, one whole report after the other: the specification draws the arrays
// column by column, but controllers send rows.

#include "moor/sighting.hpp"

namespace moor::hci {

/// One report, still a view of the packet it came in.
struct AdvertisingReport {
  Address address;  ///< all zero for an anonymous advertisement, which has none
  AdvertisingProperties properties = AdvertisingProperties::none;
  DataStatus status = DataStatus::complete;
  int8_t rssi_dbm = no_rssi;
  int8_t tx_power_dbm = no_tx_power;
  uint8_t sid = 0xFF;
  uint8_t channel = 0;  ///< 37, 38 or 39 from a sniffer; HCI does not say
  Bytes data;
};

/// The most data that one extended report holds: 255 bytes of parameters less subevent, count and the fixed fields.
inline constexpr size_t max_fragment_size = 229;

/// Properties that each of the five legacy event types stands for; also the five PDU types of the link layer.
inline constexpr AdvertisingProperties adv_ind =
    AdvertisingProperties::legacy | AdvertisingProperties::connectable | AdvertisingProperties::scannable;
inline constexpr AdvertisingProperties adv_direct_ind =
    AdvertisingProperties::legacy | AdvertisingProperties::connectable | AdvertisingProperties::directed;
inline constexpr AdvertisingProperties adv_scan_ind = AdvertisingProperties::legacy | AdvertisingProperties::scannable;
inline constexpr AdvertisingProperties adv_nonconn_ind = AdvertisingProperties::legacy;
inline constexpr AdvertisingProperties scan_rsp =
    AdvertisingProperties::legacy | AdvertisingProperties::scannable | AdvertisingProperties::scan_response;

/// Reads the reports of one event, in order. Never reads past the event; what is whole before the damage is returned.
class ReportReader {
public:
  /// @param event  an HCI event packet: event code, parameter length, parameters; without the H4 packet type.
  explicit ReportReader(Bytes event) noexcept;

  /// Whether this is one of the two events. A packet too short to say is not.
  [[nodiscard]] bool is_advertising() const noexcept { return kind_ != Kind::other; }
  /// @returns nothing after the last report and where the event is damaged.
  [[nodiscard]] std::optional<AdvertisingReport> next() noexcept;
  /// Why the last `next` returned nothing, if it was not the end. The offset counts from the event code.
  [[nodiscard]] std::optional<ParseError> error() const noexcept { return error_; }

private:
  enum class Kind : uint8_t { other, legacy, extended };
  static constexpr size_t header_size = 2;  // event code and parameter length

  [[nodiscard]] AdvertisingReport read_legacy() noexcept;
  [[nodiscard]] AdvertisingReport read_extended() noexcept;

  ByteReader parameters_;
  Kind kind_ = Kind::other;
  uint8_t left_ = 0;
  std::optional<ParseError> error_;
};

/// Whether an LE Advertising Report can say all that this report says; otherwise it takes an extended one.
[[nodiscard]] bool fits_legacy_report(const AdvertisingReport& report) noexcept;
/// Appends the event, without the H4 packet type, to `out`. @pre fits_legacy_report(report)
void append_legacy_report(std::vector<uint8_t>& out, const AdvertisingReport& report);
/// @pre report.data.size() <= max_fragment_size
void append_extended_report(std::vector<uint8_t>& out, const AdvertisingReport& report);

}  // namespace moor::hci
