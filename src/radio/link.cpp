#include "moor/link.hpp"

namespace moor {

std::string_view to_string(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::local: return "closed by us";
    case CloseReason::peer: return "closed by the device";
    case CloseReason::supervision_timeout: return "supervision timeout";
    case CloseReason::not_established: return "not established";
    case CloseReason::other_host: return "closed by another program";
    case CloseReason::encryption_failed: return "encryption failed";
    case CloseReason::radio_lost: return "radio lost";
    case CloseReason::unknown: break;
  }
  return "unknown";
}

}  // namespace moor
