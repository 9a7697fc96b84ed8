#include "radio/esphome/link_state.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace moor::esphome_radio {

namespace {

struct Row {
  int32_t error;
  std::string_view name;
  ConnectReason reason;
  CloseReason close;
};

// esp_gatt_conn_reason_t of ESP-IDF's esp_gatt_defs.h, and what its GATT layer puts in its place: ESP_GATT_ERROR (esp_gatt_status_t) for a connection that
// could not be opened, and HCI codes that the enumeration does not name (Core 5.4, Vol 1, Part F, 1.3).
constexpr std::array rows = {
    Row{0x001, "ESP_GATT_CONN_L2C_FAILURE", ConnectReason::unknown, CloseReason::unknown},
    Row{0x005, "HCI_ERR_AUTH_FAILURE", ConnectReason::unknown, CloseReason::encryption_failed},
    Row{0x006, "HCI_ERR_KEY_MISSING", ConnectReason::unknown, CloseReason::encryption_failed},
    Row{0x008, "ESP_GATT_CONN_TIMEOUT", ConnectReason::supervision_timeout, CloseReason::supervision_timeout},
    Row{0x013, "ESP_GATT_CONN_TERMINATE_PEER_USER", ConnectReason::closed_by_peer, CloseReason::peer},
    Row{0x016, "ESP_GATT_CONN_TERMINATE_LOCAL_HOST", ConnectReason::closed_by_local, CloseReason::other_host},
    Row{0x022, "ESP_GATT_CONN_LMP_TIMEOUT", ConnectReason::unknown, CloseReason::unknown},
    Row{0x03D, "HCI_ERR_CONN_FAILED_DUE_TO_MIC_FAILURE", ConnectReason::unknown, CloseReason::encryption_failed},
    Row{0x03E, "ESP_GATT_CONN_FAIL_ESTABLISH", ConnectReason::not_established, CloseReason::not_established},
    Row{0x085, "ESP_GATT_ERROR", ConnectReason::stack_error, CloseReason::unknown},
    Row{0x100, "ESP_GATT_CONN_CONN_CANCEL", ConnectReason::out_of_slots, CloseReason::unknown},
    Row{0x101, "ESP_GATT_CONN_NONE", ConnectReason::unknown, CloseReason::unknown},
};

const Row* find_row(int32_t error) noexcept {
  const auto* found = std::ranges::find(rows, error, &Row::error);
  return found == rows.end() ? nullptr : found;
}

}  // namespace

ConnectCause connect_cause(int32_t error) {
  ConnectCause cause;
  if (const Row* row = find_row(error)) cause.reason = row->reason;
  cause.text = connection_error_name(error);
  return cause;
}

std::string connection_error_name(int32_t error) {
  if (const Row* row = find_row(error)) return fmt::format("{} (0x{:02x})", row->name, error);
  return fmt::format("error {}", error);
}

CloseReason close_reason(int32_t error) noexcept {
  const Row* row = find_row(error);
  return row == nullptr ? CloseReason::unknown : row->close;
}

}  // namespace moor::esphome_radio
