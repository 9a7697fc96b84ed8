#pragma once
// What happens in the gateway, as the live stream tells it.

#include "gateway/events.hpp"

#include <boost/json/object.hpp>

namespace moor::serve {

[[nodiscard]] boost::json::object to_json(const ZoneEvent& event, const Clock& clock);
[[nodiscard]] boost::json::object to_json(const VisitEvent& event, const Clock& clock);
[[nodiscard]] boost::json::object to_json(const SensorState& state, const Clock& clock);

}  // namespace moor::serve
