#pragma once
// A device's table of services as the messages that tell it, and what a client means by writing to a configuration descriptor. No I/O.

#include "moor/gatt.hpp"
#include "moor/link.hpp"

#include <optional>
#include <vector>

namespace moor::proxy {

/// Bytes of a message 71 with several services, as firmware has it. A service that is longer goes alone.
inline constexpr size_t max_services_message = 1360;
/// Of the client's API, from which it reads `short_uuid`.
inline constexpr uint32_t short_uuid_since_minor = 12;

/// The payloads of messages 71, after which 72 is due. Nothing where a service cannot be told: more than fits a frame, or more of its kind than a client takes.
/// Then 72 must not be sent, since the client would keep what is missing a part.
[[nodiscard]] std::optional<std::vector<std::vector<uint8_t>>> services_messages(uint64_t address, const GattServices& services,
                                                                                 uint32_t api_minor);

/// The characteristic whose Client Characteristic Configuration descriptor has this handle; null where it is another one.
[[nodiscard]] const GattCharacteristic* configured_by(const GattServices& services, uint16_t descriptor) noexcept;

/// What is to be done about a value written to such a descriptor (Core 5.4, Vol 3, Part G, 3.3.3.3).
struct ConfigurationWrite {
  bool valid = false;                   ///< it has two bytes
  std::optional<SubscribeKind> kind{};  ///< to subscribe to; nothing to end the subscription
};
[[nodiscard]] ConfigurationWrite read_configuration(Bytes value) noexcept;

}  // namespace moor::proxy
