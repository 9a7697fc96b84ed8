#pragma once
// Pairing as a device answers it (Core 5.4, Vol 3, Part H): legacy and secure connections; just works, passkey in both directions, numeric
// comparison. A machine without I/O: PDUs and what the controller sees of encryption go in, PDUs and keys come out.

#include "moor/bytes.hpp"
#include "moor/pairing.hpp"
#include "radio/controller/controller.hpp"

#include <array>

namespace moor::controller {

using Key128 = std::array<uint8_t, 16>;  ///< least significant byte first, as HCI and SMP send it

class SmpResponder {
public:
  struct Parties {
    Address host;  ///< the initiator, as the connection shows it
    Address device;
  };
  SmpResponder(Parties parties, DevicePairing pairing);
  ~SmpResponder();
  SmpResponder(SmpResponder&&) noexcept;

  /// A PDU of the host on L2CAP's channel 6. @returns what to answer, in order; nothing where the host is to go on.
  [[nodiscard]] std::vector<std::vector<uint8_t>> receive(Bytes pdu);
  /// The link is encrypted now: keys may be given out.
  [[nodiscard]] std::vector<std::vector<uint8_t>> encrypted();
  /// A security request, with which a device asks to be paired.
  [[nodiscard]] std::vector<uint8_t> security_request() const;

  /// The key that the host must start encryption with while pairing (STK or LTK); nothing before it is agreed.
  [[nodiscard]] const std::optional<Key128>& session_key() const noexcept;
  struct Bond {
    Key128 long_term_key{};
    uint64_t random = 0;       ///< Rand, 0 with secure connections
    uint16_t diversifier = 0;  ///< EDIV, 0 with secure connections
    bool authenticated = false;
  };
  /// What both keep; nothing until pairing is complete, or without bonding.
  [[nodiscard]] const std::optional<Bond>& bond() const noexcept;
  /// The code of a Pairing Failed that was sent or received (Core 5.4, Vol 3, Part H, 3.5.5).
  [[nodiscard]] std::optional<uint8_t> failure() const noexcept;
  /// The six digits that the device shows at this moment: its passkey, or what is to be compared.
  [[nodiscard]] std::optional<uint32_t> shown() const noexcept;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moor::controller
