#include "dbus/match_rule.hpp"

#include <algorithm>
#include <charconv>

namespace moor::dbus {
namespace {

constexpr size_t max_argument = 63;

bool is_below(std::string_view path, std::string_view root) noexcept {
  if (root == "/") return true;
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

// The value at the front, with quotes and backslashes taken away as the specification says.
std::optional<std::string> take_value(std::string_view& text) {
  std::string value;
  bool quoted = false;
  size_t at = 0;
  for (; at < text.size() && (quoted || text[at] != ','); ++at) {
    if (text[at] == '\'') {
      quoted = !quoted;
    } else if (!quoted && text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '\'') {
      value += '\'';
      ++at;
    } else {
      value += text[at];
    }
  }
  if (quoted) return std::nullopt;
  text.remove_prefix(std::min(text.size(), at + 1));
  return value;
}

}  // namespace

std::optional<MatchRule> MatchRule::parse(std::string_view text) {
  MatchRule rule;
  while (!text.empty()) {
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string_view key = text.substr(0, equals);
    while (key.starts_with(' ')) key.remove_prefix(1);
    text.remove_prefix(equals + 1);
    std::optional<std::string> value = take_value(text);
    if (!value || !rule.take(key, std::move(*value))) return std::nullopt;
  }
  return rule;
}

bool MatchRule::take(std::string_view key, std::string value) {
  if (key == "type") {
    constexpr std::array<std::string_view, 5> names{"", "method_call", "method_return", "error", "signal"};
    const auto* const found = std::find(names.begin() + 1, names.end(), value);
    if (found == names.end()) return false;
    kind_ = static_cast<Kind>(found - names.begin());
    return true;
  }
  if (key == "sender") {
    sender_ = std::move(value);
    sender_is_well_known_ = !sender_.starts_with(':') && sender_ != "org.freedesktop.DBus";
    return is_bus_name(sender_);
  }
  if (key == "path") return is_path(path_ = std::move(value));
  if (key == "path_namespace") return is_path(path_namespace_ = std::move(value));
  if (key == "interface") return is_interface(interface_ = std::move(value));
  if (key == "member") return is_member(member_ = std::move(value));
  if (key == "destination") return is_bus_name(destination_ = std::move(value));
  if (key == "eavesdrop") return value == "false";
  return key.starts_with("arg") && take_argument(key.substr(3), std::move(value));
}

bool MatchRule::take_argument(std::string_view key, std::string value) {
  Argument argument{.index = 0, .test = Argument::Test::equal, .value = std::move(value)};
  const auto [rest, error] = std::from_chars(key.data(), key.data() + key.size(), argument.index);
  if (error != std::errc() || argument.index > max_argument) return false;
  const std::string_view test = key.substr(static_cast<size_t>(rest - key.data()));
  if (test == "path")
    argument.test = Argument::Test::path;
  else if (test == "namespace" && argument.index == 0)
    argument.test = Argument::Test::name_space;
  else if (!test.empty())
    return false;
  arguments_.push_back(std::move(argument));
  return true;
}

std::optional<std::string> MatchRule::well_known_sender() const {
  return sender_is_well_known_ ? std::optional(sender_) : std::nullopt;
}

bool MatchRule::fits(const Content& message) const {
  const auto differs = [&](const std::string& wanted, Field field) { return !wanted.empty() && wanted != message.text(field); };
  if (kind_ && *kind_ != message.kind) return false;
  if (differs(member_, Field::member) || differs(interface_, Field::interface) || differs(path_, Field::path)) return false;
  if (!path_namespace_.empty() && !is_below(message.text(Field::path), path_namespace_)) return false;
  if (differs(destination_, Field::destination)) return false;
  if (!sender_is_well_known_ && differs(sender_, Field::sender)) return false;
  return std::all_of(arguments_.begin(), arguments_.end(), [&](const Argument& each) { return fits_argument(each, message); });
}

bool MatchRule::fits_argument(const Argument& argument, const Content& message) {
  Reader reader(message);
  try {
    for (size_t i = 0; i < argument.index; ++i) reader.skip(nullptr);
    const char type = reader.peek();
    if (type != 's' && !(type == 'o' && argument.test == Argument::Test::path)) return false;
    const std::string_view value = type == 's' ? reader.read_string() : reader.read_path();
    const std::string& wanted = argument.value;
    if (value == wanted) return true;
    if (argument.test == Argument::Test::path)
      return (wanted.ends_with('/') && value.starts_with(wanted)) || (value.ends_with('/') && wanted.starts_with(value));
    return argument.test == Argument::Test::name_space && value.starts_with(wanted) && value[wanted.size()] == '.';
  } catch (const MessageMalformed&) {
    return false;
  }
}

}  // namespace moor::dbus
