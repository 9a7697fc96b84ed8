#include "radio/replay/decoder.hpp"

#include "radio/replay/btsnoop_format.hpp"

namespace moor::replay {

namespace {

constexpr uint8_t h4_event = 0x04;
constexpr uint32_t h1_received_event = 3;  // bit 0: from the controller; bit 1: command or event
constexpr uint8_t packetlogger_event = 0x01;

// Bytes of the record up to `count`, and the record without them; both empty if it is shorter.
struct Split {
  Bytes header;
  Bytes rest;
};
Split split(Bytes bytes, size_t count) noexcept {
  if (bytes.size() < count) return {};
  return {bytes.first(count), bytes.subspan(count)};
}

}  // namespace

ScanStatistics Decoder::statistics() const noexcept {
  ScanStatistics statistics = counts_;
  statistics.reassembly_dropped = reassembly_.dropped();
  return statistics;
}

void Decoder::decode(const Record& record, std::vector<Sighting>& out) {
  constexpr size_t prefix_size = 4;  // direction, or adapter and opcode
  switch (record.encapsulation) {
    case Encapsulation::unknown: ++counts_.other; return;
    case Encapsulation::h1:
      if (record.flags == h1_received_event) return decode_event(record.data, record.time, 0, out);
      ++counts_.other;
      return;
    case Encapsulation::h4: return decode_h4(record.data, record.time, 0, out);
    case Encapsulation::h4_with_direction: return decode_h4(split(record.data, prefix_size).rest, record.time, 0, out);
    case Encapsulation::monitor:
      return decode_monitor(static_cast<uint16_t>(record.flags >> 16), static_cast<uint16_t>(record.flags), record.data,
                            record.time, out);
    case Encapsulation::monitor_header: {
      const auto [header, packet] = split(record.data, prefix_size);
      if (header.empty()) break;
      return decode_monitor(load_be16(header.data()), load_be16(header.data() + 2), packet, record.time, out);
    }
    case Encapsulation::packetlogger:
      if (!record.data.empty() && record.data[0] == packetlogger_event)
        return decode_event(record.data.subspan(1), record.time, 0, out);
      ++counts_.other;
      return;
    case Encapsulation::link_layer: return decode_link_layer(record.data, hci::CrcState::unchecked, no_rssi, 0, record.time, out);
    case Encapsulation::link_layer_phdr: return decode_link_layer_phdr(record, out);
    case Encapsulation::nordic: return decode_nordic(record, out);
  }
  ++counts_.malformed;
}

void Decoder::decode_h4(Bytes packet, TimePoint time, uint16_t source, std::vector<Sighting>& out) {
  if (packet.empty())
    ++counts_.malformed;
  else if (packet[0] == h4_event)
    decode_event(packet.subspan(1), time, source, out);
  else
    ++counts_.other;
}

void Decoder::decode_monitor(uint16_t adapter, uint16_t opcode, Bytes packet, TimePoint time, std::vector<Sighting>& out) {
  if (opcode == monitor_event)
    decode_event(packet, time, adapter, out);
  else
    ++counts_.other;
}

void Decoder::decode_event(Bytes event, TimePoint time, uint16_t source, std::vector<Sighting>& out) {
  hci::ReportReader reader(event);
  if (!reader.is_advertising()) {
    ++(event.size() < 2 ? counts_.malformed : counts_.other);
    return;
  }
  while (const auto report = reader.next()) add(*report, time, source, out);
  if (reader.error()) ++counts_.malformed;
}

//   0         1        2       3         4                  8       10
//   ┌─────────┬────────┬───────┬─────────┬──────────────────┬───────┬────────┐
//   │ RF      │ signal │ noise │ access  │ reference access │ flags │ packet │     signal and noise: int8, dBm
//   │ channel │        │       │ address │ address          │       │        │
//   │         │        │       │ errors  │                  │       │        │     LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR
//   └─────────┴────────┴───────┴─────────┴──────────────────┴───────┴────────┘
void Decoder::decode_link_layer_phdr(const Record& record, std::vector<Sighting>& out) {
  constexpr uint16_t dewhitened = 0x0001;
  constexpr uint16_t signal_valid = 0x0002;
  constexpr uint16_t crc_checked = 0x0400;
  constexpr uint16_t crc_valid = 0x0800;
  constexpr uint16_t phy_mask = 0xC000;  // 0 for LE 1M, the only one that legacy advertisements use
  const auto [header, packet] = split(record.data, 10);
  if (header.empty()) {
    ++counts_.malformed;
    return;
  }
  const uint16_t flags = load_le16(header.data() + 8);
  if ((flags & phy_mask) != 0) {
    ++counts_.other;
    return;
  }
  auto crc = hci::CrcState::unchecked;
  // Bits that are still whitened cannot have been checked, whatever the flags say.
  if ((flags & crc_checked) != 0 && (flags & dewhitened) != 0)
    crc = (flags & crc_valid) != 0 ? hci::CrcState::good : hci::CrcState::bad;
  const uint8_t channel = header[0] == 0    ? 37
                          : header[0] == 12 ? 38
                          : header[0] == 39 ? 39
                                            : 0;  // RF channel to advertising channel
  const int8_t rssi_dbm = (flags & signal_valid) != 0 ? static_cast<int8_t>(header[1]) : no_rssi;
  decode_link_layer(packet, crc, rssi_dbm, channel, record.time, out);
}

// The nRF Sniffer's packet (LINKTYPE_NORDIC_BLE) has had four headers; all end in the same ten bytes and the packet from the air.
//
//   version 0   0 BE EF   2 type   3 counter   5 (unused)   7 payload length
//   version 1   0 board   1 header length   2 payload length   3 version   4 counter   6 type   7 length of what follows, 10
//   version 2   0 board   1 payload length, 16 bits            3 version   4 counter   6 type   7 length of what follows, 10
//   version 3   as version 2, with other types and the PHY in the flags
//   then        flags (bit 0: CRC good)   channel   RSSI, negated   event counter, 16 bits   time, 32 bits   packet
void Decoder::decode_nordic(const Record& record, std::vector<Sighting>& out) {
  constexpr uint8_t type_packet = 0x06;              // of connections only since version 3
  constexpr uint8_t type_advertising_packet = 0x02;  // since version 3
  constexpr uint8_t crc_good = 0x01;
  constexpr uint8_t phy_mask = 0x70;
  constexpr size_t common_size = 9;
  const auto [header, rest] = split(record.data, 8);
  const auto [common, packet] = split(rest, common_size);
  if (common.empty()) {
    ++counts_.malformed;
    return;
  }
  const bool is_version_0 = header[0] == 0xBE && header[1] == 0xEF;
  const int version = is_version_0 ? 0 : header[3];
  const uint8_t type = is_version_0 ? header[2] : header[6];
  const uint8_t flags = common[0];
  if (type != (version < 3 ? type_packet : type_advertising_packet) || (version >= 3 && (flags & phy_mask) != 0)) {
    ++counts_.other;
    return;
  }
  const uint8_t channel = common[1] >= 37 && common[1] <= 39 ? common[1] : 0;
  const auto rssi_dbm = static_cast<int8_t>(-std::min<int>(common[2], 128));
  decode_link_layer(packet, (flags & crc_good) != 0 ? hci::CrcState::good : hci::CrcState::bad, rssi_dbm, channel, record.time,
                    out);
}

void Decoder::decode_link_layer(Bytes packet, hci::CrcState crc, int8_t rssi_dbm, uint8_t channel, TimePoint time,
                                std::vector<Sighting>& out) {
  using Kind = hci::LinkLayerResult::Kind;
  hci::LinkLayerResult result = hci::parse_link_layer(packet, crc);
  switch (result.kind) {
    case Kind::report:
      result.report.rssi_dbm = rssi_dbm;
      result.report.channel = channel;
      return add(result.report, time, 0, out);
    case Kind::other: ++counts_.other; return;
    case Kind::bad_crc: ++counts_.bad_crc; return;
    case Kind::malformed: ++counts_.malformed; return;
  }
}

void Decoder::add(const hci::AdvertisingReport& report, TimePoint time, uint16_t source, std::vector<Sighting>& out) {
  const auto [data, status] = reassembly_.add(report, time, source);
  Sighting& sighting = out.emplace_back();
  sighting.address = report.address;
  sighting.time = time;
  sighting.rssi_dbm = report.rssi_dbm;
  sighting.tx_power_dbm = report.tx_power_dbm;
  sighting.properties = report.properties;
  sighting.status = status;
  sighting.channel = report.channel;
  sighting.sid = report.sid;
  sighting.set_payload(data, ring_);
}

}  // namespace moor::replay
