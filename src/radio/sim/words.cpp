#include "radio/sim/words.hpp"

#include <array>

namespace moor::sim {

namespace {

struct Words {
  ConnectReason reason;
  std::string_view adapter;
  std::string_view proxy;
};
// Of bluetoothd 5.66 (src/device.c, src/error.c) and ESP-IDF (esp_gatt_conn_reason_t) as proxies report them; where a system has no words for
// a reason, those of the nearest.
constexpr std::array<Words, connect_reason_count> connect_words = {{
    {ConnectReason::unknown, "org.bluez.Error.Failed: Input/output error", "ESP_GATT_CONN_UNKNOWN"},
    {ConnectReason::timed_out, "no answer in time", "no answer in time"},
    {ConnectReason::device_not_found, "org.freedesktop.DBus.Error.UnknownObject: no such device object", "device not found"},
    {ConnectReason::out_of_slots, "org.bluez.Error.Failed: no free connection slot", "ESP_GATT_CONN_CONN_CANCEL"},
    {ConnectReason::aborted_by_local, "org.bluez.Error.Failed: le-connection-abort-by-local",
     "ESP_GATT_CONN_TERMINATE_LOCAL_HOST"},
    {ConnectReason::canceled, "org.bluez.Error.Failed: br-connection-canceled", "ESP_GATT_CONN_NONE"},
    {ConnectReason::not_established, "org.bluez.Error.Failed: le-connection-abort-by-local", "ESP_GATT_CONN_FAIL_ESTABLISH"},
    {ConnectReason::closed_by_peer, "org.bluez.Error.Failed: Connection reset by peer", "ESP_GATT_CONN_TERMINATE_PEER_USER"},
    {ConnectReason::closed_by_local, "org.bluez.Error.Failed: Software caused connection abort",
     "ESP_GATT_CONN_TERMINATE_LOCAL_HOST"},
    {ConnectReason::supervision_timeout, "org.bluez.Error.Failed: Connection timed out", "ESP_GATT_CONN_TIMEOUT"},
    {ConnectReason::stack_error, "org.bluez.Error.Failed: Resource temporarily unavailable", "ESP_GATT_ERROR"},
    {ConnectReason::disconnected, "Disconnected", "Disconnected"},
    {ConnectReason::services_incomplete, "failed to discover services, the service table is incomplete",
     "the service table is incomplete"},
    {ConnectReason::att_error, "org.bluez.Error.AuthenticationFailed: Authentication Failed", "pairing failed"},
    {ConnectReason::radio_unavailable, "org.bluez.Error.NotReady: Resource Not Ready", "the proxy is not there"},
    {ConnectReason::system_gone, "org.freedesktop.DBus.Error.ServiceUnknown: org.bluez is gone", "the proxy is gone"},
    {ConnectReason::pipe_broken, "Broken pipe", "Broken pipe"},
}};
static_assert([] {
  for (size_t i = 0; i < connect_words.size(); ++i)
    if (static_cast<size_t>(connect_words[i].reason) != i) return false;
  return true;
}());

}  // namespace

ConnectCause cause_of(RadioKind kind, ConnectReason reason, const std::string& text) {
  const Words& words = connect_words[static_cast<size_t>(reason)];
  ConnectCause cause{.reason = reason, .text = text};
  if (text.empty()) cause.text = kind == RadioKind::adapter ? words.adapter : words.proxy;
  if (cause.text.starts_with("org.")) cause.origin = CauseOrigin::system_call;
  return cause;
}

std::string_view words_of(RadioKind kind, CloseReason reason) noexcept {
  const bool adapter = kind == RadioKind::adapter;
  switch (reason) {
    case CloseReason::local: return adapter ? "org.bluez.Reason.Local" : "ESP_GATT_CONN_TERMINATE_LOCAL_HOST";
    case CloseReason::peer: return adapter ? "org.bluez.Reason.Remote" : "ESP_GATT_CONN_TERMINATE_PEER_USER";
    case CloseReason::supervision_timeout: return adapter ? "org.bluez.Reason.Timeout" : "ESP_GATT_CONN_TIMEOUT";
    case CloseReason::not_established: return adapter ? "le-connection-abort-by-local" : "ESP_GATT_CONN_FAIL_ESTABLISH";
    case CloseReason::other_host: return adapter ? "org.bluez.Reason.Local" : "ESP_GATT_CONN_TERMINATE_LOCAL_HOST";
    case CloseReason::encryption_failed: return adapter ? "org.bluez.Reason.Authentication" : "ESP_GATT_AUTH_FAIL";
    case CloseReason::radio_lost: return adapter ? "the adapter is gone" : "the proxy is gone";
    case CloseReason::unknown: break;
  }
  return adapter ? "org.bluez.Reason.Unknown" : "ESP_GATT_CONN_UNKNOWN";
}

}  // namespace moor::sim
