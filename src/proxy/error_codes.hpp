#pragma once
// What goes wrong with a link, in the numbers of the API: those of ESP-IDF (esp_gatt_defs.h: esp_gatt_conn_reason_t, esp_gatt_status_t), which HCI's and ATT's
// codes are part of.

#include "moor/connect_cause.hpp"
#include "moor/link.hpp"

#include <exception>

namespace moor::proxy {

/// Of messages 82, 85, 86, 88 and 146, beyond the codes of ATT.
namespace gatt_code {
inline constexpr int32_t not_connected = -1;  ///< ESPHome's own
inline constexpr int32_t not_supported = 6;
inline constexpr int32_t bad_length = 13;
inline constexpr int32_t busy = 132;
inline constexpr int32_t error = 133;  ///< whatever else
inline constexpr int32_t illegal_parameter = 135;
}  // namespace gatt_code

/// Of message 69, for an attempt that failed and for a link that ended.
[[nodiscard]] int32_t connection_code(ConnectReason reason) noexcept;
[[nodiscard]] int32_t connection_code(CloseReason reason) noexcept;
/// Of what connecting has thrown.
[[nodiscard]] int32_t connection_code(const std::exception_ptr& error) noexcept;

/// Of a pairing that failed, in the numbers of esp_gap_ble_api.h, as firmware says it.
[[nodiscard]] int32_t request_code(PairingProblem problem) noexcept;
/// Of what a request to a link has thrown.
[[nodiscard]] int32_t request_code(const std::exception_ptr& error) noexcept;

}  // namespace moor::proxy
