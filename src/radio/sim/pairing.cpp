#include "radio/sim/pairing.hpp"

#include "radio/association.hpp"

namespace moor::sim {

namespace {

constexpr Duration typing = std::chrono::milliseconds(500);  // of one digit on the device
constexpr unsigned digits = 6;

PairingRefusal rejected() {
  return {PairingProblem::rejected, "it was refused here"};
}

awaitable<std::optional<PairingRefusal>> enter(PairingAgent& agent, const DeviceEntry& device) {
  const std::optional<uint32_t> entered = co_await agent.enter_passkey(device.address);
  if (!entered) co_return rejected();
  if (*entered == device.passkey) co_return std::nullopt;
  co_return PairingRefusal{PairingProblem::wrong_passkey, "the passkey is wrong"};
}

awaitable<std::optional<PairingRefusal>> display(Clock& clock, PairingAgent& agent, const DeviceEntry& device, uint32_t number) {
  for (unsigned entered = 0; entered < digits; ++entered) {
    agent.display_passkey(device.address, number, entered);
    co_await clock.wait_for(typing);
  }
  agent.display_passkey(device.address, number, digits);
  co_return std::nullopt;
}

}  // namespace

std::optional<PairingMethod> pairing_method(const DeviceEntry& device, PairingAgent::Capability agent) noexcept {
  if (device.pairing == PairingMethod::just_works) return PairingMethod::just_works;
  const PairingMethod method = associate(io_capability_of(agent), io_capability_for(device.pairing), true);
  if (method == PairingMethod::just_works) return std::nullopt;
  return method;
}

unsigned pairing_trips_after(PairingMethod method) noexcept {
  constexpr unsigned rounds = 20;  // of a passkey: a confirmation and a random number each (Core 5.4, Vol 3, Part H, 2.3.5.6.3)
  const bool passkey = method == PairingMethod::passkey_entry || method == PairingMethod::passkey_display;
  // Confirmation, random numbers, checks, encryption, two keys to keep.
  return passkey ? 4 + 2 * rounds : 6;
}

awaitable<std::optional<PairingRefusal>> play_pairing(Clock& clock, PairingAgent& agent, const DeviceEntry& device,
                                                      PairingMethod method, uint32_t number) {
  if (method == PairingMethod::passkey_entry) co_return co_await enter(agent, device);
  if (method == PairingMethod::passkey_display) co_return co_await display(clock, agent, device, number);
  if (method == PairingMethod::numeric_comparison) {
    const bool same = co_await agent.confirm(device.address, number);
    if (same) co_return std::nullopt;
    co_return PairingRefusal{PairingProblem::wrong_passkey, "the numbers are said to differ"};
  }
  const bool allowed = co_await agent.allow(device.address);
  if (allowed) co_return std::nullopt;
  co_return rejected();
}

}  // namespace moor::sim
