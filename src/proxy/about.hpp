#pragma once
// What a moor proxy says of itself beside its name, the same over the API and in its announcement.

#include "moor/version.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace moor::proxy {

inline constexpr uint32_t api_major = 1;
inline constexpr uint32_t api_minor = 15;
/// The API's default port.
inline constexpr uint16_t default_port = 6053;

/// The ESPHome release whose Bluetooth proxy this one is like. Home Assistant asks people to update what is older than 2025.11.0, unless it has a project's
/// name other than ESPHome's own.
inline constexpr std::string_view esphome_version = "2026.8.0";
/// Maker and model, as ESPHome projects have them: Home Assistant shows the two halves.
inline constexpr std::string_view project_name = "moor.proxy";
inline constexpr std::string_view project_version = version;
inline constexpr std::string_view manufacturer = "moor";
inline constexpr std::string_view model = "Bluetooth proxy";

/// "0200000000aa" of "02:00:00:00:00:AA", as Noise's server hello and the announcement have it.
[[nodiscard]] std::string compact_mac(std::string_view mac);

}  // namespace moor::proxy
