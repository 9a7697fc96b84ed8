#include "moor/presence.hpp"

#include "core/require.hpp"
#include "core/saturating.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace moor {
namespace {

using namespace std::chrono_literals;

/// Windows end sooner than devices are lost: a quarter of one keeps a wheel's bucket small where `lost_after` is hours.
Duration wheel_resolution(const PresenceOptions& options) noexcept {
  Duration resolution = options.lost_after / 256;
  const Duration interval = options.smoothing.reading_interval;
  if (interval > Duration::zero()) resolution = std::min(resolution, interval / 4);
  return std::max<Duration>(resolution, 1ms);
}

const PresenceOptions& validated(const PresenceOptions& options) {
  options.validate();
  return options;
}

bool is_farther(std::optional<Zone> from, Zone to) noexcept {
  return to == Zone::far || from == Zone::immediate;
}

}  // namespace

void PresenceOptions::validate() const {
  smoothing.validate();
  path_loss.validate();
  zones.validate();
  require(lost_after > Duration::zero(), "the silence until a device is lost must be above 0");
  require(lost_after > smoothing.reading_interval, "the silence until a device is lost must be longer than the reading interval");
}

std::string_view to_string(PresenceEvent event) noexcept {
  switch (event) {
    case PresenceEvent::none: break;
    case PresenceEvent::entered: return "entered";
    case PresenceEvent::changed: return "changed";
    case PresenceEvent::lost: return "lost";
  }
  return "";
}

std::string describe(const PresenceReading& reading) {
  if (reading.event == PresenceEvent::none) return "";
  if (reading.event == PresenceEvent::lost)
    return fmt::format("lost: silent for {:.4g} s, was {} at {:.1f} dBm",
                       to_seconds(subtract_saturated(reading.time, reading.last_heard)), to_string(*reading.from),
                       reading.smoothed_dbm);
  const std::string where = reading.from
                                ? fmt::format("changed from {} to {}", to_string(*reading.from), to_string(*reading.zone))
                                : fmt::format("entered {}", to_string(*reading.zone));
  return fmt::format("{}: {} reading{} in a row, smoothed {:.1f} dBm is {} {:.4g} dBm", where, reading.readings_in_a_row,
                     reading.readings_in_a_row == 1 ? "" : "s", reading.smoothed_dbm,
                     is_farther(reading.from, *reading.zone) ? "not above" : "above", *reading.limit_dbm);
}

PresenceTracker::PresenceTracker(const PresenceOptions& options)
    : options_(validated(options)), wheel_(wheel_resolution(options)) {}

void PresenceTracker::forget(DeviceSlot slot) noexcept {
  wheel_.cancel(slot);
  if (slot >= devices_.capacity()) return;
  devices_[slot] = Device{};
  if (has_windows()) windows_[slot] = ReadingWindow{};
}

std::optional<Zone> PresenceTracker::zone(DeviceSlot slot) const noexcept {
  return slot < devices_.capacity() ? devices_[slot].zone.zone() : std::nullopt;
}

std::optional<double> PresenceTracker::smoothed_dbm(DeviceSlot slot) const noexcept {
  if (slot >= devices_.capacity() || !devices_[slot].smoothed.has_value()) return std::nullopt;
  return devices_[slot].smoothed.value();
}

void PresenceTracker::restore(DeviceSlot slot, Zone zone, double smoothed_dbm, TimePoint t) {
  forget(slot);
  devices_.reach(slot);
  if (has_windows()) windows_.reach(slot);
  Device& device = devices_[slot];
  device.last_heard = device.last_reading = t;
  (void)device.smoothed.add(smoothed_dbm, 1);
  device.zone.restore(zone);
  device.is_present = true;
  wheel_.schedule(slot, t, *deadline_of(slot));
}

bool PresenceTracker::admit(double rssi_dbm) noexcept {
  if (rssi_dbm == no_rssi) {
    ++statistics_.without_rssi;
    return false;
  }
  if (!is_plausible_rssi(rssi_dbm)) {
    ++statistics_.implausible;
    return false;
  }
  ++statistics_.samples;
  return true;
}

std::optional<PresenceReading> PresenceTracker::take(DeviceSlot slot, TimePoint t, double rssi_dbm,
                                                     std::optional<int8_t> power_at_1m_dbm) {
  devices_.reach(slot);
  if (has_windows()) windows_.reach(slot);
  Device& device = devices_[slot];
  if (t < device.last_heard) {
    ++statistics_.out_of_order;
    t = device.last_heard;
  }
  device.last_heard = t;
  if (power_at_1m_dbm && is_plausible_power(*power_at_1m_dbm)) device.power_at_1m_dbm = *power_at_1m_dbm;

  const bool moves_deadline_nearer = !device.is_present || (has_windows() && !has_open_window(slot));
  device.is_present = true;
  if (has_windows()) windows_[slot].add(t, rssi_dbm, options_.smoothing.window_value);
  if (moves_deadline_nearer) wheel_.schedule(slot, t, *deadline_of(slot));
  if (has_windows()) return std::nullopt;
  return read(slot, t, rssi_dbm, 1);
}

std::optional<PresenceReading> PresenceTracker::next_owed(DeviceSlot slot, TimePoint now) {
  if (slot >= devices_.capacity()) return std::nullopt;
  for (;;) {
    const auto deadline = deadline_of(slot);
    if (!deadline || *deadline > now) return std::nullopt;
    if (auto reading = settle(slot, *deadline)) return reading;
  }
}

std::optional<PresenceReading> PresenceTracker::next_owed(TimePoint now) {
  while (const auto due = wheel_.next_due(now, [this](DeviceSlot slot) { return deadline_of(slot); }))
    if (auto reading = settle(due->slot, due->deadline)) return reading;
  return std::nullopt;
}

std::optional<TimePoint> PresenceTracker::deadline_of(DeviceSlot slot) const noexcept {
  const Device& device = devices_[slot];
  if (!device.is_present) return std::nullopt;
  if (has_open_window(slot)) return add_saturated(windows_[slot].opened(), options_.smoothing.reading_interval);
  return add_saturated(device.last_heard, options_.lost_after);
}

std::optional<PresenceReading> PresenceTracker::settle(DeviceSlot slot, TimePoint deadline) {
  if (!has_open_window(slot)) return lose(slot, deadline);
  const ReadingWindow window = std::exchange(windows_[slot], ReadingWindow());
  wheel_.schedule(slot, deadline, *deadline_of(slot));
  return read(slot, deadline, window.value(options_.smoothing.window_value), window.samples());
}

std::optional<PresenceReading> PresenceTracker::lose(DeviceSlot slot, TimePoint t) {
  wheel_.cancel(slot);
  Device& device = devices_[slot];
  const Device before = std::exchange(device, Device{});
  device.last_heard = t;  // a late sample must not come before the loss
  device.power_at_1m_dbm = before.power_at_1m_dbm;
  if (!before.zone.zone()) {
    ++statistics_.faded;
    return std::nullopt;
  }
  ++statistics_.lost;
  PresenceReading reading;
  reading.slot = slot;
  reading.time = t;
  reading.last_heard = before.last_heard;
  reading.smoothed_dbm = before.smoothed.value();
  reading.event = PresenceEvent::lost;
  reading.from = before.zone.zone();
  return reading;
}

PresenceReading PresenceTracker::read(DeviceSlot slot, TimePoint t, double rssi_dbm, uint32_t samples) noexcept {
  Device& device = devices_[slot];
  ++statistics_.readings;
  const double weight = ema_weight(options_.smoothing, subtract_saturated(t, device.last_reading));
  device.last_reading = t;

  PresenceReading reading;
  reading.slot = slot;
  reading.time = t;
  reading.last_heard = device.last_heard;
  reading.samples = samples;
  reading.rssi_dbm = rssi_dbm;
  reading.smoothed_dbm = device.smoothed.add(rssi_dbm, weight);
  reading.distance = estimate_distance(reading.smoothed_dbm, device.power_at_1m_dbm, options_.path_loss);
  if (const auto change = device.zone.on_reading(reading.smoothed_dbm, options_.zones)) {
    reading.event = change->from ? PresenceEvent::changed : PresenceEvent::entered;
    reading.from = change->from;
    reading.readings_in_a_row = change->readings;
    reading.limit_dbm = change->limit_dbm;
    ++(change->from ? statistics_.changed : statistics_.entered);
  }
  reading.zone = device.zone.zone();
  return reading;
}

}  // namespace moor
