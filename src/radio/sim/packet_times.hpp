#pragma once
// How long packets take on the air. 1M PHY: 8 us a byte (Core 5.4, Vol 6, Part B, 2.1 and 2.3).

#include "moor/world.hpp"

namespace moor::sim {

inline constexpr uint8_t first_channel = 37;
inline constexpr uint8_t advertising_channels = 3;
inline constexpr uint8_t data_channels = 37;
inline constexpr Duration inter_frame_space = std::chrono::microseconds(150);  // Vol 6, Part B, 4.1.1

/// Preamble 1, access address 4, header 2, check 3.
[[nodiscard]] constexpr Duration air_time(size_t pdu_payload) noexcept {
  return std::chrono::microseconds(8) * static_cast<int64_t>(10 + pdu_payload);
}
/// The advertiser's address and the data.
[[nodiscard]] constexpr Duration legacy_length(size_t data) noexcept {
  return air_time(6 + data);
}
inline constexpr Duration scan_request_length = air_time(12);
/// ADV_EXT_IND: the extended header with ADI and AuxPtr.
inline constexpr Duration pointer_length = air_time(7);
/// AUX_ADV_IND with address and ADI, and as many AUX_CHAIN_IND as the data take, as one.
[[nodiscard]] constexpr Duration extended_length(size_t data) noexcept {
  constexpr size_t header = 10;
  constexpr size_t fits = 255 - header;
  const auto chained = static_cast<int64_t>(data == 0 ? 0 : (data - 1) / fits);
  return air_time(header + data) + (air_time(header) + std::chrono::microseconds(300)) * chained;
}
/// From one packet's end to the next one's beginning, within an event. One that may be answered leaves the time to hear a request begin.
[[nodiscard]] constexpr Duration gap_after(const Advertising& advertising) noexcept {
  const bool answers = !advertising.extended && (advertising.connectable || !advertising.scan_response.empty());
  return inter_frame_space + std::chrono::microseconds(answers ? 350 : 100);
}
/// From an extended event's beginning to its auxiliary packet: after the last pointer, the least distance of 300 us (T_MAFS).
inline constexpr Duration auxiliary_offset =
    pointer_length * 3 + (inter_frame_space + std::chrono::microseconds(100)) * 2 + std::chrono::microseconds(300);
/// An event's packets have all begun by then.
inline constexpr Duration longest_event = std::chrono::milliseconds(3);

}  // namespace moor::sim
