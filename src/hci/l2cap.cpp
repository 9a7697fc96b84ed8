#include "hci/l2cap.hpp"

#include "hci/hci_commands.hpp"

#include <algorithm>

namespace moor::hci {

namespace {

constexpr size_t frame_header = 4;  // length and channel
constexpr unsigned continues = 1, begins = 2;

}  // namespace

std::optional<AclPacket> parse_acl(Bytes packet) noexcept {
  ByteReader in(packet);
  const uint16_t head = in.le16();
  const uint16_t size = in.le16();
  if (!in.ok() || in.remaining() != size) return std::nullopt;
  const unsigned boundary = head >> 12 & 3;
  if (boundary > begins || head >> 14 != 0) return std::nullopt;
  return AclPacket{.handle = static_cast<uint16_t>(head & 0x0FFF), .continues = boundary == continues, .data = in.rest()};
}

void L2capReassembly::give_up() noexcept {
  ++malformed_;
  open_ = false;
  bytes_.clear();
}

std::optional<L2capFrame> L2capReassembly::add(const AclPacket& packet) {
  if (packet.continues != open_) {
    const bool lost_its_beginning = packet.continues;
    give_up();
    if (lost_its_beginning) return std::nullopt;
  }
  open_ = true;
  bytes_.insert(bytes_.end(), packet.data.begin(), packet.data.end());
  if (bytes_.size() < frame_header) return std::nullopt;
  const size_t expected = frame_header + load_le16(bytes_.data());
  if (expected > frame_header + max_payload || bytes_.size() > expected) {
    give_up();
    return std::nullopt;
  }
  if (bytes_.size() < expected) return std::nullopt;
  L2capFrame frame{.channel = load_le16(bytes_.data() + 2), .payload = {bytes_.begin() + frame_header, bytes_.end()}};
  open_ = false;
  bytes_.clear();
  return frame;
}

void send_frame(uint16_t handle, uint16_t channel, Bytes payload, size_t max_data,
                const std::function<void(Bytes packet)>& send) {
  const auto put16 = [](std::vector<uint8_t>& out, size_t value) {
    out.push_back(static_cast<uint8_t>(value));
    out.push_back(static_cast<uint8_t>(value >> 8));
  };
  std::vector<uint8_t> frame;
  put16(frame, payload.size());
  put16(frame, channel);
  frame.insert(frame.end(), payload.begin(), payload.end());
  unsigned boundary = begins;
  for (Bytes rest(frame); !rest.empty(); boundary = continues) {
    const Bytes piece = rest.first(std::min(rest.size(), max_data));
    rest = rest.subspan(piece.size());
    std::vector<uint8_t> packet{static_cast<uint8_t>(PacketType::acl)};
    put16(packet, handle | boundary << 12);
    put16(packet, piece.size());
    packet.insert(packet.end(), piece.begin(), piece.end());
    send(packet);
  }
}

std::optional<std::vector<uint8_t>> reject_signal(Bytes payload) {
  constexpr uint8_t command_reject = 0x01, disconnection_request = 0x06, update_request = 0x12, credit_request = 0x14,
                    enhanced_credit_request = 0x17, reconfigure_request = 0x19;
  if (payload.size() < 4) return std::nullopt;
  const uint8_t code = payload[0];
  const bool is_request = code == disconnection_request || code == update_request || code == credit_request ||
                          code == enhanced_credit_request || code == reconfigure_request;
  if (!is_request) return std::nullopt;
  return std::vector<uint8_t>{command_reject, payload[1], 2, 0, 0, 0};  // reason 0: not understood
}

}  // namespace moor::hci
