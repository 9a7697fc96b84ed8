#pragma once
// Rules that say which signals somebody wants (D-Bus specification, "Match rules").

#include "dbus/content.hpp"

#include <optional>
#include <string>
#include <vector>

namespace moor::dbus {

class MatchRule {
public:
  /// @returns nothing where the text is no rule.
  [[nodiscard]] static std::optional<MatchRule> parse(std::string_view text);

  /// Leaves out a sender that is a well-known name: messages carry unique ones, and whose a name is only the bus knows.
  [[nodiscard]] bool fits(const Content& message) const;
  /// The well-known name that it wants as sender.
  [[nodiscard]] std::optional<std::string> well_known_sender() const;

private:
  struct Argument {
    size_t index = 0;
    enum class Test : uint8_t { equal, path, name_space } test{};
    std::string value;
  };
  [[nodiscard]] bool take(std::string_view key, std::string value);
  [[nodiscard]] bool take_argument(std::string_view key, std::string value);
  [[nodiscard]] static bool fits_argument(const Argument& argument, const Content& message);

  std::optional<Kind> kind_;
  std::string sender_;
  bool sender_is_well_known_ = false;
  std::string path_;
  std::string path_namespace_;
  std::string interface_;
  std::string member_;
  std::string destination_;
  std::vector<Argument> arguments_;
};

}  // namespace moor::dbus
