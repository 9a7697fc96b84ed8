#pragma once
// What the btsnoop reader and writer share: RFC 1761 (snoop) with datalinks of Bluetooth and times of its own.
//
//   0              8         12         16
//   ┌──────────────┬─────────┬──────────┐
//   │ "btsnoop\0"  │ version │ datalink │   once; all numbers are big-endian
//   └──────────────┴─────────┴──────────┘
//   0          4          8       12      16        24
//   ┌──────────┬──────────┬───────┬───────┬─────────┬──────┐
//   │ original │ included │ flags │ drops │ time    │ data │   for each packet; time: microseconds since the year 0
//   │ length   │ length   │       │       │         │      │
//   └──────────┴──────────┴───────┴───────┴─────────┴──────┘

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace moor::replay {

inline constexpr std::string_view btsnoop_magic{"btsnoop\0", 8};
inline constexpr size_t btsnoop_header_size = 16;
inline constexpr size_t btsnoop_record_header_size = 24;
/// 1970-01-01 in microseconds since midnight of January 1st, 0 AD (BlueZ and Android agree on this number).
inline constexpr uint64_t btsnoop_epoch_us = 0x00DCDDB30F2F8000;

/// Opcodes of the Linux monitor (BlueZ, doc/btmon; include/net/bluetooth/hci_mon.h of Linux).
inline constexpr uint32_t monitor_new_index = 0;
inline constexpr uint32_t monitor_event = 3;

}  // namespace moor::replay
