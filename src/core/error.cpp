#include "moor/error.hpp"

namespace moor {

std::string_view to_string(Unavailable reason) noexcept {
  switch (reason) {
    case Unavailable::no_radio: return "no radio";
    case Unavailable::no_central_role: return "no central role";
    case Unavailable::powered_off: return "powered off";
    case Unavailable::blocked: return "blocked";
    case Unavailable::permission_denied: return "permission denied";
    case Unavailable::no_service: return "no service";
    case Unavailable::cannot_connect: return "cannot connect";
    case Unavailable::unknown: break;
  }
  return "unknown";
}

}  // namespace moor
