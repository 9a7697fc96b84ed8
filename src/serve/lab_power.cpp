// The lab's power planner: the fields and ranges are those of `moor power`.

#include "report/power_json.hpp"
#include "serve/lab.hpp"
#include "serve/lab_fields.hpp"

namespace moor::serve {

namespace json = boost::json;

namespace {

Duration ms(double value) {
  return from_seconds(value / 1000);
}

// PowerProfile and PowerRequirements name these the same.
template <typename Options>
void take_common(const LabFields& fields, Options& options) {
  if (const auto given = fields.number("event_current", 0, 1e6)) options.event_current_ma = *given;
  if (const auto given = fields.number("event_duration", 0, 1e6)) options.event_duration = ms(*given);
  if (const auto given = fields.number("capacity", 0.001, 1e9)) options.capacity_mah = *given;
  if (const auto given = fields.number("sleep_current", 0, 1e9)) options.sleep_current_ua = *given;
  if (const auto given = fields.number("self_discharge", 0, 100)) options.self_discharge_percent_per_year = *given;
}

}  // namespace

json::object lab_power(const json::object& asked) {
  const LabFields fields(asked, {"event_current", "event_duration", "interval", "capacity", "sleep_current", "self_discharge"});
  PowerProfile profile;
  take_common(fields, profile);
  if (const auto given = fields.number("interval", 0.001, 1e10)) profile.interval = ms(*given);
  return to_json(battery_life(profile));
}

json::object lab_power_plan(const json::object& asked) {
  const LabFields fields(asked, {"event_current", "event_duration", "capacity", "sleep_current", "self_discharge", "data_rate",
                                 "latency", "lifetime"});
  PowerRequirements wanted;
  take_common(fields, wanted);
  if (const auto given = fields.number("data_rate", 0, 1e6)) wanted.data_rate_bytes_per_s = *given;
  if (const auto given = fields.number("latency", 0.0001, 1e7)) wanted.latency = from_seconds(*given);
  if (const auto given = fields.number("lifetime", 0.01, 1e6)) wanted.lifetime_days = *given;
  return to_json(plan_power(wanted));
}

}  // namespace moor::serve
