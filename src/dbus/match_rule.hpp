#pragma once
// What moor has to know of a match rule of D-Bus; all else in it is sd-bus's and the bus's business.

#include <optional>
#include <string_view>

namespace moor::dbus {

/// The well-known name that the rule wants as sender; nothing for any sender, a unique name, or the bus itself. The bus puts unique names
/// into messages, so such a rule can be checked only against the name's owner of the moment.
[[nodiscard]] std::optional<std::string_view> well_known_sender(std::string_view rule) noexcept;

}  // namespace moor::dbus
