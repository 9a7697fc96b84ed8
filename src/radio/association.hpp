#pragma once
// Which method two devices pair with, by what people can do at each (Core 5.4, Vol 3, Part H, 2.3.5.1, table 2.8).

#include "moor/pairing.hpp"

namespace moor {

/// As pairing requests number them (3.5.1).
enum class IoCapability : uint8_t { display_only, display_yes_no, keyboard_only, none, keyboard_display };

[[nodiscard]] IoCapability io_capability_of(PairingAgent::Capability agent) noexcept;
/// Of a device that is made to pair so.
[[nodiscard]] IoCapability io_capability_for(PairingMethod method) noexcept;

/// What becomes of it where somebody asks for protection against a man in the middle: just works where no other method is possible.
/// @param secure_connections  whether both can do them; only they compare numbers.
/// @returns the method seen from the initiator. Where both have only a keyboard the same digits are typed at both: passkey entry.
[[nodiscard]] PairingMethod associate(IoCapability initiator, IoCapability responder, bool secure_connections) noexcept;

}  // namespace moor
