#include "hci/link_layer.hpp"

namespace moor::hci {

namespace {

constexpr size_t header_end = 6;  // access address, header, length
constexpr size_t crc_size = 3;
constexpr size_t address_size = 6;

enum PduType : uint8_t {
  pdu_adv_ind,
  pdu_adv_direct_ind,
  pdu_adv_nonconn_ind,
  pdu_scan_req,
  pdu_scan_rsp,
  pdu_connect_ind,
  pdu_adv_scan_ind
};

constexpr uint32_t reversed24(uint32_t value) noexcept {
  uint32_t reversed = 0;
  for (int bit = 0; bit < 24; ++bit) reversed |= (value >> bit & 1) << (23 - bit);
  return reversed;
}

// x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1. The air sends the low bit of each byte first, so the register is kept reversed.
// Row n continues row 0 by n bytes of zero, so that four bytes take one step.
constexpr auto crc_tables = [] {
  std::array<std::array<uint32_t, 256>, 4> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? reversed24(0x00065B) : 0);
    tables[0][byte] = crc;
  }
  for (size_t row = 1; row < tables.size(); ++row)
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[row - 1][byte];
      tables[row][byte] = before >> 8 ^ tables[0][before & 0xFF];
    }
  return tables;
}();

struct PduLayout {
  AdvertisingProperties properties;
  size_t min_size;
  size_t max_size;
};

/// @returns nothing for a PDU that is no legacy advertisement: requests, CONNECT_IND, ADV_EXT_IND.
std::optional<PduLayout> layout_of(uint8_t type) noexcept {
  constexpr size_t with_data = address_size + legacy_payload_size;
  switch (type) {
    case pdu_adv_ind: return PduLayout{adv_ind, address_size, with_data};
    case pdu_adv_direct_ind: return PduLayout{adv_direct_ind, 2 * address_size, 2 * address_size};
    case pdu_adv_nonconn_ind: return PduLayout{adv_nonconn_ind, address_size, with_data};
    case pdu_scan_rsp: return PduLayout{scan_rsp, address_size, with_data};
    case pdu_adv_scan_ind: return PduLayout{adv_scan_ind, address_size, with_data};
    default: return std::nullopt;
  }
}

bool crc_matches(Bytes packet, size_t payload_size) noexcept {
  const uint8_t* sent = packet.data() + header_end + payload_size;
  return crc24(packet.subspan(4, 2 + payload_size)) == (load_le16(sent) | static_cast<uint32_t>(sent[2]) << 16);
}

}  // namespace

uint32_t crc24(Bytes pdu, uint32_t init) noexcept {
  uint32_t crc = reversed24(init);
  size_t at = 0;
  for (; at + 4 <= pdu.size(); at += 4) {
    crc ^= load_le32(pdu.data() + at);
    crc = crc_tables[3][crc & 0xFF] ^ crc_tables[2][crc >> 8 & 0xFF] ^ crc_tables[1][crc >> 16 & 0xFF] ^ crc_tables[0][crc >> 24];
  }
  for (; at < pdu.size(); ++at) crc = crc >> 8 ^ crc_tables[0][(crc ^ pdu[at]) & 0xFF];
  return crc;
}

LinkLayerResult parse_link_layer(Bytes packet, CrcState crc) noexcept {
  using Kind = LinkLayerResult::Kind;
  if (packet.size() < header_end) return {Kind::malformed, {}};
  if (load_le32(packet.data()) != advertising_access_address) return {Kind::other, {}};
  if (crc == CrcState::bad) return {Kind::bad_crc, {}};
  const uint8_t header = packet[4];
  const size_t size = packet[5];
  if (packet.size() < header_end + size + (crc == CrcState::unchecked ? crc_size : 0)) return {Kind::malformed, {}};
  if (crc == CrcState::unchecked && !crc_matches(packet, size)) return {Kind::bad_crc, {}};

  const auto layout = layout_of(header & 0x0F);
  if (!layout) return {Kind::other, {}};
  if (size < layout->min_size || size > layout->max_size) return {Kind::malformed, {}};
  LinkLayerResult result{Kind::report, {}};
  result.report.address = Address::from_le(packet.data() + header_end, (header & 0x40) != 0);
  result.report.properties = layout->properties;
  // The rest of a directed advertisement is not data but the address it is for.
  if (layout->properties != adv_direct_ind) result.report.data = packet.subspan(header_end + address_size, size - address_size);
  return result;
}

}  // namespace moor::hci
