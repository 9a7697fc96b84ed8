// Frames over ACL data: put together, cut, sent in pieces.

#include "hci/l2cap.hpp"

#include <gmock/gmock.h>

namespace moor::hci {
namespace {

using ::testing::ElementsAre;

std::vector<uint8_t> bytes(size_t size) {
  std::vector<uint8_t> made(size);
  for (size_t i = 0; i < size; ++i) made[i] = static_cast<uint8_t>(i);
  return made;
}

std::vector<std::vector<uint8_t>> packets_of(uint16_t channel, const std::vector<uint8_t>& payload, size_t max_data) {
  std::vector<std::vector<uint8_t>> packets;
  send_frame(0x0001, channel, payload, max_data, [&](Bytes packet) { packets.emplace_back(packet.begin(), packet.end()); });
  return packets;
}

TEST(L2cap, AFrameThatFitsIsOnePacket) {
  EXPECT_THAT(packets_of(att_channel, {0x0A, 0x03, 0x00}, 251),
              ElementsAre(ElementsAre(0x02, 0x01, 0x20, 0x07, 0x00, 0x03, 0x00, 0x04, 0x00, 0x0A, 0x03, 0x00)));
}

TEST(L2cap, EveryFrameComesBackHoweverItIsCut) {
  for (const size_t size : {0U, 1U, 22U, 23U, 247U, 248U, 517U})
    for (const size_t max_data : {1U, 4U, 5U, 27U, 251U}) {
      L2capReassembly reassembly;
      const auto packets = packets_of(smp_channel, bytes(size), max_data);
      for (size_t i = 0; i < packets.size(); ++i) {
        const auto packet = parse_acl(Bytes(packets[i]).subspan(1));
        ASSERT_TRUE(packet);
        EXPECT_EQ(packet->handle, 1);
        EXPECT_EQ(packet->continues, i > 0);
        const auto frame = reassembly.add(*packet);
        ASSERT_EQ(frame.has_value(), i + 1 == packets.size());
        if (!frame) continue;
        EXPECT_EQ(frame->channel, smp_channel);
        EXPECT_EQ(frame->payload, bytes(size));
      }
      EXPECT_EQ(reassembly.malformed(), 0U);
    }
}

TEST(L2cap, PacketsThatContradictThemselvesAreNone) {
  const auto packet = packets_of(att_channel, bytes(20), 251).at(0);
  for (size_t size = 1; size < packet.size(); ++size) EXPECT_FALSE(parse_acl(Bytes(packet).subspan(1, size - 1)));
  EXPECT_FALSE(parse_acl(std::vector<uint8_t>{0x01, 0x30, 0x00, 0x00})) << "packet boundary 3";
  EXPECT_FALSE(parse_acl(std::vector<uint8_t>{0x01, 0x40, 0x00, 0x00})) << "a broadcast";
}

TEST(L2cap, FramesThatAreCutOffOrTooLongAreCounted) {
  L2capReassembly reassembly;
  const std::vector<uint8_t> begun = {0x05, 0x00, 0x04, 0x00, 1, 2};
  const std::vector<uint8_t> whole = {0x01, 0x00, 0x04, 0x00, 9};
  EXPECT_FALSE(reassembly.add({.handle = 1, .continues = true, .data = begun})) << "without its beginning";
  EXPECT_EQ(reassembly.malformed(), 1U);
  EXPECT_FALSE(reassembly.add({.handle = 1, .continues = false, .data = begun}));
  const auto frame = reassembly.add({.handle = 1, .continues = false, .data = whole});
  ASSERT_TRUE(frame);
  EXPECT_THAT(frame->payload, ElementsAre(9));
  EXPECT_EQ(reassembly.malformed(), 2U) << "the one before it was cut off";
  const std::vector<uint8_t> more_than_it_says = {0x01, 0x00, 0x04, 0x00, 9, 9};
  EXPECT_FALSE(reassembly.add({.handle = 1, .continues = false, .data = more_than_it_says}));
  const std::vector<uint8_t> too_long = {0xFF, 0xFF, 0x04, 0x00};
  EXPECT_FALSE(reassembly.add({.handle = 1, .continues = false, .data = too_long}));
  EXPECT_EQ(reassembly.malformed(), 4U);
}

TEST(L2cap, RequestsOfTheSignalingChannelAreRejectedAndOthersIgnored) {
  EXPECT_THAT(reject_signal(std::vector<uint8_t>{0x14, 7, 0, 0}).value(), ElementsAre(0x01, 7, 2, 0, 0, 0));
  EXPECT_FALSE(reject_signal(std::vector<uint8_t>{0x13, 7, 2, 0, 0, 0}));
  EXPECT_FALSE(reject_signal(std::vector<uint8_t>{0x14, 7}));
}

}  // namespace
}  // namespace moor::hci
