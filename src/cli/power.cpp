// moor power: how long a battery lasts, and what would make it last.

#include "moor/power.hpp"
#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "moor/error.hpp"
#include "report/power_json.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <cmath>

namespace moor::cli {

namespace {

std::string in_words(const BatteryLife& life) {
  if (!std::isfinite(life.days)) return "nothing draws current: the battery lasts for ever";
  return fmt::format("{:.3f} mAh a day: {:.0f} days, {:.1f} years", life.mah_per_day, life.days, life.years);
}

class Power final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "power"; }
  [[nodiscard]] std::string summary() const override { return "Reckon battery life, or plan the radio parameters for it"; }
  [[nodiscard]] std::vector<Option> options() override {
    return {{.name = "--event-current",
             .value = "MA",
             .help = "Mean current of an event in mA (default: 8)",
             .target = &event_current_ma_,
             .least = 0,
             .most = 1e6},
            {.name = "--event-duration",
             .value = "MS",
             .help = "Length of an event in ms (default: 3)",
             .target = &event_duration_ms_,
             .least = 0,
             .most = 1e6},
            {.name = "--interval",
             .value = "MS",
             .help = "From event to event in ms (default: 1000)",
             .target = &interval_ms_,
             .least = 0.001,
             .most = 1e10},
            {.name = "--capacity",
             .value = "MAH",
             .help = "Battery in mAh (default: 1000, with --plan 220)",
             .target = &capacity_mah_,
             .least = 0.001,
             .most = 1e9},
            {.name = "--sleep-current",
             .value = "UA",
             .help = "Current between events in µA (default: 0, with --plan 2)",
             .target = &sleep_current_ua_,
             .least = 0,
             .most = 1e9},
            {.name = "--self-discharge",
             .value = "PERCENT_PER_YEAR",
             .help = "Of the capacity (default: 0, with --plan 1)",
             .target = &self_discharge_,
             .least = 0,
             .most = 100},
            {.name = "--plan", .value = "", .help = "Choose the parameters from what is wanted", .target = &plan_},
            {.name = "--data-rate",
             .value = "BYTES_PER_S",
             .help = "With --plan: payload to send (default: 1)",
             .target = &data_rate_,
             .least = 0,
             .most = 1e6},
            {.name = "--latency",
             .value = "S",
             .help = "With --plan: how old data may be, in seconds (default: 3)",
             .target = &latency_s_,
             .least = 0.0001,
             .most = 1e7},
            {.name = "--lifetime",
             .value = "DAYS",
             .help = "With --plan: days that the battery must last (default: 365.25)",
             .target = &lifetime_days_,
             .least = 0.01,
             .most = 1e6},
            {.name = "--json", .value = "", .help = "Print JSON for programs", .target = &json_}};
  }

  [[nodiscard]] int run() override {
    if (!plan_ && (data_rate_ || latency_s_ || lifetime_days_))
      throw UsageError("--data-rate, --latency and --lifetime are wishes for a plan", {.advice = "add --plan"});
    if (plan_ && interval_ms_) throw UsageError("--plan finds the interval itself", {.advice = "leave out --interval"});
    if (plan_)
      print_plan(plan_power(requirements()));
    else
      print_life(battery_life(profile()));
    flush_output();
    return 0;
  }

private:
  static Duration ms(double value) { return from_seconds(value / 1000); }

  [[nodiscard]] PowerProfile profile() const {
    PowerProfile profile;
    if (event_current_ma_) profile.event_current_ma = *event_current_ma_;
    if (event_duration_ms_) profile.event_duration = ms(*event_duration_ms_);
    if (interval_ms_) profile.interval = ms(*interval_ms_);
    if (capacity_mah_) profile.capacity_mah = *capacity_mah_;
    if (sleep_current_ua_) profile.sleep_current_ua = *sleep_current_ua_;
    if (self_discharge_) profile.self_discharge_percent_per_year = *self_discharge_;
    return profile;
  }

  [[nodiscard]] PowerRequirements requirements() const {
    PowerRequirements wanted;
    if (event_current_ma_) wanted.event_current_ma = *event_current_ma_;
    if (event_duration_ms_) wanted.event_duration = ms(*event_duration_ms_);
    if (capacity_mah_) wanted.capacity_mah = *capacity_mah_;
    if (sleep_current_ua_) wanted.sleep_current_ua = *sleep_current_ua_;
    if (self_discharge_) wanted.self_discharge_percent_per_year = *self_discharge_;
    if (data_rate_) wanted.data_rate_bytes_per_s = *data_rate_;
    if (latency_s_) wanted.latency = from_seconds(*latency_s_);
    if (lifetime_days_) wanted.lifetime_days = *lifetime_days_;
    return wanted;
  }

  void print_life(const BatteryLife& life) const {
    if (json_) return print_line(to_pretty(to_json(life)));
    Table table({{"", Table::Align::left, 30}, {"", Table::Align::left, 100}, {"", Table::Align::right}, {""}});
    for (const PowerStep& step : life.steps)
      table.add({{step.what}, {step.arithmetic}, {number_text(step.value), Colour::bold}, {step.unit}});
    table.print();
    print_line("\n" + in_words(life));
  }

  void print_plan(const PowerPlan& plan) const {
    if (json_) return print_line(to_pretty(to_json(plan)));
    Table table({{"DECISION"},
                 {"VALUE"},
                 {"TYPICAL", Table::Align::left, 70},
                 {"DAYS", Table::Align::right},
                 {"WHY", Table::Align::left, 200}});
    for (const PlanStep& step : plan.steps)
      table.add(
          {{step.decision}, {step.value, Colour::bold}, {step.typical}, {fmt::format("{:+.0f}", step.effect_days)}, {step.why}});
    table.print();
    print_line(fmt::format("\n{}: {}", to_string(plan.mode), in_words(plan.life)));
    for (const Shortfall& shortfall : plan.shortfalls)
      print_line(paint(Colour::yellow, shortfall.what) + ": " + shortfall.remedy);
  }

  std::optional<double> event_current_ma_, event_duration_ms_, interval_ms_, capacity_mah_, sleep_current_ua_, self_discharge_;
  std::optional<double> data_rate_, latency_s_, lifetime_days_;
  bool plan_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_power() {
  return std::make_unique<Power>();
}

}  // namespace moor::cli
