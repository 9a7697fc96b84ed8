#pragma once
// L2CAP's basic frames over ACL data of one LE link (Core 5.4, Vol 3, Part A, 3.1; Vol 4, Part E, 5.4.2).

#include "moor/bytes.hpp"

#include <functional>
#include <vector>

namespace moor::hci {

/// Fixed channels of LE (Core 5.4, Vol 3, Part A, 2.1).
inline constexpr uint16_t att_channel = 0x0004;
inline constexpr uint16_t le_signaling_channel = 0x0005;
inline constexpr uint16_t smp_channel = 0x0006;

inline constexpr uint16_t max_handle = 0x0EFF;  ///< of a connection

struct AclPacket {
  uint16_t handle = 0;
  bool continues = false;  ///< the frame of the packet before
  Bytes data;              ///< a view of the packet
};

//   0                2     4
//   ┌────────────────┬─────┬──────┐
//   │ handle (12),   │ len │ data │     PB: 0 or 2 begins a frame, 1 continues it
//   │ PB (2), BC (2) │     │      │
//   └────────────────┴─────┴──────┘
/// @param packet  without its type byte. @returns nothing where its length is not what it says, or the flags are none of LE.
[[nodiscard]] std::optional<AclPacket> parse_acl(Bytes packet) noexcept;

struct L2capFrame {
  uint16_t channel = 0;
  std::vector<uint8_t> payload;
};

/// Puts a link's frames together from its packets.
class L2capReassembly {
public:
  /// The longest payload of the fixed channels is an attribute packet of 517 bytes; others are not for us.
  static constexpr size_t max_payload = 1024;

  /// @returns a frame that is whole now. One that is too long, or cut off by the next, is dropped and counted.
  [[nodiscard]] std::optional<L2capFrame> add(const AclPacket& packet);
  [[nodiscard]] uint64_t malformed() const noexcept { return malformed_; }

private:
  void give_up() noexcept;

  std::vector<uint8_t> bytes_;  // with the header
  bool open_ = false;
  uint64_t malformed_ = 0;
};

/// A frame as ACL packets with the byte of the UART transport in front, each with at most `max_data` bytes.
void send_frame(uint16_t handle, uint16_t channel, Bytes payload, size_t max_data, const std::function<void(Bytes packet)>& send);

/// The answer to a request on the signaling channel that is not understood (Core 5.4, Vol 3, Part A, 4.1); nothing for what is no request.
[[nodiscard]] std::optional<std::vector<uint8_t>> reject_signal(Bytes payload);

}  // namespace moor::hci
