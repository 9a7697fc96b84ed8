#pragma once
// What goes into the store: every reading that differs from the last, every zone event and visit, and the sums of devices and beacons, in
// slices small enough that no advertisement waits for them.

#include "gateway/events.hpp"
#include "gateway/identities.hpp"
#include "gateway/places.hpp"
#include "moor/store.hpp"

namespace moor {

class Recorder final : public GatewayListener {
public:
  static constexpr Duration repeat_readings_after = std::chrono::minutes(1);  ///< a value that stays is stored this often

  /// @param traffic_interval  the length of the intervals that the pipeline counts by.
  Recorder(Store& store, Identities& identities, const Places& places, Clock& clock, Duration traffic_interval)
      : store_(store), identities_(identities), places_(places), clock_(clock), traffic_interval_(traffic_interval) {}

  void on_forgotten(DeviceSlot slot, const Device& device) override;
  void on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) override;
  void on_beacon(const BeaconEvent& event) override;
  void on_zone(const ZoneEvent& event) override;
  void on_visit_began(const VisitEvent& event) override;
  void on_visit_ended(const VisitEvent& event) override;
  void on_traffic(const ZoneTraffic& row) override;

  /// Stores what has become known of some of the devices and beacons since it last came to them; to be called each second.
  void slice(const Pipeline& pipeline, TimePoint now);
  /// The same for all of them.
  void sweep(const Pipeline& pipeline);

private:
  // What the store knows of a device already.
  struct Stored {
    uint32_t sightings = 0;
    uint32_t samples = 0;
    double sum_dbm = 0;
  };
  struct StoredReading {
    double value = 0;
    TimePoint time;
  };
  void store_device(DeviceSlot slot, const Device& device);
  void store_beacon(const TrackedBeacon& beacon);

  Store& store_;
  Identities& identities_;
  const Places& places_;
  Clock& clock_;
  Duration traffic_interval_;
  DeviceSlot next_device_ = 0;  // of the next slice
  size_t next_beacon_ = 0;
  Slab<Stored> stored_;
  boost::unordered_flat_map<uint64_t, StoredReading> readings_;                             // by slot, quantity and index
  boost::unordered_flat_map<BeaconIdentity, uint64_t, std::hash<BeaconIdentity>> beacons_;  // sightings stored
};

}  // namespace moor
