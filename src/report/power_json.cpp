#include "report/power_json.hpp"

#include "core/json_text.hpp"

#include <boost/json.hpp>
#include <cmath>

namespace moor {

namespace json = boost::json;

namespace {

json::value number(double value, int decimals) {
  return std::isfinite(value) ? json::value(rounded(value, decimals)) : json::value();
}

json::object life_of(const BatteryLife& life) {
  return {{"mah_per_day", number(life.mah_per_day, 6)}, {"days", number(life.days, 1)}, {"years", number(life.years, 2)}};
}

}  // namespace

json::object to_json(const BatteryLife& life) {
  json::object object = life_of(life);
  json::array steps;
  for (const PowerStep& step : life.steps)
    steps.push_back(json::object{
        {"what", step.what}, {"arithmetic", step.arithmetic}, {"value", number(step.value, 6)}, {"unit", step.unit}});
  object["steps"] = std::move(steps);
  return object;
}

json::object to_json(const PowerPlan& plan) {
  json::object object = life_of(plan.life);
  object["mode"] = to_string(plan.mode);
  json::array steps;
  for (const PlanStep& step : plan.steps)
    steps.push_back(json::object{{"decision", step.decision},
                                 {"value", step.value},
                                 {"typical", step.typical},
                                 {"why", step.why},
                                 {"effect_days", number(step.effect_days, 1)}});
  object["steps"] = std::move(steps);
  json::array shortfalls;
  for (const Shortfall& shortfall : plan.shortfalls)
    shortfalls.push_back(json::object{{"what", shortfall.what}, {"remedy", shortfall.remedy}});
  object["shortfalls"] = std::move(shortfalls);
  return object;
}

const char* to_string(PowerPlan::Mode mode) noexcept {
  return mode == PowerPlan::Mode::broadcast ? "broadcast" : "connection";
}

}  // namespace moor
