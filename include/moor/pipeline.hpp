#pragma once
// The way of an advertisement through moor: filter, device, decoding, presence, visits. It goes down once, in order, and whoever wants to
// know listens. Nothing is allocated for an advertisement of a device that is known, and its payload is decoded only when it changes.
//
// A machine without I/O: time comes with the sightings, and through `advance` where nothing is heard.

#include "moor/areas.hpp"
#include "moor/beacon_tracker.hpp"
#include "moor/device_table.hpp"
#include "moor/scanner.hpp"

#include <functional>

namespace moor {

/// What was known of a device before a restart, for it to go on.
struct Recalled {
  VisitorId visitor = 0;               ///< 0 for one that was in no zone
  std::optional<Zone> range{};         ///< likewise empty
  double smoothed_dbm = 0;             ///< where it has a range
  std::optional<ZoneId> place{};       ///< with areas only; without, it is that of `range`
  std::optional<TimePoint> entered{};  ///< a visit there that goes on
  uint32_t breaks = 0;                 ///< of that visit
  TimePoint first_seen;
};

struct PipelineOptions {
  ScanFilter filter{};
  DeviceTableOptions devices{};
  PresenceOptions presence{};
  BeaconTrackerOptions beacons{};
  /// Where a device is: in the area of the radio that owns it or, without areas, in its presence zone. Visits, traffic and moves go by that.
  AreaOptions areas{};
  VisitOptions visits{};
  TrafficOptions traffic{};
  bool trust_beacon_power =
      true;  ///< a beacon's own power at 1 m counts for its distance, not the default of `presence.path_loss`
  /// Who a device is to visits and traffic; asked when it enters its first zone, and kept until it is lost. By default its address, which
  /// is nobody's business but the caller's: a program that stores visits gives pseudonyms.
  std::function<VisitorId(const Address&, TimePoint)> visitor_of{};
  /// Asked once of each device that is heard for the first time, or again after it was forgotten.
  std::function<std::optional<Recalled>(DeviceSlot, const Device&)> recall{};
  /// Power at 1 m of own devices, dBm, by the 48 bits of their addresses: it counts whatever they say of themselves.
  boost::unordered_flat_map<uint64_t, int8_t> powers{};
  KeyRing* keys = nullptr;  ///< for what devices encrypt and for who is behind an address; must outlive the pipeline
};

enum class MoveCause : uint8_t {
  rssi,
  radio,      ///< another radio owns it
  lost,       ///< it fell silent
  forgotten,  ///< it had to make room in the table of devices
};

/// A device is somewhere else now: in another area or, without areas, in another presence zone.
struct Move {
  TimePoint time;
  DeviceSlot slot = 0;
  const Device& device;
  VisitorId visitor = 0;
  std::optional<ZoneId> from;
  std::optional<ZoneId> to;
  MoveCause cause = MoveCause::rssi;
  bool rejoins = false;                      ///< its visit there goes on, after a break
  const PresenceReading* reading = nullptr;  ///< that made it; null for one that was forgotten
};

/// What the pipeline tells. Calls come in the order of their times; they must not call the pipeline.
class PipelineListener {
public:
  virtual ~PipelineListener() = default;
  virtual void on_device(DeviceSlot, const Device&) {}     ///< heard for the first time, or again after it was forgotten
  virtual void on_forgotten(DeviceSlot, const Device&) {}  ///< the slot will serve another
  /// What a new payload says; not called for one that says nothing or repeats the last.
  virtual void on_decoded(DeviceSlot, const Device&, const Decoded&, TimePoint) {}
  /// An encrypted format could not be read; told once of each device and problem, not of each advertisement.
  virtual void on_decode_problem(const Device&, const Decoded&) {}
  virtual void on_beacon(const BeaconEvent&) {}
  /// Every reading of presence. Those with an event are zone changes; `visitor` is the device's, 0 while it is in no zone.
  virtual void on_presence(const Device&, const PresenceReading&, VisitorId) {}
  /// Before the visits that end and begin with it.
  virtual void on_move(const Move&) {}
  virtual void on_visit(const Visit&) {}  ///< that has ended
  /// After `on_device`: the device goes on as it was before a restart, and nothing tells of it as of something new.
  virtual void on_recalled(DeviceSlot, const Device&, const Recalled&) {}
  /// The visitor was lost or its device forgotten; nothing more comes of it.
  virtual void on_visitor_gone(VisitorId) {}
  virtual void on_traffic(const ZoneTraffic&) {}
};

struct PipelineStatistics {
  uint64_t sightings = 0;     ///< that came in
  uint64_t filtered = 0;      ///< that the filter held back
  uint64_t decoded = 0;       ///< payloads that were looked into: new ones, and telemetry, which is not remembered
  uint64_t payload_lost = 0;  ///< long payloads that were overwritten before they were read
};

class Pipeline final : public SightingSink {
public:
  /// @param listener  must outlive the pipeline. @throws UsageError if the options make no sense.
  Pipeline(const PipelineOptions& options, PipelineListener& listener);

  void on_sightings(std::span<const Sighting> batch) override;
  /// Lets time pass: losses, expiries, visits and intervals that end.
  void advance(TimePoint now);
  /// `advance` has nothing to do before this moment; TimePoint::max() if nothing is pending.
  [[nodiscard]] TimePoint next_deadline() const noexcept;
  /// Ends all visits and the interval of traffic that goes on, for a clean end.
  void close(TimePoint now);

  [[nodiscard]] const DeviceTable& devices() const noexcept { return devices_; }
  [[nodiscard]] const BeaconTracker& beacons() const noexcept { return beacons_; }
  [[nodiscard]] const PresenceTracker& presence() const noexcept { return presence_; }
  [[nodiscard]] const VisitTracker& visits() const noexcept { return visits_; }
  [[nodiscard]] const TrafficCounter& traffic() const noexcept { return traffic_; }
  [[nodiscard]] const PipelineStatistics& statistics() const noexcept { return statistics_; }
  /// Whether the filter lets the device through.
  [[nodiscard]] bool passes(DeviceSlot slot) const noexcept { return states_[slot].passes; }
  /// A visit of before a restart, whose visitor may rejoin it. @returns whether it was taken, see VisitTracker.
  bool restore(const OpenVisit& visit) { return visits_.restore(visit); }
  /// The device of that address, or of the key that the address resolves to; nothing where it has not been heard.
  [[nodiscard]] std::optional<DeviceSlot> find(const Address& address);
  /// Where the device is, as `Move` has it.
  [[nodiscard]] std::optional<ZoneId> place_of(DeviceSlot slot) const noexcept;
  [[nodiscard]] VisitorId visitor_of(DeviceSlot slot) const noexcept { return states_[slot].visitor; }
  /// The format of the device's latest payload that said something: "iBeacon"; empty if none did.
  [[nodiscard]] std::string_view format_of(DeviceSlot slot) const noexcept {
    return {states_[slot].format, states_[slot].format_size};
  }

private:
  static constexpr uint32_t no_beacon = ~uint32_t{0};
  // What the pipeline itself keeps of a device.
  struct State {
    VisitorId visitor = 0;        // from its first zone until it is lost
    const char* format = "";      // of `format_size` bytes
    uint32_t beacon = no_beacon;  // its place among the devices that send beacon frames: the others cost the tracker nothing
    uint8_t format_size = 0;
    int8_t power_at_1m_dbm = no_tx_power;
    DecodeProblem problem = DecodeProblem::none;  // that has been told
    bool passes : 1 = true;                       // the part of the filter that looks at its data
    bool has_own_power : 1 = false;               // of `PipelineOptions::powers`
  };
  static_assert(sizeof(State) <= 24);

  void on_sighting(const Sighting& sighting);
  void on_device_sighting(const Sighting& sighting);
  void on_payload(const DeviceTable::Heard& heard, const Device& device, const Sighting& sighting, State& state);
  void begin(DeviceSlot slot, const Device& device);
  void on_reading(const PresenceReading& reading);
  void move(Move& move);
  void forget(DeviceSlot slot, const Device& device);

  PipelineOptions options_;
  PipelineListener& listener_;
  bool filters_data_;
  DeviceTable devices_;
  Slab<State> states_;
  PresenceTracker presence_;
  Slab<AreaMachine> areas_;  // as many as devices, if there are areas
  BeaconTracker beacons_;
  std::vector<uint32_t> free_beacons_;
  uint32_t beacon_devices_ = 0;
  VisitTracker visits_;
  TrafficCounter traffic_;
  Decoded decoded_;
  PipelineStatistics statistics_;
  TimePoint now_;
};

}  // namespace moor
