#pragma once
// A sighting: one advertising report as one radio heard it. It is a trivially copyable value of 64 bytes with a legacy payload inside.
// A longer payload lies in the radio's payload ring, which is bounded and forgets: read it in the callback that brought the
// sighting, or copy it.

#include "moor/address.hpp"
#include "moor/bytes.hpp"
#include "moor/time.hpp"

#include <array>
#include <memory>
#include <type_traits>

namespace moor {

inline constexpr size_t legacy_payload_size = 31;      ///< bytes of AD in a legacy advertisement (Core 5.4, Vol 6, Part B, 2.3.1)
inline constexpr size_t extended_payload_size = 1650;  ///< bytes of AD in an advertising set (Core 5.4, Vol 4, Part E, 7.8.54)
inline constexpr int8_t no_rssi = 127;                 ///< HCI: RSSI is not available
inline constexpr int8_t no_tx_power = 127;             ///< HCI: transmit power is not available

/// Which radio of this process heard it: its place in the list that the program opened.
using RadioId = uint16_t;

/// Bits of Event_Type in an LE Extended Advertising Report (Core 5.4, Vol 4, Part E, 7.7.65.13).
enum class AdvertisingProperties : uint8_t {
  none = 0,
  connectable = 1 << 0,
  scannable = 1 << 1,
  directed = 1 << 2,
  scan_response = 1 << 3,
  legacy = 1 << 4,
};
[[nodiscard]] constexpr AdvertisingProperties operator|(AdvertisingProperties a, AdvertisingProperties b) noexcept {
  return static_cast<AdvertisingProperties>(static_cast<uint8_t>(a) | static_cast<uint8_t>(b));
}
[[nodiscard]] constexpr bool has(AdvertisingProperties set, AdvertisingProperties bit) noexcept {
  return (static_cast<uint8_t>(set) & static_cast<uint8_t>(bit)) != 0;
}

enum class DataStatus : uint8_t { complete, more_to_come, truncated };  ///< as in the extended report's Event_Type, bits 5 and 6

/// Holds payloads that do not fit into a sighting: the newest `capacity` bytes of them, in one block that is never re-allocated.
class PayloadRing {
public:
  /// @param capacity  bytes; at least `extended_payload_size`, raised to it if less.
  explicit PayloadRing(size_t capacity = 256 * 1024);

  /// Keeps a copy. @returns its position, for `find`. A payload over `extended_payload_size` is cut to it.
  [[nodiscard]] uint64_t put(Bytes payload) noexcept;
  /// @returns the payload at a position, empty if it has been overwritten since.
  [[nodiscard]] Bytes find(uint64_t position, size_t size) const noexcept;

private:
  size_t capacity_;
  std::unique_ptr<uint8_t[]> block_;
  uint64_t end_ = 0;  // bytes put so far, with the gaps at the block's end; a position is a byte in that stream
};

class Sighting {
public:
  Address address;
  TimePoint time;
  RadioId radio = 0;
  int8_t rssi_dbm = no_rssi;
  int8_t tx_power_dbm = no_tx_power;  ///< the report's own field, dBm at the antenna; not the AD structure
  AdvertisingProperties properties = AdvertisingProperties::none;
  DataStatus status = DataStatus::complete;
  uint8_t channel = 0;  ///< 37, 38 or 39; 0 where the source does not say
  uint8_t sid = 0xFF;   ///< advertising set id, 0xFF for none

  [[nodiscard]] bool has_rssi() const noexcept { return rssi_dbm != no_rssi; }
  [[nodiscard]] bool is_scan_response() const noexcept { return has(properties, AdvertisingProperties::scan_response); }

  /// The AD structures' bytes. Empty where a long payload has been overwritten in its ring, see `payload_lost`.
  [[nodiscard]] Bytes payload() const noexcept {
    if (size_ <= legacy_payload_size) return Bytes(inline_.data(), size_);
    return long_payload();
  }
  [[nodiscard]] size_t payload_size() const noexcept { return size_; }
  [[nodiscard]] bool payload_lost() const noexcept { return size_ > legacy_payload_size && long_payload().empty(); }

  /// Keeps a copy of the payload, in `ring` if it is longer than a legacy one. `ring` must outlive every copy of the sighting.
  void set_payload(Bytes payload, PayloadRing& ring) noexcept;
  /// The same for a payload that is known to be short. @pre payload.size() <= legacy_payload_size
  void set_legacy_payload(Bytes payload) noexcept;

private:
  struct Handle {
    const PayloadRing* ring;
    uint64_t position;
  };
  [[nodiscard]] Bytes long_payload() const noexcept;

  uint16_t size_ = 0;
  alignas(8) std::array<uint8_t, 32> inline_{};  // the payload, or a Handle
};

static_assert(std::is_trivially_copyable_v<Sighting>);
static_assert(sizeof(Sighting) <= 64, "one cache line");

}  // namespace moor
