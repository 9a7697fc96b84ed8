#include "hci/link_layer.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace moor::hci {
namespace {

using Kind = LinkLayerResult::Kind;

// A packet of the air: the access address, a PDU and its CRC.
std::vector<uint8_t> packet(std::string_view pdu_hex, uint32_t access_address = advertising_access_address) {
  const auto pdu = *from_hex(pdu_hex);
  std::vector<uint8_t> bytes;
  bytes.reserve(4 + pdu.size() + 3);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(access_address >> (8 * i)));
  bytes.insert(bytes.end(), pdu.begin(), pdu.end());
  const uint32_t crc = crc24(pdu);
  for (int i = 0; i < 3; ++i) bytes.push_back(static_cast<uint8_t>(crc >> (8 * i)));
  return bytes;
}

// The shift register as the specification draws it: position 0 first, each bit of the air in turn (Core 5.4, Vol 6, Part B,
// 3.1.1).
uint32_t crc_bit_by_bit(Bytes pdu, uint32_t init) {
  uint32_t reg = init;  // bit n is position n
  for (const uint8_t byte : pdu)
    for (int i = 0; i < 8; ++i) {
      const uint32_t feedback = (reg >> 23 ^ byte >> i) & 1U;
      reg = (reg << 1 & 0xFFFFFF) ^ (feedback != 0 ? 0x00065BU : 0U);
    }
  uint32_t sent = 0;  // position 23 leaves first, into the lowest bit
  for (int i = 0; i < 24; ++i) sent |= (reg >> (23 - i) & 1U) << i;
  return sent;
}

TEST(Crc24, AgreesWithTheShiftRegisterOfTheSpecification) {
  EXPECT_TRUE(rc::check([](const std::vector<uint8_t>& pdu) {
    const uint32_t init = *rc::gen::inRange(0U, 1U << 24);
    RC_ASSERT(crc24(pdu, init) == crc_bit_by_bit(pdu, init));
  }));
}

TEST(LinkLayer, ReadsAnAdvertisement) {
  const auto bytes = packet("40 09 060504030201 020106");
  const auto [kind, report] = parse_link_layer(bytes, CrcState::unchecked);
  ASSERT_EQ(kind, Kind::report);
  EXPECT_EQ(report.address, Address(0x010203040506, true));
  EXPECT_EQ(report.properties, adv_ind);
  EXPECT_THAT(report.data, testing::ElementsAre(2, 1, 6));
  EXPECT_EQ(report.rssi_dbm, no_rssi);
}

TEST(LinkLayer, KnowsTheFiveLegacyAdvertisements) {
  const std::string address = "060504030201";
  const std::string target = "111111111111";
  EXPECT_EQ(parse_link_layer(packet("00 06" + address), CrcState::good).report.properties, adv_ind);
  EXPECT_EQ(parse_link_layer(packet("02 06" + address), CrcState::good).report.properties, adv_nonconn_ind);
  EXPECT_EQ(parse_link_layer(packet("04 06" + address), CrcState::good).report.properties, scan_rsp);
  EXPECT_EQ(parse_link_layer(packet("06 06" + address), CrcState::good).report.properties, adv_scan_ind);
  const auto directed = packet("c1 0c" + address + target);
  const auto [kind, report] = parse_link_layer(directed, CrcState::good);
  EXPECT_EQ(report.properties, adv_direct_ind);
  EXPECT_TRUE(report.data.empty()) << "the target's address is not data";
  EXPECT_FALSE(parse_link_layer(packet("82 06" + address), CrcState::good).report.address.is_random())
      << "RxAdd is not the advertiser's";
}

TEST(LinkLayer, RequestsAndExtendedAdvertisementsAreNotReports) {
  EXPECT_EQ(parse_link_layer(packet("03 0c 060504030201 111111111111"), CrcState::good).kind, Kind::other) << "SCAN_REQ";
  EXPECT_EQ(parse_link_layer(packet("05 22 060504030201 111111111111" + std::string(44, '0')), CrcState::good).kind, Kind::other);
  EXPECT_EQ(parse_link_layer(packet("07 07 0618e5040c0000"), CrcState::good).kind, Kind::other) << "ADV_EXT_IND";
  EXPECT_EQ(parse_link_layer(packet("02 06 060504030201", 0x12345678), CrcState::good).kind, Kind::other) << "a connection";
}

TEST(LinkLayer, TheSniffersWordOnTheCrcCounts) {
  auto bytes = packet("02 06 060504030201");
  EXPECT_EQ(parse_link_layer(bytes, CrcState::bad).kind, Kind::bad_crc);
  bytes.back() ^= 1;
  EXPECT_EQ(parse_link_layer(bytes, CrcState::good).kind, Kind::report);
  EXPECT_EQ(parse_link_layer(bytes, CrcState::unchecked).kind, Kind::bad_crc);
}

TEST(LinkLayer, AnyFlippedBitIsFound) {
  const auto good = packet("40 09 060504030201 020106");
  for (size_t bit = 6 * 8; bit < good.size() * 8; ++bit) {
    auto bytes = good;
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_EQ(parse_link_layer(bytes, CrcState::unchecked).kind, Kind::bad_crc) << bit;
  }
}

TEST(LinkLayer, LengthsThatCannotBeAreMalformed) {
  EXPECT_EQ(parse_link_layer(packet("02 05 0605040302"), CrcState::unchecked).kind, Kind::malformed) << "no room for an address";
  EXPECT_EQ(parse_link_layer(packet("01 06 060504030201"), CrcState::unchecked).kind, Kind::malformed) << "directed to nobody";
  EXPECT_EQ(parse_link_layer(packet("02 26" + std::string(76, '0')), CrcState::unchecked).kind, Kind::malformed) << "38 bytes";
}

TEST(LinkLayer, APacketCutAnywhereIsMalformed) {
  const auto good = packet("40 09 060504030201 020106");
  for (size_t size = 0; size < good.size(); ++size) {
    const std::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(parse_link_layer(cut, CrcState::unchecked).kind, Kind::malformed) << size;
    const bool only_the_crc_is_missing = size + 3 >= good.size();
    EXPECT_EQ(parse_link_layer(cut, CrcState::good).kind, only_the_crc_is_missing ? Kind::report : Kind::malformed) << size;
  }
}

}  // namespace
}  // namespace moor::hci
