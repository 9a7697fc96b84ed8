#pragma once
// The table of all configuration keys, and what a key's type is called and how its values are written.

#include "gateway/config.hpp"
#include "toml/nearest.hpp"
#include "toml/value.hpp"

#include <variant>

namespace moor::config {

/// Where a key's value lies; its type is the key's type.
using Field = std::variant<bool*, int*, std::optional<int>*, size_t*, double*, std::string*, std::filesystem::path*, Duration*,
                           std::optional<Duration>*, std::vector<Uuid>*, std::vector<uint16_t>*, std::vector<Address>*,
                           std::optional<Address>*, GatewayConfig::HexKey*, KeyKind*, RadioSpec*, Synchronous*, AddressStorage*,
                           ViewMode*, LogLevel*>;

struct Key {
  std::string_view section;
  std::string_view name;
  std::string_view unit;  ///< "dBm", "dB", "ms", "s", "h", "days" or empty; a Duration is counted in it
  double least = 0;       ///< of a number; the length of a text
  double most = 0;
  std::string_view meaning;        ///< a sentence or two
  Field (*field)(GatewayConfig&);  ///< of a section that repeats: in the last one
};

struct Section {
  std::string_view name;
  std::string_view meaning;
};

inline constexpr std::string_view radio_section = "radio";
inline constexpr std::string_view key_section = "key";
/// Whether the section may come several times, as [[radio]].
[[nodiscard]] constexpr bool repeats(std::string_view section) noexcept {
  return section == radio_section || section == key_section;
}

/// In the order of the reference.
[[nodiscard]] std::span<const Section> sections() noexcept;
[[nodiscard]] std::span<const Key> keys() noexcept;
[[nodiscard]] const Key* find_key(std::string_view section, std::string_view name) noexcept;

template <>
[[nodiscard]] std::span<const std::string_view> names_of<KeyKind>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<Synchronous>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<AddressStorage>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<ViewMode>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<LogLevel>() noexcept;

[[nodiscard]] constexpr Bounds bounds_of(const Key& key) noexcept {
  return {key.unit, key.least, key.most};
}
/// How long one of a key's unit is. @pre the key is a Duration.
[[nodiscard]] Duration length_of(std::string_view unit) noexcept;

/// What a key takes, in words: "a number from 0.01 to 1".
[[nodiscard]] std::string expected(const Key& key);
/// A key's value in a configuration, as TOML; empty where none is set.
[[nodiscard]] std::string value_text(const Key& key, GatewayConfig& config);

}  // namespace moor::config
