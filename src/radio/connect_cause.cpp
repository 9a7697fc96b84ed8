#include "moor/connect_cause.hpp"

#include <array>

namespace moor {

namespace {

struct Words {
  ConnectReason reason;
  std::string_view name;
  std::string_view advice;
};
constexpr std::array<Words, connect_reason_count> words = {{
    {ConnectReason::unknown, "unknown", ""},
    {ConnectReason::timed_out, "timed out", "Is the device switched on, awake and in range?"},
    {ConnectReason::device_not_found, "device not found",
     "The device disappeared; it may be out of range, asleep or connected to something else."},
    {ConnectReason::out_of_slots, "out of connection slots",
     "Disconnect a device that you do not need, or add an adapter or a proxy near this one."},
    {ConnectReason::aborted_by_local, "connection aborted",
     "Move the device closer, and the adapter away from USB 3.0 ports and Wi-Fi."},
    {ConnectReason::canceled, "connection canceled",
     "Move the device closer, and the adapter away from USB 3.0 ports and Wi-Fi."},
    {ConnectReason::not_established, "connection not established",
     "The device is at the edge of the range or disturbed; move it closer."},
    {ConnectReason::closed_by_peer, "closed by the device",
     "The device ended the connection; it may want to be paired, or be busy."},
    {ConnectReason::closed_by_local, "closed by the host", "Another program on the radio's system may use the device."},
    {ConnectReason::supervision_timeout, "supervision timeout",
     "The device is at the edge of the range or fell asleep; move it closer."},
    {ConnectReason::stack_error, "error of the radio's stack", "Restart the proxy if this stays."},
    {ConnectReason::disconnected, "disconnected", "The device dropped the connection at once; move it closer or restart it."},
    {ConnectReason::services_incomplete, "services incomplete",
     "Clear the device's cache, so that its services are discovered again."},
    {ConnectReason::att_error, "refused by the device", "The device may want to be paired."},
    {ConnectReason::radio_unavailable, "radio not available", "See `moor radios`."},
    {ConnectReason::system_gone, "connection to the radio's system lost", "Is bluetoothd, or the proxy, running?"},
    {ConnectReason::pipe_broken, "connection to the radio's system broken", "Is bluetoothd, or the proxy, running?"},
}};

constexpr const Words& words_of(ConnectReason reason) noexcept {
  return words[static_cast<size_t>(reason)];
}
static_assert([] {
  for (size_t i = 0; i < words.size(); ++i)
    if (static_cast<size_t>(words[i].reason) != i) return false;
  return true;
}());

struct Mark {
  std::string_view text;
  ConnectReason reason;
};
constexpr Mark marks[] = {
    {"available connection", ConnectReason::out_of_slots},
    {"connection slot", ConnectReason::out_of_slots},
    {"ESP_GATT_CONN_CONN_CANCEL", ConnectReason::out_of_slots},
    {"ESP_GATT_CONN_TIMEOUT", ConnectReason::supervision_timeout},
    {"ESP_GATT_CONN_FAIL_ESTABLISH", ConnectReason::not_established},
    {"ESP_GATT_ERROR", ConnectReason::stack_error},
    {"le-connection-abort-by-local", ConnectReason::aborted_by_local},
    {"br-connection-canceled", ConnectReason::canceled},
    {"ESP_GATT_CONN_TERMINATE_PEER_USER", ConnectReason::closed_by_peer},
    {"ESP_GATT_CONN_TERMINATE_LOCAL_HOST", ConnectReason::closed_by_local},
    {"Disconnected", ConnectReason::disconnected},
    {"org.freedesktop.DBus.Error.UnknownObject", ConnectReason::device_not_found},
};

}  // namespace

std::string_view to_string(ConnectReason reason) noexcept {
  return words_of(reason).name;
}

std::string_view advice_for(ConnectReason reason) noexcept {
  return words_of(reason).advice;
}

ConnectReason reason_in(std::string_view text) noexcept {
  for (const Mark& mark : marks)
    if (text.find(mark.text) != std::string_view::npos) return mark.reason;
  return ConnectReason::unknown;
}

std::bitset<connect_reason_count> reasons_in(std::string_view text) noexcept {
  std::bitset<connect_reason_count> found;
  for (const Mark& mark : marks)
    if (text.find(mark.text) != std::string_view::npos) found.set(static_cast<size_t>(mark.reason));
  return found;
}

void throw_connect_error(const std::string& what, ErrorContext context, ConnectCause cause, std::vector<FailedAttempt> attempts) {
  if (context.advice.empty()) context.advice = advice_for(cause.reason);
  if (context.cause.empty()) context.cause = cause.text;
  switch (cause.reason) {
    case ConnectReason::timed_out:
    case ConnectReason::device_not_found: throw DeviceNotFound(what, std::move(context), std::move(cause), std::move(attempts));
    case ConnectReason::out_of_slots: throw OutOfConnectionSlots(what, std::move(context), std::move(cause), std::move(attempts));
    case ConnectReason::aborted_by_local:
    case ConnectReason::canceled:
    case ConnectReason::not_established:
    case ConnectReason::closed_by_peer:
    case ConnectReason::closed_by_local:
    case ConnectReason::supervision_timeout:
    case ConnectReason::stack_error: throw ConnectionAborted(what, std::move(context), std::move(cause), std::move(attempts));
    case ConnectReason::radio_unavailable: throw RadioNotAvailable(what, std::move(context));
    case ConnectReason::disconnected:
    case ConnectReason::services_incomplete:
    case ConnectReason::att_error:
    case ConnectReason::system_gone:
    case ConnectReason::pipe_broken:
    case ConnectReason::unknown: break;
  }
  throw ConnectionFailed(what, std::move(context), std::move(cause), std::move(attempts));
}

}  // namespace moor
