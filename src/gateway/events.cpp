#include "gateway/events.hpp"

namespace moor {

const char* to_string(SensorState::Phase phase) noexcept {
  switch (phase) {
    case SensorState::Phase::waiting: return "waiting";
    case SensorState::Phase::queued: return "queued";
    case SensorState::Phase::connecting: return "connecting";
    case SensorState::Phase::connected: return "connected";
    case SensorState::Phase::failed: return "failed";
  }
  return "unknown";
}

}  // namespace moor
