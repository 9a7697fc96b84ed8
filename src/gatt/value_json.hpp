#pragma once
// A decoded value as JSON, as the command line shows it in `decoded`.
//
//   battery level         {"value": 85, "unit": "%"}
//   device name           "Thermometer"
//   heart rate            {"value": 72, "unit": "bpm", "contact": true, "rr_interval": [{"value": 0.82, "unit": "s"}]}
//   wheel and crank       {"wheel_revolutions": 1200, "wheel_event_time": {"value": 1.5, "unit": "s"}, ...}
//
// What the device does not know is null.

#include "moor/characteristic_value.hpp"

#include <boost/json/value.hpp>

namespace moor {

[[nodiscard]] boost::json::value to_json(const DecodedValue& value);

}  // namespace moor
