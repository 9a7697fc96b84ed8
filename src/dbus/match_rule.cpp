#include "dbus/match_rule.hpp"

#include <algorithm>

namespace moor::dbus {

std::optional<std::string_view> well_known_sender(std::string_view rule) noexcept {
  constexpr std::string_view key = "sender=";
  while (!rule.empty()) {
    const size_t value_at = rule.find('=') + 1;
    if (value_at == 0) return std::nullopt;
    const bool is_sender = rule.substr(0, value_at).ends_with(key);
    rule.remove_prefix(value_at);
    const bool quoted = rule.starts_with('\'');
    if (quoted) rule.remove_prefix(1);
    const std::string_view value = rule.substr(0, rule.find(quoted ? '\'' : ','));
    if (is_sender) {
      const bool well_known = !value.empty() && !value.starts_with(':') && value != "org.freedesktop.DBus";
      return well_known ? std::optional(value) : std::nullopt;
    }
    rule.remove_prefix(std::min(rule.size(), value.size() + 1));
  }
  return std::nullopt;
}

}  // namespace moor::dbus
