#include "serve/event_json.hpp"

#include "serve/answers.hpp"

namespace moor::serve {

namespace json = boost::json;

json::object to_json(const ZoneEvent& event, const Clock& clock) {
  return {{"t", iso(clock, event.time)},
          {"id", event.device},
          {"name", event.name},
          {"from", text_or_null(event.from)},
          {"to", text_or_null(event.to)},
          {"event", to_string(event.event)},
          {"cause", event.cause},
          {"detail", event.detail},
          {"smoothed", number_or_null(event.smoothed_dbm, 1)},
          {"distance_m", number_or_null(event.distance_m, 2)}};
}

json::object to_json(const VisitEvent& event, const Clock& clock) {
  return {{"id", event.device},
          {"name", event.name},
          {"zone", event.zone},
          {"entered", iso(clock, event.entered)},
          {"left", iso_or_null(clock, event.left)},
          {"dwell_s", event.left ? json::value(rounded(to_seconds(*event.left - event.entered), 3)) : json::value()},
          {"breaks", event.breaks}};
}

json::object to_json(const SensorState& state, const Clock& clock) {
  return {{"sensor", state.sensor},
          {"id", text_or_null(state.device)},
          {"name", state.name},
          {"phase", to_string(state.phase)},
          {"radio", text_or_null(state.radio)},
          {"problem", state.problem},
          {"since", iso(clock, state.since)},
          {"last_value", iso_or_null(clock, state.last_value)},
          {"uptime", rounded(state.report.uptime(), 4)},
          {"connections", state.report.connections},
          {"drops", state.report.drops}};
}

}  // namespace moor::serve
