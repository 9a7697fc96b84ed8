#pragma once
// Presence: who is how near, and who has gone. RSSI samples of many devices come in with their times; readings come out,
// smoothed, with distance and zone, and among them the events: a device entered a zone, changed it, was lost. An event says what
// caused it.
//
// A machine without I/O: time is a parameter. A device costs 44 bytes in all, 68 with a reading interval, and a sample no
// allocation once its slot has been used.

#include "moor/deadline_wheel.hpp"
#include "moor/path_loss.hpp"
#include "moor/sighting.hpp"
#include "moor/smoothing.hpp"
#include "moor/zone.hpp"

#include <string>

namespace moor {

struct PresenceOptions {
  SmoothingOptions smoothing = {};
  PathLoss path_loss = {};
  ZoneOptions zones = {};
  Duration lost_after = std::chrono::seconds(30);  ///< silence that makes a device lost; longer than the reading interval

  /// @throws UsageError that says which option makes no sense.
  void validate() const;
};

enum class PresenceEvent : uint8_t { none, entered, changed, lost };

/// "entered", "changed" or "lost"; empty for none.
[[nodiscard]] std::string_view to_string(PresenceEvent event) noexcept;

struct PresenceReading {
  DeviceSlot slot = 0;
  TimePoint time;                  ///< of the sample, the end of the window, or the moment of loss: last_heard + lost_after
  TimePoint last_heard;            ///< the newest sample that counts
  uint32_t samples = 0;            ///< that made this reading; 0 for a loss
  std::optional<double> rssi_dbm;  ///< the sample, or the window's value; empty for a loss
  double smoothed_dbm = 0;         ///< for a loss, as it was
  std::optional<DistanceEstimate> distance;  ///< empty for a loss
  std::optional<Zone> zone;                  ///< after this reading; empty before the first zone and for a loss

  PresenceEvent event = PresenceEvent::none;
  std::optional<Zone> from;         ///< changed, lost: the zone before
  uint16_t readings_in_a_row = 0;   ///< entered, changed: how many asked for the zone
  std::optional<double> limit_dbm;  ///< entered, changed: the limit that the smoothed RSSI has crossed
};

/// The event and its cause for people, such as "entered near: 3 readings in a row, smoothed -67.9 dBm is above -70 dBm"; empty
/// for none.
[[nodiscard]] std::string describe(const PresenceReading& reading);

/// All that went in, and what became of it.
struct PresenceStatistics {
  uint64_t samples = 0;       ///< taken
  uint64_t without_rssi = 0;  ///< RSSI 127: no sample at all, so the device is not even heard
  uint64_t implausible = 0;   ///< RSSI 0 or out of range, likewise
  uint64_t out_of_order = 0;  ///< taken, as if at the time of the device's newest
  uint64_t readings = 0;
  uint64_t entered = 0;
  uint64_t changed = 0;
  uint64_t lost = 0;
  uint64_t faded = 0;  ///< fell silent before they had a zone, which is no event
};

class PresenceTracker {
public:
  /// @throws UsageError if the options make no sense.
  explicit PresenceTracker(const PresenceOptions& options = {});

  /// Takes a sample. What this device owes up to `t` (the reading of a window that has ended, a loss) is emitted before it.
  /// After a loss everything begins anew: smoothing, count and zone.
  /// @param slot      the device's; slots must be dense, since each below the highest costs its 44 or 68 bytes.
  /// @param rssi_dbm  a fraction is allowed, for receivers that average. `no_rssi` and implausible numbers are counted and
  /// ignored.
  /// @param power_at_1m_dbm  the beacon's own calibrated power; nothing, or a number that is not plausible, keeps what was known.
  /// @param emit      void(const PresenceReading&); it may call `forget`.
  template <typename Emit>
  void on_sample(DeviceSlot slot, TimePoint t, double rssi_dbm, std::optional<int8_t> power_at_1m_dbm, Emit&& emit) {
    if (!admit(rssi_dbm)) return;
    while (auto reading = next_owed(slot, t)) emit(*reading);
    if (auto reading = take(slot, t, rssi_dbm, power_at_1m_dbm)) emit(*reading);
  }

  /// Lets time pass: readings of windows that have ended and losses, of all devices, in the order of their times.
  template <typename Emit>
  void advance(TimePoint now, Emit&& emit) {
    while (auto reading = next_owed(now)) emit(*reading);
  }

  /// `advance` has nothing to do before this moment; TimePoint::max() if no device is present.
  [[nodiscard]] TimePoint next_deadline() const noexcept { return wheel_.next_deadline(); }
  /// The slot's device is no more: without an event, since the caller knows. The slot may serve another at once.
  void forget(DeviceSlot slot) noexcept;

  /// The device goes on where it was before a restart, as if it had just been heard: its zone and its average are these, and no event tells of it.
  void restore(DeviceSlot slot, Zone zone, double smoothed_dbm, TimePoint t);

  [[nodiscard]] std::optional<Zone> zone(DeviceSlot slot) const noexcept;            ///< empty for none yet, lost or never heard
  [[nodiscard]] std::optional<double> smoothed_dbm(DeviceSlot slot) const noexcept;  ///< empty before the first reading
  [[nodiscard]] size_t present() const noexcept { return wheel_.size(); }  ///< devices heard and not lost, with a zone or without
  [[nodiscard]] const PresenceStatistics& statistics() const noexcept { return statistics_; }
  [[nodiscard]] const PresenceOptions& options() const noexcept { return options_; }

private:
  struct Device {
    TimePoint last_heard = TimePoint::min();  // or the moment of loss
    TimePoint last_reading;
    Ema smoothed;
    ZoneMachine zone;
    int8_t power_at_1m_dbm = no_tx_power;
    bool is_present = false;
  };
  static_assert(sizeof(Device) <= 32, "two devices a cache line");

  bool admit(double rssi_dbm) noexcept;
  std::optional<PresenceReading> take(DeviceSlot slot, TimePoint t, double rssi_dbm, std::optional<int8_t> power_at_1m_dbm);
  [[nodiscard]] std::optional<PresenceReading> next_owed(DeviceSlot slot, TimePoint now);
  [[nodiscard]] std::optional<PresenceReading> next_owed(TimePoint now);
  [[nodiscard]] bool has_windows() const noexcept { return options_.smoothing.reading_interval > Duration::zero(); }
  [[nodiscard]] bool has_open_window(DeviceSlot slot) const noexcept { return has_windows() && windows_[slot].is_open(); }
  [[nodiscard]] std::optional<TimePoint> deadline_of(DeviceSlot slot) const noexcept;
  [[nodiscard]] std::optional<PresenceReading> settle(DeviceSlot slot, TimePoint deadline);
  [[nodiscard]] std::optional<PresenceReading> lose(DeviceSlot slot, TimePoint t);
  [[nodiscard]] PresenceReading read(DeviceSlot slot, TimePoint t, double rssi_dbm, uint32_t samples) noexcept;

  PresenceOptions options_;
  Slab<Device> devices_;
  Slab<ReadingWindow> windows_;  // as many as devices_, if readings have an interval
  DeadlineWheel wheel_;
  PresenceStatistics statistics_;
};

}  // namespace moor
