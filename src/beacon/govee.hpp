#pragma once
// What the decoders of Govee have in common. Govee puts fields where a company identifier belongs, and most of those it does use
// are assigned to nobody or to somebody else, so a Govee device is known by several signs together.

#include "beacon/registry.hpp"

namespace moor::govee {

inline constexpr std::string_view format = "Govee";
inline constexpr uint16_t service = 0xEC88;  // not assigned either; thermometers list it

/// The four digits of the model in a local name of Govee's ("GVH5075_2762", "GV5121195A", "Govee_H5074_5FF4", "B51782BC8"); else
/// empty.
[[nodiscard]] std::string_view model_number(const AdvertisementData& advertisement) noexcept;

/// Whether the service, the name or the iBeacon that Govee's devices send (its UUID reads INTELLI_ROCKS_HW) is in the
/// advertisement.
[[nodiscard]] bool shows_signs(const AdvertisementData& advertisement) noexcept;

/// Some radios glue the iBeacon on to the end of the data before it. @returns the data without it.
[[nodiscard]] Bytes without_glued_beacon(Bytes data) noexcept;

/// Adds the attribute "model": "H" and the number.
void add_model(std::string_view number, Decoded& into) noexcept;

}  // namespace moor::govee
