#pragma once
// The fields of telemetry as they are sent, and as they are encrypted.

#include "moor/eddystone.hpp"

namespace moor {

inline constexpr size_t packed_telemetry_size = 12;
using PackedTelemetry = std::array<uint8_t, packed_telemetry_size>;

[[nodiscard]] EddystoneTlm unpack_telemetry(std::span<const uint8_t, packed_telemetry_size> packed) noexcept;
[[nodiscard]] PackedTelemetry pack_telemetry(const EddystoneTlm& frame) noexcept;

}  // namespace moor
