// The decision flow: data rate -> connection or broadcast -> connection interval and peripheral latency -> advertising interval
// -> sleep -> transmit power. Each decision follows from the wishes; its effect is found by undoing it alone in the finished
// plan.

#include "core/require.hpp"
#include "moor/power.hpp"
#include "power/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace moor {
namespace {

using namespace std::chrono_literals;
using Mode = PowerPlan::Mode;

// A legacy advertisement has 31 bytes: 3 for flags, 4 for length, type and company of the manufacturer data (Core 5.4, Vol 6,
// Part B, 2.3.1).
constexpr double broadcast_payload_bytes = 31 - 3 - 4;
constexpr int adverts_per_update = 3;  // a scanner hears one of three almost surely, even one that listens half of the time
// A data PDU of 251 bytes without the headers of L2CAP and ATT (Core 5.4, Vol 6, Part B, 2.4). On LE 1M with encryption it takes
// 2.12 ms, its acknowledgement 0.08 ms, and both are followed by 0.15 ms.
constexpr double packet_payload_bytes = 251 - 4 - 3;
constexpr Duration packet_time = 2500us;
constexpr double connection_limit_bytes_per_s = packet_payload_bytes / 0.0025;
constexpr Duration longest_silence = 15s;  // twice it stays below the longest supervision timeout

// Current while transmitting, 3 V, DC/DC converter (Texas Instruments CC2340R2 data sheet SWRS282, February 2024).
struct TxPower {
  int dbm;
  double current_ma;
};
constexpr TxPower usual_tx{0, 5.1};
constexpr TxPower low_tx{-8, 4.5};
constexpr double range_exponent = 2.5;

constexpr Duration usual_connection_interval = 30ms;
constexpr Duration usual_advertising_interval = 100ms;
constexpr Duration waiting_advertising_interval = 1s;

struct Design {
  Mode mode = Mode::broadcast;
  AdvertisingTiming advertising;
  ConnectionTiming connection;
  bool sleeps = true;
  TxPower tx = usual_tx;
};

Duration down_to(Duration value, Duration unit) noexcept {
  return value - value % unit;
}

/// The supervision timeout that survives five lost wake-ups.
Duration timeout_for(const ConnectionTiming& timing) noexcept {
  const Duration wanted = 6 * (1 + timing.latency) * timing.interval;
  const Duration up = down_to(wanted + ConnectionTiming::timeout_unit - 1ns, ConnectionTiming::timeout_unit);
  return std::clamp(up, ConnectionTiming::min_timeout, ConnectionTiming::max_timeout);
}

Mode choose_mode(const PowerRequirements& wanted) noexcept {
  const bool fits = wanted.data_rate_bytes_per_s * to_seconds(wanted.latency) <= broadcast_payload_bytes;
  return fits && wanted.latency >= adverts_per_update * AdvertisingTiming::min_interval ? Mode::broadcast : Mode::connection;
}

Design make_design(const PowerRequirements& wanted, Mode mode) noexcept {
  Design design{.mode = mode, .advertising = {waiting_advertising_interval}, .connection = {}, .sleeps = true, .tx = usual_tx};
  if (mode == Mode::broadcast) {
    design.advertising.interval = std::clamp(down_to(wanted.latency / adverts_per_update, AdvertisingTiming::unit),
                                             AdvertisingTiming::min_interval, AdvertisingTiming::max_interval);
    return design;
  }
  // Half of the latency leaves time for one repetition; an interval must not gather more than a packet.
  const double until_full_s = packet_payload_bytes / std::max(wanted.data_rate_bytes_per_s, 1.0);
  const Duration interval = std::min(wanted.latency / 2, from_seconds(until_full_s));
  ConnectionTiming& timing = design.connection;
  timing.interval =
      std::clamp(down_to(interval, ConnectionTiming::unit), ConnectionTiming::min_interval, ConnectionTiming::max_interval);
  const auto events = std::min(wanted.latency, longest_silence) / timing.interval;
  timing.latency = static_cast<uint16_t>(std::clamp<int64_t>(events - 1, 0, ConnectionTiming::max_latency));
  timing.timeout = timeout_for(timing);
  return design;
}

/// What a device of this design draws.
PowerProfile profile_of(const PowerRequirements& wanted, const Design& design) noexcept {
  double events_per_s = 1 / to_seconds(design.advertising.interval);
  double packets_per_event = 1;
  double air_s = 3 * 376e-6;  // 47 bytes on three channels
  if (design.mode == Mode::connection) {
    const double most = 1 / to_seconds(design.connection.interval);
    const double packets_per_s = wanted.data_rate_bytes_per_s / packet_payload_bytes;
    events_per_s = std::clamp(packets_per_s, most / (1 + design.connection.latency), most);
    packets_per_event = std::max(1.0, packets_per_s / events_per_s);
    air_s = 24 * 8e-6 + wanted.data_rate_bytes_per_s / events_per_s * 8e-6;  // preamble to MIC, then the payload
  }
  PowerProfile profile;
  profile.interval = from_seconds(1 / events_per_s);
  const Duration busy = wanted.event_duration + from_seconds((packets_per_event - 1) * to_seconds(packet_time));
  profile.event_duration = std::min(busy, profile.interval);
  const double air_share = std::min(1.0, air_s / to_seconds(profile.event_duration));
  const double saved_ma = (usual_tx.current_ma - design.tx.current_ma) * air_share;
  profile.event_current_ma = wanted.event_current_ma - std::min(saved_ma, wanted.event_current_ma / 2);
  profile.capacity_mah = wanted.capacity_mah;
  profile.sleep_current_ua = design.sleeps ? wanted.sleep_current_ua : wanted.idle_current_ua;
  profile.self_discharge_percent_per_year = wanted.self_discharge_percent_per_year;
  return profile;
}

double days_of(const PowerRequirements& wanted, const Design& design) {
  return battery_life(profile_of(wanted, design)).days;
}

/// Goes on with the lower transmit power only where it makes the difference: it costs half of the range.
Design complete_design(const PowerRequirements& wanted, Mode mode) {
  Design design = make_design(wanted, mode);
  if (days_of(wanted, design) >= wanted.lifetime_days) return design;
  Design weaker = design;
  weaker.tx = low_tx;
  return days_of(wanted, weaker) >= wanted.lifetime_days ? weaker : design;
}

/// The plan's steps, with what each decision is worth.
class Steps {
public:
  Steps(const PowerRequirements& wanted, const Design& design)
      : wanted_(wanted), design_(design), days_(days_of(wanted, design)) {}

  [[nodiscard]] std::vector<PlanStep> all() const {
    return {mode(), connection_interval(), peripheral_latency(), advertising_interval(), sleep(), tx_power()};
  }

private:
  [[nodiscard]] bool broadcasts() const noexcept { return design_.mode == Mode::broadcast; }

  template <typename Undo>
  [[nodiscard]] double worth(Undo&& undo) const {
    Design other = design_;
    undo(other);
    return days_ - days_of(wanted_, other);
  }

  [[nodiscard]] PlanStep mode() const {
    const double bytes = wanted_.data_rate_bytes_per_s * to_seconds(wanted_.latency);
    const Mode other = broadcasts() ? Mode::connection : Mode::broadcast;
    const std::string why =
        broadcasts()
            ? fmt::format(
                  "the {:.4g} bytes of one update fit in an advertisement ({:.0f} bytes); nobody need connect, but nothing "
                  "is acknowledged and no command can come",
                  bytes, broadcast_payload_bytes)
        : bytes > broadcast_payload_bytes
            ? fmt::format("the {:.4g} bytes of one update do not fit in an advertisement ({:.0f} bytes)", bytes,
                          broadcast_payload_bytes)
            : "three advertisements do not fit into so short a latency";
    return {"data rate", broadcasts() ? "broadcast" : "connection",
            "broadcast for a beacon or a sensor, connection above a few bytes a second", why,
            days_ - days_of(wanted_, make_design(wanted_, other))};
  }

  [[nodiscard]] PlanStep connection_interval() const {
    const std::string typical = "7.5 ms to 50 ms for input and audio control, 100 ms to 1 s for sensors";
    if (broadcasts()) return {"connection interval", "none", typical, "a broadcast has no connection", 0};
    return {"connection interval", duration_text(design_.connection.interval), typical,
            fmt::format("half of the latency leaves time for one repetition, and {:.0f} bytes of data are the most for a packet",
                        packet_payload_bytes),
            worth([](Design& d) { d.connection.interval = std::min(usual_connection_interval, d.connection.interval); })};
  }

  [[nodiscard]] PlanStep peripheral_latency() const {
    const std::string typical = "0 while data flows, 4 to 30 for a device that is mostly quiet";
    if (broadcasts()) return {"peripheral latency", "none", typical, "a broadcast has no connection", 0};
    const ConnectionTiming& timing = design_.connection;
    return {"peripheral latency", fmt::format("{}, supervision timeout {}", timing.latency, duration_text(timing.timeout)),
            typical,
            fmt::format("the device may skip {} of {} events and still hear a command within {}", timing.latency,
                        1 + timing.latency, duration_text((1 + timing.latency) * timing.interval)),
            worth([](Design& d) { d.connection.latency = 0; })};
  }

  [[nodiscard]] PlanStep advertising_interval() const {
    const std::string typical = "100 ms while being set up, 1 s for a beacon, up to 10.24 s for a slow sensor";
    const std::string value = duration_text(design_.advertising.interval);
    if (!broadcasts())
      return {"advertising interval", value, typical, "only while there is no connection, which the sum leaves out", 0};
    return {"advertising interval", value, typical, fmt::format("{} advertisements within the latency", adverts_per_update),
            worth([](Design& d) { d.advertising.interval = usual_advertising_interval; })};
  }

  [[nodiscard]] PlanStep sleep() const {
    return {"sleep", fmt::format("{:.4g} uA between events", wanted_.sleep_current_ua), "1 to 3 uA asleep with the clock running",
            fmt::format("left idle, the chip draws {:.4g} uA", wanted_.idle_current_ua),
            worth([](Design& d) { d.sleeps = false; })};
  }

  [[nodiscard]] PlanStep tx_power() const {
    const bool is_low = design_.tx.dbm == low_tx.dbm;
    const double range = std::pow(10, (low_tx.dbm - usual_tx.dbm) / (10 * range_exponent));
    Design weaker = design_;
    weaker.tx = low_tx;
    const std::string why = is_low ? fmt::format("without it the lifetime is missed; the range shrinks to {:.0f} %", range * 100)
                                   : fmt::format("{} dBm would bring {} days and shrink the range to {:.0f} %", low_tx.dbm,
                                                 whole(days_of(wanted_, weaker) - days_), range * 100);
    return {"transmit power", fmt::format("{} dBm", design_.tx.dbm), "0 dBm; -8 dBm within a room, +4 dBm and more through walls",
            why, worth([](Design& d) { d.tx = usual_tx; })};
  }

  const PowerRequirements& wanted_;
  const Design& design_;
  double days_;
};

/// The battery that lasts as long as wanted under the same load; infinite if its self-discharge alone is too much.
double capacity_needed(const PowerRequirements& wanted, const BatteryLife& life) noexcept {
  const double load = life.events_mah_per_day + life.sleep_mah_per_day;
  const double share_per_day = 1 / wanted.lifetime_days - life.self_discharge_mah_per_day / wanted.capacity_mah;
  return share_per_day > 0 ? load / share_per_day : std::numeric_limits<double>::infinity();
}

/// The shortest latency, to a hundredth of it, at which the lifetime is met.
std::optional<Duration> latency_needed(PowerRequirements wanted) {
  constexpr Duration longest = adverts_per_update * AdvertisingTiming::max_interval;
  const auto is_met = [&wanted](Duration latency) {
    wanted.latency = latency;
    return days_of(wanted, complete_design(wanted, choose_mode(wanted))) >= wanted.lifetime_days;
  };
  for (Duration latency = wanted.latency; latency < longest; latency += std::max<Duration>(latency / 100, 1us))
    if (is_met(latency)) return latency;
  return std::nullopt;
}

Shortfall too_short_a_life(const PowerRequirements& wanted, const BatteryLife& life) {
  std::string remedy;
  if (const double capacity = capacity_needed(wanted, life); std::isfinite(capacity))
    remedy = fmt::format("a battery of {} mAh lasts that long", whole(std::ceil(capacity)));
  else
    remedy = "no size of this battery lasts that long: choose one with less self-discharge";
  if (const auto latency = latency_needed(wanted))
    remedy += fmt::format("; so does a latency of {:.6g} s", std::ceil(to_seconds(*latency) * 100) / 100);
  return {fmt::format("the battery lasts {} days, not {}", whole(life.days), whole(wanted.lifetime_days)), remedy};
}

std::vector<Shortfall> find_shortfalls(const PowerRequirements& wanted, const Design& design, const BatteryLife& life) {
  std::vector<Shortfall> found;
  if (wanted.data_rate_bytes_per_s > connection_limit_bytes_per_s)
    found.push_back({fmt::format("{} bytes/s are more than a connection on LE 1M carries, {} bytes/s",
                                 whole(wanted.data_rate_bytes_per_s), whole(connection_limit_bytes_per_s)),
                     "use LE 2M, or a radio that is made for more"});
  if (design.mode == Mode::connection && wanted.latency < 2 * ConnectionTiming::min_interval)
    found.push_back(
        {fmt::format("a latency of {} leaves no time to repeat a lost packet: the shortest connection interval is 7.5 ms",
                     duration_text(wanted.latency)),
         "accept 15 ms"});
  if (life.days < wanted.lifetime_days) found.push_back(too_short_a_life(wanted, life));
  return found;
}

bool is_amount(double value) noexcept {
  return value >= 0 && std::isfinite(value);
}

}  // namespace

void PowerRequirements::validate() const {
  require(is_amount(data_rate_bytes_per_s), "the data rate must not be negative");
  require(latency >= 1ms && latency <= 24h, "the latency must be from 1 ms to a day");
  require(lifetime_days > 0 && std::isfinite(lifetime_days), "the lifetime must be above 0");
  require(event_duration > Duration::zero() && event_duration <= ConnectionTiming::min_interval,
          "an event must take more than 0 and at most 7.5 ms, the shortest connection interval");
  require(event_current_ma > 0, "the event current must be above 0");
  require(is_amount(idle_current_ua), "the idle current must not be negative");
  PowerProfile{.event_current_ma = event_current_ma,
               .event_duration = event_duration,
               .capacity_mah = capacity_mah,
               .sleep_current_ua = sleep_current_ua,
               .self_discharge_percent_per_year = self_discharge_percent_per_year}
      .validate();
}

PowerPlan plan_power(const PowerRequirements& requirements) {
  requirements.validate();
  const Design design = complete_design(requirements, choose_mode(requirements));
  PowerPlan plan;
  plan.mode = design.mode;
  plan.advertising = design.advertising;
  if (design.mode == Mode::connection) plan.connection = design.connection;
  plan.tx_power_dbm = design.tx.dbm;
  plan.life = battery_life(profile_of(requirements, design));
  plan.steps = Steps(requirements, design).all();
  plan.shortfalls = find_shortfalls(requirements, design, plan.life);
  return plan;
}

}  // namespace moor
