#pragma once
// What happens in the gateway, with the names under which it is kept and shown: made once, for the store, for brokers, webhooks, the
// dashboard and the log. Nothing of it holds an address, unless the configuration keeps that.

#include "moor/gatt.hpp"
#include "moor/pipeline.hpp"
#include "moor/session.hpp"
#include "moor/store_rows.hpp"

namespace moor {

/// The slot of a device that is not in the table: one that did not come back after a restart.
inline constexpr DeviceSlot no_slot = ~DeviceSlot{0};

/// A device moved from a zone to another.
struct ZoneEvent {
  TimePoint time;
  DeviceSlot slot = 0;
  VisitorId visitor = 0;
  std::string device;  ///< identity
  std::string name;    ///< configured, else advertised, else empty
  std::string from;    ///< the zone's name; empty is none
  std::string to;
  PresenceEvent event = PresenceEvent::none;
  std::string cause;  ///< "rssi", "radio" (another radio owns it), "lost", "filter", "restart"
  std::optional<double> smoothed_dbm;
  std::optional<double> distance_m;
  std::string detail;  ///< for people: "entered near: 3 readings in a row, smoothed -67.9 dBm is above -70 dBm"
};

/// A visit that began, or has ended.
struct VisitEvent {
  std::string device;
  std::string name;
  std::string zone;
  TimePoint entered;
  std::optional<TimePoint> left;  ///< empty when it begins
  uint32_t breaks = 0;
};

/// A value of a connected device.
struct SensorValue {
  TimePoint time;
  std::string sensor;  ///< the name of its [[sensor]]
  Address address;
  std::string device;  ///< identity
  std::string name;
  Uuid characteristic;
  std::vector<uint8_t> value;
  bool notified = false;
  std::string decoded;            ///< for people: "21.4 °C"; empty where the characteristic is not known
  std::vector<Reading> readings;  ///< those of its fields that are quantities
};

/// How a sensor is doing.
struct SensorState {
  enum class Phase : uint8_t { waiting, queued, connecting, connected, failed };
  std::string sensor;
  std::optional<Address> address;  ///< none while nothing that fits has been heard
  std::string device;
  std::string name;
  Phase phase = Phase::waiting;
  std::string radio;    ///< that the link is over; empty without one
  std::string problem;  ///< with advice; empty where all is well
  TimePoint since;      ///< in this phase
  std::optional<TimePoint> last_value;
  SessionReport report;
};
[[nodiscard]] const char* to_string(SensorState::Phase phase) noexcept;

/// Told of everything, on the radios' executor; must not block.
class GatewayListener : public PipelineListener {
public:
  /// Each advertisement that counts, of all radios: also of those that do not own the device.
  virtual void on_heard(DeviceSlot, const Device&, const Sighting&) {}
  virtual void on_zone(const ZoneEvent&) {}
  virtual void on_visit_began(const VisitEvent&) {}
  virtual void on_visit_ended(const VisitEvent&) {}
  virtual void on_sensor_value(const SensorValue&) {}
  virtual void on_sensor(const SensorState&) {}
  /// A link came, went or failed: of sensors, and of the explorer.
  virtual void on_connection(const ConnectionRow&) {}
};

}  // namespace moor
