#pragma once
// How long a battery lasts, and which radio parameters make it last as long as it must.
//
// A device draws its event current for a few milliseconds per event and its sleep current in between; the battery loses some by
// itself. 8 mA for 3 ms each second is 8 * 0.003 * 86,400 = 2,073.6 mA*s = 0.576 mAh a day (an hour has 3,600 s): 1000 mAh last
// 1,736 days with no sleep current. See docs/power.md.

#include "moor/connection_parameters.hpp"
#include "moor/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moor {

struct PowerProfile {
  double event_current_ma = 8;                             ///< mean over the event
  Duration event_duration = std::chrono::milliseconds(3);  ///< with ramp-up and processing; at most the interval
  Duration interval = std::chrono::seconds(1);             ///< from event to event
  double capacity_mah = 1000;
  double sleep_current_ua = 0;                 ///< between events
  double self_discharge_percent_per_year = 0;  ///< of the capacity, taken as an even load: lithium cells 1 to 2, alkaline 2 to 3

  /// @throws UsageError that says which number makes no sense.
  void validate() const;
};

/// One line of the calculation.
struct PowerStep {
  std::string what;        ///< "events"
  std::string arithmetic;  ///< "8 mA x 3 ms x 86,400 / 3,600,000 ms/h"
  double value = 0;
  std::string unit;  ///< "mAh/day"
};

struct BatteryLife {
  double mah_per_day = 0;
  double days = 0;   ///< infinite if nothing draws current
  double years = 0;  ///< of 365.25 days
  double events_mah_per_day = 0;
  double sleep_mah_per_day = 0;
  double self_discharge_mah_per_day = 0;
  std::vector<PowerStep> steps;
};

/// @throws UsageError if the profile makes no sense.
[[nodiscard]] BatteryLife battery_life(const PowerProfile& profile);

/// Advertising intervals: 20 ms to 10.24 s in steps of 0.625 ms (Core 5.4, Vol 4, Part E, 7.8.5; extended advertising may be
/// slower).
struct AdvertisingTiming {
  static constexpr Duration unit = std::chrono::microseconds(625);
  static constexpr Duration min_interval = std::chrono::milliseconds(20);
  static constexpr Duration max_interval = std::chrono::milliseconds(10240);

  Duration interval = std::chrono::milliseconds(100);

  [[nodiscard]] std::optional<std::string> problem() const;
};

/// What is wanted of a device, and what it is made of. The figures of the chip are typical ones; take your data sheet's.
struct PowerRequirements {
  double data_rate_bytes_per_s = 1;            ///< of payload, from the device
  Duration latency = std::chrono::seconds(3);  ///< how old data may be on arrival, and how long a command may wait
  double lifetime_days = 365.25;

  double capacity_mah = 220;  ///< a CR2032 coin cell
  double self_discharge_percent_per_year = 1;
  double event_current_ma = 8;  ///< mean over an event at 0 dBm
  Duration event_duration = std::chrono::milliseconds(3);
  double sleep_current_ua = 2;   ///< asleep with the clock running
  double idle_current_ua = 500;  ///< between events where the device is not put to sleep

  /// @throws UsageError that says which number makes no sense.
  void validate() const;
};

/// One decision of the flow.
struct PlanStep {
  std::string decision;  ///< "advertising interval"
  std::string value;     ///< "1 s"
  std::string typical;   ///< what is usually found
  std::string why;
  double effect_days =
      0;  ///< the days that the finished plan would lose if this one were left as it usually is; negative if it costs days
};

/// A wish that cannot be met, and what would help.
struct Shortfall {
  std::string what;
  std::string remedy;
};

struct PowerPlan {
  enum class Mode : uint8_t { broadcast, connection };

  Mode mode = Mode::broadcast;
  AdvertisingTiming advertising;  ///< broadcast: of the data; connection: while waiting for one, which the sum leaves out
  std::optional<ConnectionTiming> connection;  ///< where that is the mode
  int tx_power_dbm = 0;
  BatteryLife life;
  std::vector<PlanStep>
      steps;  ///< data rate, connection interval, peripheral latency, advertising interval, sleep, transmit power
  std::vector<Shortfall> shortfalls;  ///< empty if all is met
};

/// Goes through the decisions from data rate to transmit power. @throws UsageError if the requirements make no sense.
[[nodiscard]] PowerPlan plan_power(const PowerRequirements& requirements);

}  // namespace moor
