#include "radio/association.hpp"

#include <array>

namespace moor {

IoCapability io_capability_of(PairingAgent::Capability agent) noexcept {
  switch (agent) {
    case PairingAgent::Capability::display: return IoCapability::display_only;
    case PairingAgent::Capability::display_yes_no: return IoCapability::display_yes_no;
    case PairingAgent::Capability::keyboard: return IoCapability::keyboard_only;
    case PairingAgent::Capability::keyboard_display: return IoCapability::keyboard_display;
    case PairingAgent::Capability::none: break;
  }
  return IoCapability::none;
}

IoCapability io_capability_for(PairingMethod method) noexcept {
  switch (method) {
    case PairingMethod::passkey_entry: return IoCapability::display_only;
    case PairingMethod::passkey_display: return IoCapability::keyboard_only;
    case PairingMethod::numeric_comparison: return IoCapability::display_yes_no;
    case PairingMethod::just_works: break;
  }
  return IoCapability::none;
}

PairingMethod associate(IoCapability initiator, IoCapability responder, bool secure_connections) noexcept {
  using enum PairingMethod;
  // Rows: the initiator; columns: the responder; both as they are numbered. With legacy pairing.
  static constexpr std::array<std::array<PairingMethod, 5>, 5> methods = {{
      {just_works, just_works, passkey_display, just_works, passkey_display},
      {just_works, just_works, passkey_display, just_works, passkey_display},
      {passkey_entry, passkey_entry, passkey_entry, just_works, passkey_entry},
      {just_works, just_works, just_works, just_works, just_works},
      {passkey_entry, passkey_entry, passkey_display, just_works, passkey_display},
  }};
  const auto can_compare = [](IoCapability each) {
    return each == IoCapability::display_yes_no || each == IoCapability::keyboard_display;
  };
  if (secure_connections && can_compare(initiator) && can_compare(responder)) return numeric_comparison;
  return methods[static_cast<size_t>(initiator)][static_cast<size_t>(responder)];
}

}  // namespace moor
