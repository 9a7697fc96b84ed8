#pragma once
// What the gateway knows of each device now, beyond its advertisements: for those that show it or publish it. Indexed by slot.

#include "gateway/events.hpp"
#include "gateway/identities.hpp"
#include "gateway/places.hpp"

#include <memory>

namespace moor {

/// The newest value of a quantity of a device, advertised or read.
struct CurrentReading {
  Quantity quantity{};
  uint8_t index = 0;
  double value = 0;
  TimePoint time;
};

struct DeviceStatus {
  std::string identity;       ///< under which it is kept now
  std::string name;           ///< configured, else advertised, else empty
  bool own = false;           ///< named by [[device]] or [[key]]: it may become an entity of other systems
  TimePoint first_seen;       ///< also before a restart, as far as it is known
  std::string zone;           ///< the zone's name; empty for none
  std::optional<Zone> range;  ///< immediate, near or far, whatever the zone's name
  std::optional<TimePoint> zone_since;
  std::optional<double> smoothed_dbm;
  std::optional<DistanceEstimate> distance;
  std::optional<TimePoint> last_reading;  ///< of presence
  std::vector<CurrentReading> readings;   ///< by quantity and index
};

class Board final : public GatewayListener {
public:
  Board(Identities& identities, const Places& places) : identities_(identities), places_(places) {}

  /// Null for a slot without a device.
  [[nodiscard]] const DeviceStatus* find(DeviceSlot slot) const noexcept;

  void on_device(DeviceSlot slot, const Device& device) override;
  void on_recalled(DeviceSlot slot, const Device& device, const Recalled& recalled) override;
  void on_forgotten(DeviceSlot slot, const Device& device) override;
  void on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) override;
  void on_presence(const Device& device, const PresenceReading& reading, VisitorId visitor) override;
  void on_zone(const ZoneEvent& event) override;
  void on_sensor_value(const SensorValue& value) override;

private:
  Identities& identities_;
  const Places& places_;
  std::vector<std::unique_ptr<DeviceStatus>> devices_;
};

}  // namespace moor
