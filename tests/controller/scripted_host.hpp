#pragma once
// A host of a script: what it sends to a controller, and all that it is told.

#include "hci/hci_events.hpp"
#include "hci/l2cap.hpp"
#include "radio/controller/controller.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace moor::testing {

class ScriptedHost {
public:
  /// @param packet  with its type in front.
  void on_packet(Bytes packet) { packets.emplace_back(packet.begin(), packet.end()); }

  static hci::Packet command(hci::Opcode opcode, const hci::Fields& parameters = {}) {
    return hci::Fields()
        .u8(static_cast<unsigned>(hci::PacketType::command))
        .u16(static_cast<unsigned>(opcode))
        .u8(static_cast<unsigned>(parameters.done().size()))
        .bytes(parameters.done())
        .done();
  }

  /// Parameters of all events of a kind since the last call of `clear`.
  [[nodiscard]] std::vector<hci::Packet> events(hci::EventCode code) const {
    std::vector<hci::Packet> found;
    for (const hci::Packet& packet : packets)
      if (packet[0] == static_cast<uint8_t>(hci::PacketType::event) && packet[1] == static_cast<uint8_t>(code))
        found.emplace_back(packet.begin() + 3, packet.end());
    return found;
  }
  /// The same of a kind of LE events, without their subevent code.
  [[nodiscard]] std::vector<hci::Packet> events(hci::LeEvent code) const {
    std::vector<hci::Packet> found;
    for (const hci::Packet& each : events(hci::EventCode::le_meta))
      if (each.at(0) == static_cast<uint8_t>(code)) found.emplace_back(each.begin() + 1, each.end());
    return found;
  }
  /// Return parameters of the last answer to a command; empty where there is none.
  [[nodiscard]] hci::Packet result_of(hci::Opcode opcode) const {
    hci::Packet result;
    for (const hci::Packet& each : events(hci::EventCode::command_complete))
      if (load_le16(each.data() + 1) == static_cast<uint16_t>(opcode)) result.assign(each.begin() + 3, each.end());
    return result;
  }
  [[nodiscard]] std::optional<hci::HciStatus> status_of(hci::Opcode opcode) const {
    for (const hci::Packet& each : events(hci::EventCode::command_status))
      if (load_le16(each.data() + 2) == static_cast<uint16_t>(opcode)) return static_cast<hci::HciStatus>(each[0]);
    return std::nullopt;
  }
  struct Report {
    Address address;
    AdvertisingProperties properties;
    std::vector<uint8_t> data;
    int8_t rssi_dbm;
    DataStatus status;
  };
  [[nodiscard]] std::vector<Report> reports() const {
    std::vector<Report> found;
    for (const hci::Packet& packet : packets) {
      hci::ReportReader reader(Bytes(packet).subspan(1));
      while (const auto report = reader.next())
        found.push_back({.address = report->address,
                         .properties = report->properties,
                         .data = {report->data.begin(), report->data.end()},
                         .rssi_dbm = report->rssi_dbm,
                         .status = report->status});
      EXPECT_FALSE(reader.error()) << to_hex(packet);
    }
    return found;
  }
  /// Payloads that came on a channel.
  [[nodiscard]] std::vector<hci::Packet> frames(uint16_t channel) const {
    std::vector<hci::Packet> found;
    hci::L2capReassembly reassembly;
    for (const hci::Packet& packet : packets) {
      if (packet[0] != static_cast<uint8_t>(hci::PacketType::acl)) continue;
      const auto acl = hci::parse_acl(Bytes(packet).subspan(1));
      EXPECT_TRUE(acl) << to_hex(packet);
      if (!acl) continue;
      EXPECT_LE(acl->data.size(), 251U);
      if (const auto frame = reassembly.add(*acl); frame && frame->channel == channel) found.push_back(frame->payload);
    }
    return found;
  }
  void clear() { packets.clear(); }

  std::vector<hci::Packet> packets;
};

/// Interval 30 to 50 ms, no latency, 4.2 s; and the lengths of connection events, which nobody uses.
inline hci::Fields link_parameters() {
  return hci::Fields().u16(24).u16(40).u16(0).u16(420).u16(0).u16(0);
}

/// LE Create Connection to a device, or to any of the accept list.
inline hci::Packet create_connection(const std::optional<Address>& peer) {
  const Address address = peer.value_or(Address());
  return ScriptedHost::command(hci::Opcode::le_create_connection, hci::Fields()
                                                                      .u16(0x60)
                                                                      .u16(0x30)
                                                                      .u8(peer ? 0 : 1)
                                                                      .u8(address.is_random() ? 1 : 0)
                                                                      .address(address)
                                                                      .u8(0)
                                                                      .bytes(link_parameters().done()));
}

inline hci::Packet extended_create_connection(const Address& address) {
  return ScriptedHost::command(hci::Opcode::le_extended_create_connection, hci::Fields()
                                                                               .u8(0)
                                                                               .u8(0)
                                                                               .u8(address.is_random() ? 1 : 0)
                                                                               .address(address)
                                                                               .u8(1)
                                                                               .u16(0x60)
                                                                               .u16(0x30)
                                                                               .bytes(link_parameters().done()));
}

inline hci::Packet scan_parameters(bool active, bool accept_list = false) {
  return ScriptedHost::command(hci::Opcode::le_set_scan_parameters,
                               hci::Fields().u8(active ? 1 : 0).u16(0x60).u16(0x60).u8(0).u8(accept_list ? 1 : 0));
}
inline hci::Packet scan_enable(bool enable, bool once) {
  return ScriptedHost::command(hci::Opcode::le_set_scan_enable, hci::Fields().u8(enable ? 1 : 0).u8(once ? 1 : 0));
}
inline hci::Packet extended_scan_parameters(bool active) {
  return ScriptedHost::command(hci::Opcode::le_set_extended_scan_parameters,
                               hci::Fields().u8(0).u8(0).u8(1).u8(active ? 1 : 0).u16(0x60).u16(0x60));
}
inline hci::Packet extended_scan_enable(bool enable, bool once, unsigned duration_10_ms = 0) {
  return ScriptedHost::command(hci::Opcode::le_set_extended_scan_enable,
                               hci::Fields().u8(enable ? 1 : 0).u8(once ? 1 : 0).u16(duration_10_ms).u16(0));
}

}  // namespace moor::testing
