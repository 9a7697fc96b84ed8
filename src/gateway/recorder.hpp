#pragma once
// What goes into the store: every reading that differs from the last, every zone event, visit and link, and the sums of devices, minutes and
// beacons, in slices small enough that no advertisement waits for them.

#include "gateway/events.hpp"
#include "gateway/identities.hpp"
#include "gateway/minutes.hpp"
#include "gateway/places.hpp"
#include "moor/store.hpp"

namespace moor {

class Recorder final : public GatewayListener {
public:
  static constexpr Duration repeat_readings_after = std::chrono::minutes(1);  ///< a value that stays is stored this often

  /// @param radios  their names, by RadioId. All references must outlive it.
  Recorder(Store& store, Identities& identities, const Places& places, Clock& clock, const GatewayConfig& config,
           std::vector<std::string> radios);

  void on_forgotten(DeviceSlot slot, const Device& device) override;
  void on_heard(DeviceSlot slot, const Device& device, const Sighting& sighting) override;
  void on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) override;
  void on_beacon(const BeaconEvent& event) override;
  void on_zone(const ZoneEvent& event) override;
  void on_visit_began(const VisitEvent& event) override;
  void on_visit_ended(const VisitEvent& event) override;
  void on_traffic(const ZoneTraffic& row) override;
  void on_sensor_value(const SensorValue& value) override;
  void on_connection(const ConnectionRow& row) override;

  /// Stores what has become known of some of the devices and beacons since it last came to them; to be called each second. It comes to each
  /// device every ten seconds, where there are very many every forty.
  void slice(const Pipeline& pipeline, TimePoint now);
  /// The same for all of them, and for the minute that goes on.
  void sweep(const Pipeline& pipeline, TimePoint now);

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
  void store_device(DeviceSlot slot, const Device& device, std::optional<double> smoothed_dbm);
  void store_beacon(const TrackedBeacon& beacon);
  void store_minute(const Device& device, const Minutes::Part& part);

  Store& store_;
  Identities& identities_;
  const Places& places_;
  Clock& clock_;
  const GatewayConfig& config_;
  std::vector<std::string> radios_;
  bool publishes_;              // somebody wants messages
  DeviceSlot next_device_ = 0;  // of the next slice
  size_t next_beacon_ = 0;
  TimePoint beacons_at_;
  Minutes minutes_;
  Slab<Stored> stored_;
  boost::unordered_flat_map<uint64_t, StoredReading> readings_;                             // by slot, quantity and index
  boost::unordered_flat_map<BeaconIdentity, uint64_t, std::hash<BeaconIdentity>> beacons_;  // sightings stored
};

}  // namespace moor
