#pragma once
// What of the pipeline goes into the store: every reading that differs from the last, every zone event and visit, and now and then the sums of
// devices and beacons.

#include "gateway/identities.hpp"
#include "moor/pipeline.hpp"
#include "moor/store.hpp"

namespace moor {

class Recorder final : public PipelineListener {
public:
  static constexpr Duration repeat_readings_after = std::chrono::minutes(1);  ///< a value that stays is stored this often

  /// @param traffic_interval  the length of the intervals that the pipeline counts by.
  Recorder(Store& store, Identities& identities, Clock& clock, Duration traffic_interval)
      : store_(store), identities_(identities), clock_(clock), traffic_interval_(traffic_interval) {}

  void on_forgotten(DeviceSlot slot, const Device& device) override;
  void on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) override;
  void on_beacon(const BeaconEvent& event) override;
  void on_presence(const Device& device, const PresenceReading& reading, VisitorId visitor) override;
  void on_visit(const Visit& visit) override;
  void on_traffic(const ZoneTraffic& row) override;

  /// Stores what has become known of devices and beacons since it was last called.
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
  Clock& clock_;
  Duration traffic_interval_;
  Slab<Stored> stored_;
  boost::unordered_flat_map<uint64_t, StoredReading> readings_;                             // by slot, quantity and index
  boost::unordered_flat_map<BeaconIdentity, uint64_t, std::hash<BeaconIdentity>> beacons_;  // sightings stored
};

}  // namespace moor
