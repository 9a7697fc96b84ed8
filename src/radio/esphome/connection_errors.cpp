// What an ESP32's Bluetooth stack (Bluedroid) calls its errors, and what they mean here.

#include "radio/esphome/link_state.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace moor::esphome_radio {

namespace {

struct ConnectionRow {
  int32_t error;
  std::string_view name;
  ConnectReason reason;
  CloseReason close;
};

// esp_gatt_conn_reason_t of ESP-IDF's esp_gatt_defs.h; of those that it does not name, the HCI codes (Core 5.4, Vol 1, Part F, 1.3) by Bluedroid's names, and what
// ESPHome and the GATT layer put in their place: not connected, and ESP_GATT_ERROR. 0x0d met connections whose slot was not free yet.
constexpr std::array connection_rows = {
    ConnectionRow{-1, "ESP_GATT_NOT_CONNECTED", ConnectReason::disconnected, CloseReason::unknown},
    ConnectionRow{0x000, "ESP_GATT_CONN_UNKNOWN", ConnectReason::unknown, CloseReason::unknown},
    ConnectionRow{0x001, "ESP_GATT_CONN_L2C_FAILURE", ConnectReason::unknown, CloseReason::unknown},
    ConnectionRow{0x005, "HCI_ERR_AUTH_FAILURE", ConnectReason::unknown, CloseReason::encryption_failed},
    ConnectionRow{0x006, "HCI_ERR_KEY_MISSING", ConnectReason::unknown, CloseReason::encryption_failed},
    ConnectionRow{0x008, "ESP_GATT_CONN_TIMEOUT", ConnectReason::supervision_timeout, CloseReason::supervision_timeout},
    ConnectionRow{0x00D, "HCI_ERR_HOST_REJECT_RESOURCES", ConnectReason::out_of_slots, CloseReason::unknown},
    ConnectionRow{0x013, "ESP_GATT_CONN_TERMINATE_PEER_USER", ConnectReason::closed_by_peer, CloseReason::peer},
    ConnectionRow{0x016, "ESP_GATT_CONN_TERMINATE_LOCAL_HOST", ConnectReason::closed_by_local, CloseReason::other_host},
    ConnectionRow{0x022, "ESP_GATT_CONN_LMP_TIMEOUT", ConnectReason::unknown, CloseReason::unknown},
    ConnectionRow{0x03D, "HCI_ERR_CONN_FAILED_DUE_TO_MIC_FAILURE", ConnectReason::unknown, CloseReason::encryption_failed},
    ConnectionRow{0x03E, "ESP_GATT_CONN_FAIL_ESTABLISH", ConnectReason::not_established, CloseReason::not_established},
    ConnectionRow{0x085, "ESP_GATT_ERROR", ConnectReason::stack_error, CloseReason::unknown},
    ConnectionRow{0x100, "ESP_GATT_CONN_CONN_CANCEL", ConnectReason::out_of_slots, CloseReason::unknown},
    ConnectionRow{0x101, "ESP_GATT_CONN_NONE", ConnectReason::unknown, CloseReason::unknown},
};

struct Name {
  int32_t error;
  std::string_view name;
};

// esp_gatt_status_t of the same header.
constexpr std::array gatt_names = {
    Name{-1, "ESP_GATT_NOT_CONNECTED"},
    Name{0x00, "ESP_GATT_OK"},
    Name{0x01, "ESP_GATT_INVALID_HANDLE"},
    Name{0x02, "ESP_GATT_READ_NOT_PERMIT"},
    Name{0x03, "ESP_GATT_WRITE_NOT_PERMIT"},
    Name{0x04, "ESP_GATT_INVALID_PDU"},
    Name{0x05, "ESP_GATT_INSUF_AUTHENTICATION"},
    Name{0x06, "ESP_GATT_REQ_NOT_SUPPORTED"},
    Name{0x07, "ESP_GATT_INVALID_OFFSET"},
    Name{0x08, "ESP_GATT_INSUF_AUTHORIZATION"},
    Name{0x09, "ESP_GATT_PREPARE_Q_FULL"},
    Name{0x0A, "ESP_GATT_NOT_FOUND"},
    Name{0x0B, "ESP_GATT_NOT_LONG"},
    Name{0x0C, "ESP_GATT_INSUF_KEY_SIZE"},
    Name{0x0D, "ESP_GATT_INVALID_ATTR_LEN"},
    Name{0x0E, "ESP_GATT_ERR_UNLIKELY"},
    Name{0x0F, "ESP_GATT_INSUF_ENCRYPTION"},
    Name{0x10, "ESP_GATT_UNSUPPORT_GRP_TYPE"},
    Name{0x11, "ESP_GATT_INSUF_RESOURCE"},
    Name{0x80, "ESP_GATT_NO_RESOURCES"},
    Name{0x81, "ESP_GATT_INTERNAL_ERROR"},
    Name{0x82, "ESP_GATT_WRONG_STATE"},
    Name{0x83, "ESP_GATT_DB_FULL"},
    Name{0x84, "ESP_GATT_BUSY"},
    Name{0x85, "ESP_GATT_ERROR"},
    Name{0x86, "ESP_GATT_CMD_STARTED"},
    Name{0x87, "ESP_GATT_ILLEGAL_PARAMETER"},
    Name{0x88, "ESP_GATT_PENDING"},
    Name{0x89, "ESP_GATT_AUTH_FAIL"},
    Name{0x8A, "ESP_GATT_MORE"},
    Name{0x8B, "ESP_GATT_INVALID_CFG"},
    Name{0x8C, "ESP_GATT_SERVICE_STARTED"},
    Name{0x8D, "ESP_GATT_ENCRYPTED_NO_MITM"},
    Name{0x8E, "ESP_GATT_NOT_ENCRYPTED"},
    Name{0x8F, "ESP_GATT_CONGESTED"},
    Name{0x90, "ESP_GATT_DUP_REG"},
    Name{0x91, "ESP_GATT_ALREADY_OPEN"},
    Name{0x92, "ESP_GATT_CANCEL"},
    Name{0xE0, "ESP_GATT_STACK_RSP"},
    Name{0xE1, "ESP_GATT_APP_RSP"},
    Name{0xEF, "ESP_GATT_UNKNOWN_ERROR"},
    Name{0xFD, "ESP_GATT_CCC_CFG_ERR"},
    Name{0xFE, "ESP_GATT_PRC_IN_PROGRESS"},
    Name{0xFF, "ESP_GATT_OUT_OF_RANGE"},
};

struct PairingRow {
  int32_t error;
  std::string_view name;
  PairingProblem problem;
};

// esp_ble_auth_fail_rsn_t of esp_gap_ble_api.h, which counts SMP's own codes (Core 5.4, Vol 3, Part H, 3.5.5) from 78.
constexpr std::array pairing_rows = {
    PairingRow{78, "ESP_AUTH_SMP_PASSKEY_FAIL", PairingProblem::wrong_passkey},
    PairingRow{79, "ESP_AUTH_SMP_OOB_FAIL", PairingProblem::refused},
    PairingRow{80, "ESP_AUTH_SMP_PAIR_AUTH_FAIL", PairingProblem::refused},
    PairingRow{81, "ESP_AUTH_SMP_CONFIRM_VALUE_FAIL", PairingProblem::wrong_passkey},
    PairingRow{82, "ESP_AUTH_SMP_PAIR_NOT_SUPPORT", PairingProblem::refused},
    PairingRow{83, "ESP_AUTH_SMP_ENC_KEY_SIZE", PairingProblem::refused},
    PairingRow{84, "ESP_AUTH_SMP_INVALID_CMD", PairingProblem::refused},
    PairingRow{85, "ESP_AUTH_SMP_UNKNOWN_ERR", PairingProblem::unknown},
    PairingRow{86, "ESP_AUTH_SMP_REPEATED_ATTEMPT", PairingProblem::refused},
    PairingRow{87, "ESP_AUTH_SMP_INVALID_PARAMETERS", PairingProblem::unknown},
    PairingRow{88, "ESP_AUTH_SMP_DHKEY_CHK_FAIL", PairingProblem::unknown},
    PairingRow{89, "ESP_AUTH_SMP_NUM_COMP_FAIL", PairingProblem::wrong_passkey},
    PairingRow{92, "ESP_AUTH_SMP_INTERNAL_ERR", PairingProblem::unknown},
    PairingRow{96, "ESP_AUTH_SMP_BUSY", PairingProblem::busy},
    PairingRow{97, "ESP_AUTH_SMP_ENC_FAIL", PairingProblem::unknown},
    PairingRow{98, "ESP_AUTH_SMP_STARTED", PairingProblem::busy},
    PairingRow{99, "ESP_AUTH_SMP_RSP_TIMEOUT", PairingProblem::timed_out},
    PairingRow{102, "ESP_AUTH_SMP_CONN_TOUT", PairingProblem::timed_out},
};

template <typename Rows>
auto find_row(const Rows& rows, int32_t error) noexcept -> decltype(rows.data()) {
  const auto* const end = rows.data() + rows.size();
  const auto* const found = std::find_if(rows.data(), end, [error](const auto& row) { return row.error == error; });
  return found == end ? nullptr : found;
}

std::string with_number(std::string_view name, int32_t error) {
  return error < 0 ? fmt::format("{} ({})", name, error) : fmt::format("{} (0x{:02x})", name, error);
}

std::string number_only(int32_t error) {
  return error < 0 ? fmt::format("error {}", error) : fmt::format("error 0x{:02x}", error);
}

}  // namespace

ConnectCause connect_cause(int32_t error) {
  ConnectCause cause;
  if (const auto* row = find_row(connection_rows, error)) cause.reason = row->reason;
  cause.text = connection_error_name(error);
  return cause;
}

std::string connection_error_name(int32_t error) {
  if (const auto* row = find_row(connection_rows, error)) return with_number(row->name, error);
  // An attempt that never became a connection ends with a GATT status.
  constexpr int32_t first_of_stack = 0x80;
  return error >= first_of_stack ? gatt_error_name(error) : number_only(error);
}

CloseReason close_reason(int32_t error) noexcept {
  const auto* row = find_row(connection_rows, error);
  return row == nullptr ? CloseReason::unknown : row->close;
}

std::string gatt_error_name(int32_t error) {
  const auto* row = find_row(gatt_names, error);
  return row == nullptr ? number_only(error) : with_number(row->name, error);
}

std::string pairing_error_name(int32_t error) {
  const auto* row = find_row(pairing_rows, error);
  return row == nullptr ? number_only(error) : with_number(row->name, error);
}

PairingProblem pairing_problem(int32_t error) noexcept {
  const auto* row = find_row(pairing_rows, error);
  return row == nullptr ? PairingProblem::unknown : row->problem;
}

}  // namespace moor::esphome_radio
