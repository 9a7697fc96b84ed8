#pragma once
// Zone and visit events as they leave the gateway: JSON objects for brokers and webhooks, see docs/mqtt/event.schema.json.

#include "gateway/events.hpp"
#include "moor/clock.hpp"

namespace moor {

/// @param gateway  its configured name. @returns one line, without the event's id, which the store gives.
[[nodiscard]] std::string zone_message(const ZoneEvent& event, const std::string& gateway, const Clock& clock);
/// Of a visit that has begun, or has ended.
[[nodiscard]] std::string visit_message(const VisitEvent& event, const std::string& gateway, const Clock& clock);

}  // namespace moor
