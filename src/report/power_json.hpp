#pragma once
// Battery life and plans as JSON: what `moor power` prints, and the dashboard shows. docs/cli/power.schema.json describes it.

#include "moor/power.hpp"

#include <boost/json/object.hpp>

namespace moor {

[[nodiscard]] boost::json::object to_json(const BatteryLife& life);
[[nodiscard]] boost::json::object to_json(const PowerPlan& plan);
/// "broadcast" or "connection".
[[nodiscard]] const char* to_string(PowerPlan::Mode mode) noexcept;

}  // namespace moor
