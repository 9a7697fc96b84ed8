#include "core/require.hpp"
#include "moor/power.hpp"
#include "power/text.hpp"

#include <fmt/format.h>
#include <cmath>

namespace moor {
namespace {

constexpr double seconds_per_day = 86'400;
constexpr double days_per_year = 365.25;
constexpr double ms_per_hour = 3'600'000;

bool is_load(double value) noexcept {
  return value >= 0 && std::isfinite(value);
}

}  // namespace

void PowerProfile::validate() const {
  require(is_load(event_current_ma), "the event current must not be negative");
  require(event_duration > Duration::zero(), "the event duration must be above 0");
  require(event_duration <= interval, "the interval must not be shorter than the event");
  require(capacity_mah > 0 && std::isfinite(capacity_mah), "the capacity must be above 0");
  require(is_load(sleep_current_ua), "the sleep current must not be negative");
  require(is_load(self_discharge_percent_per_year), "the self-discharge must not be negative");
}

BatteryLife battery_life(const PowerProfile& profile) {
  profile.validate();
  const double event_ms = to_seconds(profile.event_duration) * 1000;
  const double events_per_day = seconds_per_day / to_seconds(profile.interval);
  const double asleep = 1 - to_seconds(profile.event_duration) / to_seconds(profile.interval);

  BatteryLife life;
  life.events_mah_per_day = profile.event_current_ma * event_ms * events_per_day / ms_per_hour;
  life.sleep_mah_per_day = profile.sleep_current_ua / 1000 * 24 * asleep;
  life.self_discharge_mah_per_day = profile.capacity_mah * profile.self_discharge_percent_per_year / 100 / days_per_year;
  life.mah_per_day = life.events_mah_per_day + life.sleep_mah_per_day + life.self_discharge_mah_per_day;
  life.days = profile.capacity_mah / life.mah_per_day;
  life.years = life.days / days_per_year;

  life.steps = {
      {"events a day", fmt::format("86,400 s / {:.6g} s", to_seconds(profile.interval)), events_per_day, "1/day"},
      {"events",
       fmt::format("{:.6g} mA x {:.6g} ms x {} / 3,600,000 ms/h", profile.event_current_ma, event_ms, whole(events_per_day)),
       life.events_mah_per_day, "mAh/day"},
      {"sleep", fmt::format("{:.6g} uA / 1000 x 24 h x {:.6g} % asleep", profile.sleep_current_ua, asleep * 100),
       life.sleep_mah_per_day, "mAh/day"},
      {"self-discharge",
       fmt::format("{:.6g} mAh x {:.6g} % / 365.25 days", profile.capacity_mah, profile.self_discharge_percent_per_year),
       life.self_discharge_mah_per_day, "mAh/day"},
      {"together",
       fmt::format("{:.6g} + {:.6g} + {:.6g}", life.events_mah_per_day, life.sleep_mah_per_day, life.self_discharge_mah_per_day),
       life.mah_per_day, "mAh/day"},
      {"battery life", fmt::format("{:.6g} mAh / {:.6g} mAh/day", profile.capacity_mah, life.mah_per_day), life.days, "days"},
      {"in years", fmt::format("{} days / 365.25", whole(life.days)), life.years, "years"},
  };
  return life;
}

}  // namespace moor
