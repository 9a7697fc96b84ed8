#pragma once
// Advertising packets as they are on the air (Core 5.4, Vol 6, Part B, 2.1 and 2.3), as sniffers record them: from the access
// address on, de-whitened, with the CRC at the end.
//
//   0            4        5        6                 6+len
//   ┌────────────┬────────┬────────┬─────────────────┬─────────┐
//   │ access     │ header │ len    │ payload         │ CRC-24  │     header: PDU type in bits 0-3, TxAdd in bit 6, RxAdd in bit 7
//   │ address    │        │        │                 │         │
//   └────────────┴────────┴────────┴─────────────────┴─────────┘

#include "hci/advertising_report.hpp"

namespace moor::hci {

inline constexpr uint32_t advertising_access_address = 0x8E89BED6;

/// The CRC over header, length and payload (Vol 6, Part B, 3.1.1), as three little-endian bytes hold it.
/// @param init  0x555555 on the advertising channels.
[[nodiscard]] uint32_t crc24(Bytes pdu, uint32_t init = 0x555555) noexcept;

/// What the sniffer says about the CRC.
enum class CrcState : uint8_t { unchecked, good, bad };

struct LinkLayerResult {
  enum class Kind : uint8_t {
    report,
    other,      ///< on another access address, or a PDU that is no legacy advertisement
    bad_crc,    ///< by the sniffer's word, or by the checksum in the packet where it did not say
    malformed,  ///< shorter than it says, or of a length that its type cannot have
  };
  Kind kind = Kind::other;
  AdvertisingReport report;  ///< without RSSI and channel, which are not in the packet
};

/// @param packet  from the access address to the CRC, which may be missing where its state is known.
[[nodiscard]] LinkLayerResult parse_link_layer(Bytes packet, CrcState crc) noexcept;

}  // namespace moor::hci
