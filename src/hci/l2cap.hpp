#pragma once
// L2CAP's basic frames over ACL data of one LE link (Core 5.4, Vol 3, Part A, 3.1; Vol 4, Part E, 5.4.2).

#include "moor/bytes.hpp"

namespace moor::hci {

/// Fixed channels of LE (Core 5.4, Vol 3, Part A, 2.1).
inline constexpr uint16_t att_channel = 0x0004;
inline constexpr uint16_t le_signaling_channel = 0x0005;
inline constexpr uint16_t smp_channel = 0x0006;

}  // namespace moor::hci
