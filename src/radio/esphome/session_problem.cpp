#include "radio/esphome/session.hpp"

namespace moor::esphome_radio {

bool is_permanent(SessionProblem problem) noexcept {
  switch (problem) {
    case SessionProblem::none:
    case SessionProblem::not_reachable:
    case SessionProblem::no_answer:
    case SessionProblem::protocol_error: return false;
    default: return true;
  }
}

}  // namespace moor::esphome_radio
