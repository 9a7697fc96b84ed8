#pragma once
// What people do while a central pairs with a device of the world: the one at the central is the agent, the one at the device types what is
// shown and makes no mistakes.

#include "moor/world.hpp"

namespace moor::sim {

/// Nothing where what both can do gives less than the device asks for (Core 5.4, Vol 3, Part H, 2.3.5.1, table 2.8): it then refuses.
[[nodiscard]] std::optional<PairingMethod> pairing_method(const DeviceEntry& device, PairingAgent::Capability agent) noexcept;

/// Requests with their answers before anybody is asked: features and public keys.
inline constexpr unsigned pairing_trips_before = 2;
/// And those that follow.
[[nodiscard]] unsigned pairing_trips_after(PairingMethod method) noexcept;

struct PairingRefusal {
  PairingProblem problem = PairingProblem::unknown;
  std::string what{};  ///< such as "the passkey is wrong"
};
/// @param number  that both show, or that is shown here. @returns nothing where people agree. Cancellation: total.
[[nodiscard]] awaitable<std::optional<PairingRefusal>> play_pairing(Clock& clock, PairingAgent& agent, const DeviceEntry& device,
                                                                    PairingMethod method, uint32_t number);

}  // namespace moor::sim
