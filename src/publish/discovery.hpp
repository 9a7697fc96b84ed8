#pragma once
// Home Assistant's device-based discovery: one retained message for each device at PREFIX/device/OBJECT/config, with all its entities
// (home-assistant.io/integrations/mqtt, "Device discovery payload"). Without I/O; `HomeAssistant` decides when.

#include "moor/reading.hpp"
#include "moor/time.hpp"
#include "publish/topics.hpp"

#include <boost/json/object.hpp>
#include <set>
#include <string>
#include <utility>

namespace moor::publish {

struct EntityOptions {
  std::string prefix = "homeassistant";
  Duration expire_after = std::chrono::minutes(30);  ///< of readings; 0: never
  std::string gateway_name;                          ///< as configured
};

/// A device as Home Assistant is to know it.
struct EntityDevice {
  std::string id;           ///< identity
  std::string name;         ///< empty: its id
  std::string model{};      ///< such as "BTHome"
  std::string address{};    ///< empty where it may not be told, or changes
  bool configured = false;  ///< else it is a beacon that happens to be heard
  std::set<std::pair<Quantity, uint8_t>> readings{};
  friend bool operator==(const EntityDevice&, const EntityDevice&) = default;
};

/// The OBJECT of a device's topic, and the beginning of its unique ids: the same from every gateway, which makes it one device there.
[[nodiscard]] std::string object_id(const EntityDevice& device);
[[nodiscard]] std::string gateway_object_id(const Topics& topics);
[[nodiscard]] std::string config_topic(const EntityOptions& options, std::string_view object);

/// What one gateway says of a device.
[[nodiscard]] boost::json::object device_config(const EntityDevice& device, const Topics& topics, const EntityOptions& options);
/// The gateway itself, as a device.
[[nodiscard]] boost::json::object gateway_config(const Topics& topics, const EntityOptions& options);

/// Whether a moor has published it.
[[nodiscard]] bool is_of_moor(const boost::json::object& config);
/// Topics of the gateways that publish the device.
[[nodiscard]] std::set<std::string> publishers_of(const boost::json::object& config);
/// Two gateways' words on one device: what `ours` has and `theirs` does not is added, and all gateways together make it available.
/// @param ours_first  where both say something else, `ours` counts.
[[nodiscard]] boost::json::object merged(const boost::json::object& ours, const boost::json::object& theirs, bool ours_first);
/// The same without the gateway of that status topic; empty if no other is left.
[[nodiscard]] boost::json::object without(boost::json::object config, std::string_view status_topic);

}  // namespace moor::publish
