#include "radio/bluez/error_words.hpp"

#include <fmt/format.h>
#include <charconv>

namespace moor::bluez {

namespace {

constexpr std::string_view bluez_prefix = "org.bluez.Error.";
constexpr std::string_view bus_prefix = "org.freedesktop.DBus.Error.";

// "NotReady" of "org.bluez.Error.NotReady"; empty for errors of others.
std::string_view bluez_name(std::string_view name) noexcept {
  return name.starts_with(bluez_prefix) ? name.substr(bluez_prefix.size()) : std::string_view();
}

bool has(std::string_view text, std::string_view words) noexcept {
  return text.find(words) != std::string_view::npos;
}

struct ConnectWords {
  std::string_view words;
  ConnectReason reason;
};
// What reason_in does not know: the Python package has no class for them, moor has.
constexpr ConnectWords connect_texts[] = {
    {"connection-abort-by-remote", ConnectReason::closed_by_peer},
    {"connection-aborted-by-remote", ConnectReason::closed_by_peer},
    {"connection-aborted-by-local", ConnectReason::aborted_by_local},
    {"connection-concurrent-connection-limit", ConnectReason::out_of_slots},
    {"connection-adapter-not-powered", ConnectReason::radio_unavailable},
    {"connection-link-layer-protocol-error", ConnectReason::stack_error},
    {"connection-timeout", ConnectReason::timed_out},
    {"Page Timeout", ConnectReason::timed_out},
    {"Connection timed out", ConnectReason::supervision_timeout},
    {"Connection reset by peer", ConnectReason::closed_by_peer},
    {"Software caused connection abort", ConnectReason::closed_by_local},
    {"Resource temporarily unavailable", ConnectReason::stack_error},
};
constexpr ConnectWords connect_names[] = {
    {"NotReady", ConnectReason::radio_unavailable},       {"DoesNotExist", ConnectReason::device_not_found},
    {"AuthenticationFailed", ConnectReason::att_error},   {"AuthenticationRejected", ConnectReason::att_error},
    {"AuthenticationCanceled", ConnectReason::att_error}, {"AuthenticationTimeout", ConnectReason::att_error},
};
constexpr ConnectWords bus_names[] = {
    {"ServiceUnknown", ConnectReason::system_gone},
    {"NameHasNoOwner", ConnectReason::system_gone},
    {"NoReply", ConnectReason::system_gone},
    {"Disconnected", ConnectReason::system_gone},
    {"AccessDenied", ConnectReason::radio_unavailable},
};

ConnectReason connect_reason(std::string_view name, std::string_view text) noexcept {
  if (is_missing_object(name)) return ConnectReason::device_not_found;
  if (const ConnectReason known = reason_in(text); known != ConnectReason::unknown) return known;
  for (const ConnectWords& each : connect_texts)
    if (has(text, each.words)) return each.reason;
  for (const ConnectWords& each : connect_names)
    if (bluez_name(name) == each.words) return each.reason;
  if (name.starts_with(bus_prefix))
    for (const ConnectWords& each : bus_names)
      if (name.substr(bus_prefix.size()) == each.words) return each.reason;
  return ConnectReason::unknown;
}

// "Operation failed with ATT error: 0x80".
std::optional<uint8_t> code_in(std::string_view text) noexcept {
  constexpr std::string_view words = "ATT error: 0x";
  const size_t at = text.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  const char* const begin = text.data() + at + words.size();
  uint8_t code = 0;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), code, 16);
  if (error != std::errc() || end == begin || code == 0) return std::nullopt;
  return code;
}

struct AttWords {
  std::string_view name;
  std::string_view words;  // empty for any
  uint8_t code;
};
constexpr AttWords att_words[] = {
    {"NotPermitted", "Read not permitted", 0x02},
    {"NotPermitted", "Write not permitted", 0x03},
    {"NotPermitted", "Not paired", 0x05},
    {"NotPaired", "", 0x05},
    {"NotSupported", "", 0x06},
    {"InvalidArguments", "Invalid offset", 0x07},
    {"InvalidOffset", "", 0x07},
    {"NotAuthorized", "", 0x08},
    {"InvalidArguments", "Invalid Length", 0x0D},
    {"InvalidValueLength", "", 0x0D},
    {"ImproperlyConfigured", "", 0xFD},
};

}  // namespace

std::string full_text(const dbus::CallFailed& error) {
  return fmt::format("{}: {}", error.name(), error.what());
}

bool is_missing_object(std::string_view name) noexcept {
  // libdbus says UnknownMethod where other objects are left below the path, or none at all.
  return name == "org.freedesktop.DBus.Error.UnknownObject" || name == "org.freedesktop.DBus.Error.UnknownMethod" ||
         name == "org.freedesktop.DBus.Error.UnknownInterface";
}

bool is_not_connected(std::string_view name, std::string_view text) noexcept {
  return bluez_name(name) == "NotConnected" || has(text, "Not connected") || has(text, "Not Connected") ||
         has(text, "No ATT transport") || has(text, "Device is disconnecting");
}

ConnectCause connect_cause(std::string_view name, std::string_view text) {
  ConnectCause cause{.reason = connect_reason(name, text), .text = fmt::format("{}: {}", name, text)};
  cause.origin = is_missing_object(name) ? CauseOrigin::lookup : CauseOrigin::system_call;
  return cause;
}

ConnectCause connect_cause(const dbus::CallFailed& error) {
  return connect_cause(error.name(), error.what());
}

std::optional<uint8_t> att_code(GattStep step, std::string_view name, std::string_view text) noexcept {
  if (const auto code = code_in(text)) return code;
  const std::string_view word = bluez_name(name);
  for (const AttWords& each : att_words)
    if (word == each.name && (each.words.empty() || has(text, each.words))) return each.code;
  if (word == "NotPermitted" && step != GattStep::subscribe) return step == GattStep::read ? uint8_t{0x02} : uint8_t{0x03};
  return std::nullopt;
}

PairingProblem pairing_problem(std::string_view name, std::string_view text) noexcept {
  const std::string_view word = bluez_name(name);
  if (word == "AuthenticationFailed") return PairingProblem::refused;
  if (word == "AuthenticationRejected" || word == "Rejected") return PairingProblem::rejected;
  if (word == "AuthenticationCanceled" || word == "Canceled") return PairingProblem::canceled;
  if (word == "AuthenticationTimeout") return PairingProblem::timed_out;
  if (word == "InProgress") return PairingProblem::busy;
  if (word == "ConnectionAttemptFailed") return has(text, "Timeout") ? PairingProblem::timed_out : PairingProblem::refused;
  if (word == "NotSupported" || word == "NotAvailable") return PairingProblem::refused;
  return PairingProblem::unknown;
}

}  // namespace moor::bluez
