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
                           std::optional<Address>*, std::optional<Uuid>*, std::vector<std::string>*, std::set<EventKind>*,
                           GatewayConfig::HexKey*, GatewayConfig::Secret*, KeyKind*, RadioSpec*, Synchronous*, AddressStorage*,
                           MqttVersion*, ViewMode*, LogLevel*>;

struct Key {
  std::string_view section;
  std::string_view name;
  std::string_view unit;  ///< "dBm", "dB", "ms", "s", "h", "days" or empty; a Duration is counted in it
  double least = 0;       ///< of a number; the length of a text
  double most = 0;
  std::string_view meaning;        ///< a sentence or two
  Field (*field)(GatewayConfig&);  ///< of a section that repeats: in the last one
};

/// How the entries of a section that may come several times, as [[radio]], lie in a configuration.
struct Entries {
  std::string_view required;       ///< the key that no entry may lack
  std::string_view example;        ///< of its value, as TOML
  void (*append)(GatewayConfig&);  ///< a further one, with defaults
  size_t (*count)(const GatewayConfig&);
  /// The same configuration with the entry at this place as its last one.
  GatewayConfig (*with_last)(const GatewayConfig&, size_t);
};

struct Section {
  std::string_view name;
  std::string_view meaning;
  const Entries* entries = nullptr;  ///< null for a section that comes once
};

/// In the order of the reference.
[[nodiscard]] std::span<const Section> sections() noexcept;
[[nodiscard]] std::span<const Key> keys() noexcept;
[[nodiscard]] const Section* find_section(std::string_view name) noexcept;
[[nodiscard]] const Key* find_key(std::string_view section, std::string_view name) noexcept;

template <>
[[nodiscard]] std::span<const std::string_view> names_of<KeyKind>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<Synchronous>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<AddressStorage>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<MqttVersion>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<EventKind>() noexcept;
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
