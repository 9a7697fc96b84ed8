#pragma once
// Exposure Notification, by which phones of the pandemic years remembered whom they met: service data of 0xFD6F. It names nobody:
// the identifier changes with the phone's address every 10 to 20 minutes, and the metadata are encrypted with a key of that phone.
// Source: Apple and Google, "Exposure Notification, Bluetooth Specification", version 1.2.
//
//   ┌────────────────────────────────┬───────────────┐
//   │ rolling proximity id [16]      │ metadata [4]  │
//   └────────────────────────────────┴───────────────┘

#include "moor/advertisement.hpp"
#include "moor/bytes.hpp"

#include <array>
#include <optional>

namespace moor {

inline constexpr uint16_t exposure_notification_service = 0xFD6F;

struct ExposureNotification {
  std::array<uint8_t, 16> identifier{};  ///< "rolling proximity identifier" (RPI)
  std::array<uint8_t, 4> metadata{};     ///< "associated encrypted metadata" (AEM): version and transmit power

  friend bool operator==(const ExposureNotification&, const ExposureNotification&) = default;
};

/// @param data  Service data of 0xFD6F, without the UUID.
/// @returns nothing unless it has exactly the 20 bytes.
[[nodiscard]] std::optional<ExposureNotification> decode_exposure_notification(Bytes data) noexcept;

/// Adds the list with 0xFD6F, which the specification wants, and the service data; 28 bytes of payload.
void encode(const ExposureNotification& frame, AdvertisementBuilder& builder);

}  // namespace moor
