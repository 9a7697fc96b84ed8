#pragma once
// Moor's words for what befalls links, in those of HCI (Core 5.4, Vol 1, Part F, 1.3).

#include "hci/hci_commands.hpp"
#include "moor/radio.hpp"

namespace moor::controller {

/// The reason of a Disconnection Complete.
[[nodiscard]] hci::HciStatus status_of(CloseReason reason) noexcept;

/// What an attempt comes to that did not bring a link. It is never a Connection Complete with an error: Linux 6.1 takes that for a success and waits for
/// its own time-out (hci_sync.c, create_le_conn_complete).
struct FailedConnecting {
  enum class How : uint8_t {
    goes_on,       ///< a controller knows no end of trying: nothing is said until the host cancels
    made_and_lost  ///< a link that ends at once, with the status
  };
  How how;
  hci::HciStatus status;
};
[[nodiscard]] FailedConnecting outcome_of(ConnectReason reason) noexcept;

}  // namespace moor::controller
