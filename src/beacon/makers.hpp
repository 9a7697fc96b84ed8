#pragma once
// Numbers that the Bluetooth SIG assigned to makers of phones and trackers: companies and services (Assigned Numbers, 2024).

#include <cstdint>

namespace moor {

inline constexpr uint16_t microsoft_company = 0x0006;

inline constexpr uint16_t pebblebee_service = 0xFA25;
inline constexpr uint16_t smarttag_service = 0xFD5A;   // Samsung
inline constexpr uint16_t fast_pair_service = 0xFE2C;  // Google
inline constexpr uint16_t chipolo_service = 0xFE33;
inline constexpr uint16_t nearby_service = 0xFEF3;  // Google
inline constexpr uint16_t tile_service = 0xFEED;

}  // namespace moor
