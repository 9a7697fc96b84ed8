#pragma once
// Radios by what a person calls them.

#include "moor/path_source.hpp"

#include <string_view>

namespace moor {

/// The last part of a radio's name: "hci0" of "bluez:hci0", "hall" of "sim:worlds/flat.toml/hall", "attic" of "esphome://attic".
[[nodiscard]] std::string_view short_name(std::string_view radio_name) noexcept;
/// The radio of that name, else the first of that short name or of what follows the kind; null where there is none.
[[nodiscard]] Radio* find_radio(PathSource& paths, std::string_view name);

}  // namespace moor
