#pragma once
// The beacons around, each by who it says it is: how near, since when, how it is. Two addresses with one identity are one beacon,
// and an address that sends several identities is several. Telemetry, which names nobody, belongs to the identity heard last from
// the same address; heard alone, it is listed on its own until the address says who it is.
//
// A machine without I/O: time is a parameter. The beacons are kept in the order in which they were heard, so what has been silent
// for too long, and what has to go when there are too many, is always the first. A sighting costs no allocation once as many
// beacons and devices have been seen, and one with the same payload as the device's last costs no decoding either:
//
//   if (new_payload || !tracker.on_repeat(slot, sighting, emit)) {
//     decode(AdvertisementData(sighting.payload()), decoded);
//     tracker.on_decoded(slot, sighting, decoded, emit);
//   }

#include "moor/decoder.hpp"
#include "moor/presence.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

namespace moor {

struct TrackedBeacon {
  BeaconFrame frame;  ///< as it was heard last; telemetry only where nothing says whose it is
  Address address;    ///< the one it was last heard from
  RadioId radio = 0;  ///< likewise
  TimePoint first_seen;
  TimePoint last_seen;
  uint64_t sightings = 0;     ///< of its identity and its telemetry
  int8_t rssi_dbm = no_rssi;  ///< of the last sighting

  std::optional<double> smoothed_dbm;        ///< over all radios
  std::optional<DistanceEstimate> distance;  ///< from its power at 1 m, or the default where it has none that can be meant
  std::optional<Zone> zone;                  ///< empty before enough readings

  std::optional<EddystoneTlm> telemetry;  ///< the latest
  TimePoint telemetry_time;

  [[nodiscard]] BeaconType type() const noexcept { return type_of(frame); }
};

struct BeaconEvent {
  enum class Kind : uint8_t {
    appeared,
    expired,   ///< silent for `PresenceOptions::lost_after`
    absorbed,  ///< telemetry heard alone whose beacon has now been heard, and has taken it over
    evicted,   ///< the longest silent, to make room
  };
  Kind kind;
  TimePoint time;  ///< when it came to be: an expiry, at last_seen + lost_after
  const TrackedBeacon& beacon;
};

/// "appeared", "expired", "absorbed" or "evicted".
[[nodiscard]] const char* to_string(BeaconEvent::Kind kind) noexcept;

struct BeaconTrackerOptions {
  PresenceOptions presence = {};
  size_t max_beacons = 4096;
};

/// What became of all that was heard.
struct BeaconTrackerStatistics {
  uint64_t sightings = 0;  ///< of beacons
  uint64_t repeated = 0;   ///< of those, the ones taken by `on_repeat`
  uint64_t appeared = 0;
  uint64_t expired = 0;
  uint64_t absorbed = 0;
  uint64_t evicted = 0;
};

class BeaconTracker {
public:
  /// @throws UsageError if the options make no sense.
  explicit BeaconTracker(const BeaconTrackerOptions& options = {});

  /// Takes what a new payload of a device says. Beacons that have expired by the sighting's time go first. A sighting older than
  /// the one before it counts as heard at the same moment.
  /// @param device  the device's slot; slots must be dense.
  /// @param emit    void(const BeaconEvent&); the beacon is valid during the call.
  template <typename Emit>
  void on_decoded(DeviceSlot device, const Sighting& sighting, const Decoded& decoded, Emit&& emit) {
    expire(sighting.time, emit);
    for (const BeaconFrame& frame : decoded.frames()) {
      const Taken taken = take(device, sighting, frame);
      if (taken.appeared != nullptr) emit(BeaconEvent{BeaconEvent::Kind::appeared, now_, *taken.appeared});
      if (taken.absorbed != nullptr) emit(BeaconEvent{BeaconEvent::Kind::absorbed, now_, *taken.absorbed});
      if (const TrackedBeacon* gone = shrink()) emit(BeaconEvent{BeaconEvent::Kind::evicted, now_, *gone});
    }
    remember(device, sighting, decoded);
  }

  /// Takes a sighting whose payload is the same as that of the last `on_decoded` of this device; advertisements and scan
  /// responses are remembered apart.
  /// @returns false, and takes nothing, where that is not known any more: decode the payload and call `on_decoded`.
  template <typename Emit>
  [[nodiscard]] bool on_repeat(DeviceSlot device, const Sighting& sighting, Emit&& emit) {
    expire(sighting.time, emit);
    return repeat(device, sighting);
  }

  /// Lets time pass: beacons that have been silent too long go, in the order of their expiry.
  template <typename Emit>
  void advance(TimePoint now, Emit&& emit) {
    expire(now, emit);
    settle();
  }

  /// `advance` has nothing to do before this moment; TimePoint::max() without beacons.
  [[nodiscard]] TimePoint next_deadline() const noexcept;
  /// The slot is given to another device. Beacons stay until they expire.
  void forget(DeviceSlot device) noexcept;

  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] size_t count(BeaconType type) const noexcept { return counts_[static_cast<size_t>(type)]; }
  [[nodiscard]] const TrackedBeacon* find(const BeaconIdentity& identity) const noexcept;
  /// All of them, in the order in which they appeared; valid until the next call that takes or lets pass.
  [[nodiscard]] std::vector<const TrackedBeacon*> beacons() const;
  [[nodiscard]] const BeaconTrackerStatistics& statistics() const noexcept { return statistics_; }
  [[nodiscard]] const BeaconTrackerOptions& options() const noexcept { return options_; }

private:
  using Index = uint32_t;
  static constexpr Index none = ~Index{0};

  struct Entry {
    TrackedBeacon beacon;
    std::optional<BeaconIdentity> identity;  // none for telemetry alone
    uint64_t number = 0;                     // of its appearance, counted from 1; 0 while the entry is free
    Index older = none;                      // in the order of hearing
    Index newer = none;                      // likewise; of a free entry, the next free one
  };
  // A beacon as something else remembers it: the number tells when the entry serves another.
  struct Reference {
    Index index = none;
    uint64_t number = 0;
  };
  struct Payload {
    enum class Says : uint8_t { unknown, nothing, beacon };
    Says says = Says::unknown;
    Reference beacon;
  };
  struct DeviceRecord {
    std::array<Payload, 2> payloads;  // advertisement, scan response
    Reference identity;               // heard last
    Reference lone_telemetry;
  };
  struct Taken {
    const TrackedBeacon* appeared = nullptr;
    const TrackedBeacon* absorbed = nullptr;
  };

  template <typename Emit>
  void expire(TimePoint time, Emit&& emit) {
    now_ = std::max(now_, time);
    while (const TrackedBeacon* gone = next_expired())
      emit(BeaconEvent{BeaconEvent::Kind::expired, gone->last_seen + options_.presence.lost_after, *gone});
  }
  [[nodiscard]] const TrackedBeacon* next_expired();
  [[nodiscard]] const TrackedBeacon* shrink();
  void settle();

  Taken take(DeviceSlot device, const Sighting& sighting, const BeaconFrame& frame);
  Taken take_identity(DeviceRecord& device, const BeaconIdentity& identity, const BeaconFrame& frame, const Sighting& sighting);
  Taken take_telemetry(DeviceRecord& device, const EddystoneTlm& telemetry, const Sighting& sighting);
  void remember(DeviceSlot device, const Sighting& sighting, const Decoded& decoded);
  [[nodiscard]] bool repeat(DeviceSlot device, const Sighting& sighting);

  [[nodiscard]] Index add(const BeaconFrame& frame, const std::optional<BeaconIdentity>& identity);
  [[nodiscard]] const TrackedBeacon& remove(Index index);
  void hear(Index index, const Sighting& sighting);
  void link_newest(Index index) noexcept;
  void unlink(Index index) noexcept;
  void apply(const PresenceReading& reading) noexcept;
  [[nodiscard]] bool is_alive(const Reference& reference) const noexcept;
  [[nodiscard]] Reference reference_to(Index index) const noexcept { return {index, entries_[index].number}; }

  BeaconTrackerOptions options_;
  PresenceTracker presence_;  // by entry
  Slab<Entry, 64> entries_;
  Index entries_used_ = 0;
  Index first_free_ = none;
  Index oldest_ = none;  // heard
  Index newest_ = none;
  boost::unordered_flat_map<BeaconIdentity, Index, std::hash<BeaconIdentity>> by_identity_;
  Slab<DeviceRecord> devices_;
  TrackedBeacon gone_;  // what has just been removed, for its event
  std::array<size_t, beacon_type_count> counts_{};
  size_t size_ = 0;
  TimePoint now_;
  BeaconTrackerStatistics statistics_;
};

}  // namespace moor
