#include "moor/pairing.hpp"

namespace moor {

std::string_view to_string(PairingMethod method) noexcept {
  switch (method) {
    case PairingMethod::just_works: return "just works";
    case PairingMethod::passkey_entry: return "passkey entry";
    case PairingMethod::passkey_display: return "passkey display";
    case PairingMethod::numeric_comparison: break;
  }
  return "numeric comparison";
}

std::string_view to_string(PairingProblem problem) noexcept {
  switch (problem) {
    case PairingProblem::refused: return "refused by the device";
    case PairingProblem::rejected: return "refused here";
    case PairingProblem::wrong_passkey: return "wrong passkey";
    case PairingProblem::canceled: return "canceled";
    case PairingProblem::timed_out: return "timed out";
    case PairingProblem::busy: return "busy";
    case PairingProblem::unknown: break;
  }
  return "failed";
}

awaitable<std::optional<uint32_t>> PairingAgent::enter_passkey(Address) {
  co_return std::nullopt;
}

void PairingAgent::display_passkey(const Address&, uint32_t, unsigned) {}

awaitable<bool> PairingAgent::confirm(Address, uint32_t) {
  co_return false;
}

awaitable<bool> PairingAgent::allow(Address) {
  co_return true;
}

}  // namespace moor
