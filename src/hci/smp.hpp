#pragma once
// The security manager protocol on the wire (Core 5.4, Vol 3, Part H, 3): codes, sizes, and what a pairing request and response say.

#include "moor/bytes.hpp"

#include <array>
#include <vector>

namespace moor::hci {

enum class SmpCode : uint8_t {
  pairing_request = 0x01,
  pairing_response = 0x02,
  pairing_confirm = 0x03,
  pairing_random = 0x04,
  pairing_failed = 0x05,
  encryption_information = 0x06,
  central_identification = 0x07,
  identity_information = 0x08,
  identity_address_information = 0x09,
  signing_information = 0x0A,
  security_request = 0x0B,
  pairing_public_key = 0x0C,
  pairing_dhkey_check = 0x0D,
  keypress_notification = 0x0E,
};

/// Reasons of a Pairing Failed (3.5.5).
namespace smp_error {
inline constexpr uint8_t passkey_entry_failed = 0x01;
inline constexpr uint8_t oob_not_available = 0x02;
inline constexpr uint8_t authentication_requirements = 0x03;
inline constexpr uint8_t confirm_value_failed = 0x04;
inline constexpr uint8_t pairing_not_supported = 0x05;
inline constexpr uint8_t encryption_key_size = 0x06;
inline constexpr uint8_t command_not_supported = 0x07;
inline constexpr uint8_t unspecified_reason = 0x08;
inline constexpr uint8_t repeated_attempts = 0x09;
inline constexpr uint8_t invalid_parameters = 0x0A;
inline constexpr uint8_t dhkey_check_failed = 0x0B;
}  // namespace smp_error

/// Bits of AuthReq (3.5.1).
namespace smp_auth {
inline constexpr uint8_t bonding = 0x01;
inline constexpr uint8_t mitm = 0x04;  ///< protection against somebody in the middle is asked for
inline constexpr uint8_t secure_connections = 0x08;
inline constexpr uint8_t keypress = 0x10;
}  // namespace smp_auth

/// Bits of key distribution (3.6.1).
namespace smp_keys {
inline constexpr uint8_t encryption = 0x01;
inline constexpr uint8_t identity = 0x02;
inline constexpr uint8_t signing = 0x04;
}  // namespace smp_keys

/// What a pairing request and response say (3.5.1).
struct PairingFeatures {
  uint8_t io_capability = 0x03;  ///< 0 display, 1 display and yes or no, 2 keyboard, 3 nothing, 4 keyboard and display
  uint8_t oob = 0;               ///< 1 where data came by another way
  uint8_t auth = 0;              ///< of smp_auth
  uint8_t max_key_size = 16;     ///< 7 to 16
  uint8_t initiator_keys = 0;    ///< of smp_keys
  uint8_t responder_keys = 0;
  friend bool operator==(const PairingFeatures&, const PairingFeatures&) = default;
};

struct SmpPdu {
  SmpCode code{};
  Bytes body;  ///< a view into the PDU, of the size that the code has
};
/// Nothing for a code that the protocol does not know, or another size than the code's.
[[nodiscard]] std::optional<SmpPdu> parse_smp(Bytes pdu);
[[nodiscard]] bool knows_smp_code(uint8_t code) noexcept;

/// @param body  of 6 bytes.
[[nodiscard]] PairingFeatures parse_features(Bytes body);
[[nodiscard]] std::array<uint8_t, 6> to_bytes(const PairingFeatures& features) noexcept;

[[nodiscard]] std::vector<uint8_t> smp_pdu(SmpCode code, Bytes body);

}  // namespace moor::hci
