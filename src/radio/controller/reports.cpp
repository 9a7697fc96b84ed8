#include "radio/controller/reports.hpp"

namespace moor::controller {

namespace {

using Properties = AdvertisingProperties;

// The one of the five kinds of legacy packets that these properties are nearest to.
Properties legacy_kind(Properties properties) noexcept {
  if (has(properties, Properties::scan_response)) return hci::scan_rsp;
  if (has(properties, Properties::directed)) return hci::adv_direct_ind;
  if (has(properties, Properties::connectable)) return hci::adv_ind;
  return has(properties, Properties::scannable) ? hci::adv_scan_ind : hci::adv_nonconn_ind;
}

uint64_t key_of(const Address& address) noexcept {
  return address.bits() | (address.is_random() ? uint64_t{1} << 48 : 0);
}

// FNV-1a.
uint64_t hash_of(Bytes bytes) noexcept {
  uint64_t hash = 0xCBF29CE484222325;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001B3;
  return hash;
}

bool is_legacy(const Sighting& sighting) noexcept {
  return has(sighting.properties, Properties::legacy);
}

}  // namespace

Reports::Reports(bool filter_duplicates, ControllerCounters& counters, std::function<void(Bytes packet)> send)
    : filter_duplicates_(filter_duplicates), counters_(counters), events_(std::move(send)) {}

void Reports::begin(TimePoint now) {
  told_.clear();
  period_began_ = now;
}

void Reports::add(std::span<const Sighting> batch, const CommandMachine& host) {
  const ScanSettings& scan = host.scan();
  for (size_t i = 0; i < batch.size(); ++i) {
    const Sighting& sighting = batch[i];
    if (scan.accept_list_only && !host.accepts(sighting.address)) continue;
    if (!is_legacy(sighting) && !scan.extended) continue;
    add(sighting, scan);
    const bool asks = scan.active && is_legacy(sighting) && has(sighting.properties, Properties::scannable);
    if (!asks) continue;
    const uint64_t device = key_of(sighting.address);
    if (sighting.is_scan_response()) {
      answering_.insert(device);
      continue;
    }
    const bool answered = i + 1 < batch.size() && batch[i + 1].is_scan_response() && batch[i + 1].address == sighting.address;
    if (!answered && !answering_.contains(device)) add_empty_answer(sighting, scan);
  }
  events_.flush();
}

bool Reports::is_wanted(const Sighting& sighting, const ScanSettings& scan, bool made_up) {
  if (!filter_duplicates_ || scan.duplicates == ScanSettings::Duplicates::all) return true;
  const bool begins_anew = scan.duplicates == ScanSettings::Duplicates::once_a_period && scan.period > Duration::zero() &&
                           sighting.time >= period_began_ + scan.period;
  if (begins_anew) begin(sighting.time);
  uint64_t key = key_of(sighting.address) | uint64_t{static_cast<uint8_t>(sighting.properties)} << 49 |
                 uint64_t{sighting.sid} << 54 | uint64_t{made_up} << 62;
  if (!is_legacy(sighting)) key = key * 0x9E3779B97F4A7C15 ^ hash_of(sighting.payload());
  if (told_.insert(key)) return true;
  ++counters_.duplicates_filtered;
  return false;
}

void Reports::add(const Sighting& sighting, const ScanSettings& scan) {
  if (!is_wanted(sighting, scan, false)) return;
  send({.address = sighting.address,
        .properties = sighting.properties,
        .status = sighting.status,
        .rssi_dbm = sighting.rssi_dbm,
        .tx_power_dbm = sighting.tx_power_dbm,
        .sid = sighting.sid,
        .channel = 0,
        .data = sighting.payload()},
       scan);
}

void Reports::add_empty_answer(const Sighting& sighting, const ScanSettings& scan) {
  if (!is_wanted(sighting, scan, true)) return;
  send({.address = sighting.address, .properties = hci::scan_rsp, .rssi_dbm = sighting.rssi_dbm, .data = {}}, scan);
}

void Reports::send(const hci::AdvertisingReport& report, const ScanSettings& scan) {
  ++counters_.reports;
  if (scan.extended) return events_.add_extended(report);
  const Bytes data = report.data.first(std::min(report.data.size(), legacy_payload_size));
  events_.add_legacy(
      {.address = report.address, .properties = legacy_kind(report.properties), .rssi_dbm = report.rssi_dbm, .data = data});
}

}  // namespace moor::controller
