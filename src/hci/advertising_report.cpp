#include "hci/advertising_report.hpp"

#include <algorithm>

namespace moor::hci {

namespace {

constexpr uint8_t le_meta_event = 0x3E;
constexpr uint8_t le_advertising_report = 0x02;
constexpr uint8_t le_extended_advertising_report = 0x0D;
constexpr uint8_t anonymous = 0xFF;

// LE Advertising Report's Event_Type is the index.
constexpr std::array legacy_types = {adv_ind, adv_direct_ind, adv_scan_ind, adv_nonconn_ind, scan_rsp};

constexpr unsigned property_bits = 0x1F;  // of an extended report's Event_Type; the data status is above
constexpr unsigned status_shift = 5;

// An identity address (types 2 and 3) is the public or static address that the controller resolved a private one to.
bool is_random(uint8_t address_type) noexcept {
  return address_type == 1 || address_type == 3;
}

Address read_address(uint8_t type, ByteReader& in) noexcept {
  const Bytes bytes = in.take(6);
  return bytes.empty() || type == anonymous ? Address() : Address::from_le(bytes.data(), is_random(type));
}

void append_header(std::vector<uint8_t>& out, uint8_t subevent, size_t report_size) {
  out.insert(out.end(), {le_meta_event, static_cast<uint8_t>(2 + report_size), subevent, 1});
}

void append_address(std::vector<uint8_t>& out, const Address& address) {
  std::array<uint8_t, 6> bytes{};
  address.to_le(bytes.data());
  out.push_back(address.is_random() ? 1 : 0);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

ReportReader::ReportReader(Bytes event) noexcept : parameters_({}) {
  if (event.size() < header_size + 2 || event[0] != le_meta_event) return;
  if (event[2] == le_advertising_report)
    kind_ = Kind::legacy;
  else if (event[2] == le_extended_advertising_report)
    kind_ = Kind::extended;
  else
    return;
  // A packet longer than its event is padded, a shorter one is cut; either way the event ends where both agree.
  parameters_ = ByteReader(event.subspan(header_size, std::min<size_t>(event[1], event.size() - header_size)));
  parameters_.skip(1);
  left_ = parameters_.u8();
  if (!parameters_.ok() || left_ == 0) error_ = {header_size + 1, "an advertising event without a report"};
}

std::optional<AdvertisingReport> ReportReader::next() noexcept {
  if (left_ == 0 || error_) return std::nullopt;
  const size_t start = parameters_.offset();
  const AdvertisingReport report = kind_ == Kind::legacy ? read_legacy() : read_extended();
  if (!parameters_.ok()) {
    error_ = {header_size + start, "an advertising report runs past its event"};
    return std::nullopt;
  }
  --left_;
  return report;
}

//   0       1       2           8     9         9+len
//   ┌───────┬───────┬───────────┬─────┬─────────┬──────┐
//   │ event │ addr  │ address   │ len │ data    │ RSSI │     RSSI: int8, dBm
//   │ type  │ type  │           │     │         │      │
//   └───────┴───────┴───────────┴─────┴─────────┴──────┘
AdvertisingReport ReportReader::read_legacy() noexcept {
  AdvertisingReport report;
  const uint8_t type = parameters_.u8();
  report.properties = type < legacy_types.size() ? legacy_types[type] : AdvertisingProperties::legacy;
  report.address = read_address(parameters_.u8(), parameters_);
  report.data = parameters_.take(parameters_.u8());
  report.rssi_dbm = parameters_.i8();
  return report;
}

//   0       2      3         9         10        11    12   13     14         16       17        23    24
//   ┌───────┬──────┬─────────┬─────────┬─────────┬─────┬────┬──────┬──────────┬────────┬─────────┬─────┬──────┐
//   │ event │ addr │ address │ primary │ second. │ SID │ TX │ RSSI │ periodic │ direct │ direct  │ len │ data │
//   │ type  │ type │         │ PHY     │ PHY     │     │    │      │ interval │ type   │ address │     │      │
//   └───────┴──────┴─────────┴─────────┴─────────┴─────┴────┴──────┴──────────┴────────┴─────────┴─────┴──────┘
AdvertisingReport ReportReader::read_extended() noexcept {
  AdvertisingReport report;
  const uint16_t type = parameters_.le16();
  report.properties = static_cast<AdvertisingProperties>(type & property_bits);
  const unsigned status = type >> status_shift & 3;
  report.status = status < 2 ? static_cast<DataStatus>(status) : DataStatus::truncated;  // 3 is reserved
  report.address = read_address(parameters_.u8(), parameters_);
  parameters_.skip(2);
  report.sid = parameters_.u8();
  report.tx_power_dbm = parameters_.i8();
  report.rssi_dbm = parameters_.i8();
  parameters_.skip(9);
  report.data = parameters_.take(parameters_.u8());
  return report;
}

bool fits_legacy_report(const AdvertisingReport& report) noexcept {
  return std::find(legacy_types.begin(), legacy_types.end(), report.properties) != legacy_types.end() &&
         report.data.size() <= legacy_payload_size && report.status == DataStatus::complete &&
         report.sid == AdvertisingReport{}.sid && report.tx_power_dbm == no_tx_power;
}

void append_legacy_report(std::vector<uint8_t>& out, const AdvertisingReport& report) {
  const auto type = std::find(legacy_types.begin(), legacy_types.end(), report.properties) - legacy_types.begin();
  append_header(out, le_advertising_report, 10 + report.data.size());
  out.push_back(static_cast<uint8_t>(type));
  append_address(out, report.address);
  out.push_back(static_cast<uint8_t>(report.data.size()));
  out.insert(out.end(), report.data.begin(), report.data.end());
  out.push_back(static_cast<uint8_t>(report.rssi_dbm));
}

void append_extended_report(std::vector<uint8_t>& out, const AdvertisingReport& report) {
  append_header(out, le_extended_advertising_report, 24 + report.data.size());
  const auto status = static_cast<unsigned>(report.status) << status_shift;
  out.push_back(static_cast<uint8_t>(static_cast<unsigned>(report.properties) | status));
  out.push_back(0);
  append_address(out, report.address);
  const uint8_t secondary_phy = has(report.properties, AdvertisingProperties::legacy) ? 0 : 1;
  out.insert(out.end(),
             {1, secondary_phy, report.sid, static_cast<uint8_t>(report.tx_power_dbm), static_cast<uint8_t>(report.rssi_dbm)});
  out.insert(out.end(), 9, 0);  // no periodic advertising, no direct address
  out.push_back(static_cast<uint8_t>(report.data.size()));
  out.insert(out.end(), report.data.begin(), report.data.end());
}

}  // namespace moor::hci
