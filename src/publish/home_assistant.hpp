#pragma once
// Which devices Home Assistant is told of, and when: after the connection, once what other gateways have said is known; when something of a device is
// new; again after Home Assistant's birth message; and that a device is no more. Without I/O.
//
// What is retained at the broker is the gateways' common memory: each adds itself to it, and takes itself out. It says its own words once after
// each start, and then takes what others say, so that two of different versions do not argue.

#include "mqtt/client.hpp"
#include "publish/discovery.hpp"

#include <map>
#include <optional>
#include <random>

namespace moor::publish {

struct HomeAssistantOptions {
  EntityOptions entities;
  Duration settle = std::chrono::seconds(2);      ///< for retained messages to come in after the connection
  Duration jitter = std::chrono::seconds(5);      ///< after a birth message, at most: gateways do not all speak at once
  Duration forget_after = std::chrono::hours(1);  ///< what was published earlier, and might still be heard, goes then
  size_t most = 10'000;                           ///< devices
  bool discovery = true;                          ///< false: what was published earlier is taken back, and nothing else is
  bool finds_devices = false;                     ///< configured ones may become known only later, as those of a sensor's service
};

class HomeAssistant {
public:
  HomeAssistant(Topics topics, HomeAssistantOptions options, uint64_t seed);

  /// What to subscribe to: the birth message, and what gateways have published.
  [[nodiscard]] std::vector<std::string> filters() const;

  /// A device is known, or something of it is new. The same again costs little.
  void present(const EntityDevice& device);
  /// A beacon that is not around any more. Of a configured device it does nothing.
  void gone(const std::string& id);

  void on_connected(TimePoint now);
  void on_disconnected() noexcept;
  void on_message(const mqtt::Message& message, TimePoint now);

  /// What to publish now; `on_published` for each one that was.
  [[nodiscard]] std::optional<mqtt::Message> next(TimePoint now);
  void on_published(const mqtt::Message& message);

  [[nodiscard]] size_t devices() const noexcept { return devices_.size(); }

private:
  struct Entry {
    EntityDevice device;
    boost::json::object ours;
    bool dirty = true;
    bool spoken = false;  // our own words have been published since the start
  };
  void on_birth(TimePoint now);
  void on_config(std::string_view object, std::string_view payload);
  void look_for_leftovers(TimePoint now);
  [[nodiscard]] std::string wanted(const std::string& object, Entry& entry);

  Topics topics_;
  HomeAssistantOptions options_;
  std::mt19937_64 random_;
  std::map<std::string, Entry> devices_;                 // by object id
  std::map<std::string, boost::json::object> retained_;  // at the broker, as far as is known; of devices of some moor
  std::set<std::string> leaving_;                        // objects that this gateway has to leave
  std::set<std::string> dirty_;
  bool connected_ = false;
  bool gateway_dirty_ = true;
  bool gateway_retained_ = false;  // this one, as a device
  TimePoint ready_;                // nothing is published before
  TimePoint begun_;
  bool has_begun_ = false;
  bool looked_ = false;       // for leftovers of configured devices
  bool looked_late_ = false;  // and for those that might still have been heard
};

}  // namespace moor::publish
