#include "publish/discovery.hpp"

#include "moor/version.hpp"
#include "publish/quantities.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

namespace moor::publish {

namespace json = boost::json;

namespace {

constexpr std::string_view inputs[] = {
    "press", "double_press", "triple_press", "long_press",  "long_double_press", "long_triple_press",
    "hold",  "release",      "rotate_left",  "rotate_right"};

json::object component(std::string_view platform, const std::string& unique_id, std::string_view name) {
  return {{"p", platform}, {"unique_id", unique_id}, {"name", name}};
}

void set_unless_empty(json::object& into, std::string_view key, std::string_view text) {
  if (!text.empty()) into[key] = text;
}

json::object tracker(const std::string& object) {
  json::object entity = component("device_tracker", object + "_tracker", "Zone");
  entity["source_type"] = "bluetooth_le";
  entity["value_template"] = "{{ value_json.zone if value_json.zone else 'not_home' }}";
  entity["json_attributes_template"] =
      "{{ {'zone': value_json.zone, 'range': value_json.range, 'distance_m': value_json.distance_m, 'gateway': "
      "value_json.gateway, "
      "'radio': value_json.radio, 'last_seen': value_json.last_seen} | tojson }}";
  return entity;
}

json::object presence(const std::string& object) {
  json::object entity = component("binary_sensor", object + "_here", "Present");
  entity["device_class"] = "presence";
  entity["value_template"] = "{{ 'ON' if value_json.zone else 'OFF' }}";
  return entity;
}

json::object diagnostic_number(const std::string& unique_id, std::string_view name, std::string_view device_class,
                               std::string_view unit, std::string_view member) {
  json::object entity = component("sensor", unique_id, name);
  entity["device_class"] = device_class;
  entity["state_class"] = "measurement";
  entity["unit_of_measurement"] = unit;
  entity["value_template"] = fmt::format("{{{{ value_json.{0} if value_json.{0} is not none else 'None' }}}}", member);
  entity["entity_category"] = "diagnostic";
  entity["enabled_by_default"] = false;  // it changes with every state, and few want that in their database
  return entity;
}

// A text of it where the device has said it lately, else "None", which Home Assistant shows as unknown.
std::string reading_template(Quantity quantity, const std::string& key, Platform platform) {
  const std::string value = fmt::format("value_json.readings['{}']", key);
  std::string told = fmt::format("{{{{ {} }}}}", value);
  if (platform == Platform::binary_sensor) told = fmt::format("{{{{ 'ON' if {} else 'OFF' }}}}", value);
  if (quantity == Quantity::timestamp)
    told = fmt::format("{{{{ {} | int | timestamp_custom('%Y-%m-%dT%H:%M:%S+00:00', false) }}}}", value);
  return fmt::format("{{% if '{}' in value_json.readings %}}{}{{% else %}}None{{% endif %}}", key, told);
}

json::object reading_entity(const EntityDevice& device, const std::string& object, Quantity quantity, uint8_t index,
                            const EntityKind& kind, const Topics& topics, const EntityOptions& options) {
  const std::string key = reading_key(quantity, index);
  const auto platform = kind.platform == Platform::sensor  ? "sensor"
                        : kind.platform == Platform::event ? "event"
                                                           : "binary_sensor";
  json::object entity = component(platform, object + "_" + key, reading_title(quantity, index));
  set_unless_empty(entity, "device_class", kind.device_class);
  if (kind.diagnostic) entity["entity_category"] = "diagnostic";
  if (kind.platform == Platform::event) {
    entity["state_topic"] = topics.input(device.id, key);
    entity["event_types"] = json::array(std::begin(inputs), std::end(inputs));
    return entity;
  }
  set_unless_empty(entity, "state_class", kind.state_class);
  set_unless_empty(entity, "unit_of_measurement", kind.unit);
  entity["value_template"] = reading_template(quantity, key, kind.platform);
  if (options.expire_after > Duration::zero()) entity["expire_after"] = static_cast<int64_t>(to_seconds(options.expire_after));
  return entity;
}

json::object origin() {
  return {{"name", "moor"}, {"sw", version}};
}

json::array availability(const std::set<std::string>& topics) {
  json::array list;
  for (const std::string& topic : topics) list.push_back(json::object{{"topic", topic}});
  return list;
}

void set_publishers(json::object& config, const std::set<std::string>& publishers) {
  config["availability"] = availability(publishers);
  // A device that several gateways hear is behind none of them.
  if (publishers.size() > 1)
    if (json::value* const device = config.if_contains("dev"); device != nullptr && device->is_object())
      device->get_object().erase("via_device");
}

// Members of `from` that `into` does not have; of both, `into`'s counts.
void add_missing(json::object& into, const json::object& from) {
  for (const auto& member : from)
    if (!into.contains(member.key())) into[member.key()] = member.value();
}

}  // namespace

std::string object_id(const EntityDevice& device) {
  return (device.configured ? "moor_" : "moor_beacon_") + slug(device.id);
}

std::string gateway_object_id(const Topics& topics) {
  return "moor_gateway_" + topics.gateway();
}

std::string config_topic(const EntityOptions& options, std::string_view object) {
  return fmt::format("{}/device/{}/config", options.prefix, object);
}

json::object device_config(const EntityDevice& device, const Topics& topics, const EntityOptions& options) {
  const std::string object = object_id(device);
  json::object dev{{"ids", json::array{object}}, {"name", device.name.empty() ? device.id : device.name}};
  // Pushed, not listed: a list of one array is that array to clang, and holds it to g++ (CWG 2137).
  if (!device.address.empty()) dev["cns"].emplace_array().emplace_back(json::array{"bluetooth", device.address});
  set_unless_empty(dev, "mdl", device.model);
  dev["via_device"] = gateway_object_id(topics);
  json::object components;
  components["tracker"] = tracker(object);
  components["here"] = presence(object);
  components["rssi"] = diagnostic_number(object + "_rssi", "Signal strength, smoothed", "signal_strength", "dBm", "smoothed");
  components["distance"] = diagnostic_number(object + "_distance", "Distance to the radio", "distance", "m", "distance_m");
  for (const auto& [quantity, index] : device.readings) {
    const EntityKind kind = entity_kind(quantity);
    if (kind.platform == Platform::none) continue;
    components["reading_" + reading_key(quantity, index)] =
        reading_entity(device, object + "_reading", quantity, index, kind, topics, options);
  }
  // Of the attributes' topic Home Assistant has no shared option.
  components["tracker"].as_object()["json_attributes_topic"] = topics.shared_state(device.id);
  json::object config;
  config["dev"] = std::move(dev);
  config["o"] = origin();
  config["cmps"] = std::move(components);
  config["state_topic"] = topics.shared_state(device.id);
  config["availability_mode"] = "any";
  set_publishers(config, {topics.status()});
  config["qos"] = 1;
  return config;
}

json::object gateway_config(const Topics& topics, const EntityOptions& options) {
  const std::string object = gateway_object_id(topics);
  json::object entity = component("binary_sensor", object + "_connectivity", "Connected");
  entity["device_class"] = "connectivity";
  entity["entity_category"] = "diagnostic";
  entity["payload_on"] = "online";
  entity["payload_off"] = "offline";
  return {{"dev", json::object{{"ids", json::array{object}},
                               {"name", "moor " + options.gateway_name},
                               {"mf", "moor"},
                               {"mdl", "Bluetooth gateway"},
                               {"sw", version}}},
          {"o", origin()},
          {"cmps", json::object{{"connectivity", std::move(entity)}}},
          {"state_topic", topics.status()},
          {"qos", 1}};
}

bool is_of_moor(const json::object& config) {
  const json::value* const origin = config.if_contains("o");
  const json::object* const entries = origin == nullptr ? nullptr : origin->if_object();
  const json::value* const name = entries == nullptr ? nullptr : entries->if_contains("name");
  return name != nullptr && name->is_string() && name->get_string() == "moor";
}

std::set<std::string> publishers_of(const json::object& config) {
  std::set<std::string> topics;
  const json::value* const list = config.if_contains("availability");
  if (list == nullptr || !list->is_array()) return topics;
  for (const json::value& each : list->get_array()) {
    const json::object* const entry = each.if_object();
    const json::value* const topic = entry == nullptr ? nullptr : entry->if_contains("topic");
    if (topic != nullptr && topic->is_string()) topics.emplace(topic->get_string());
  }
  return topics;
}

json::object merged(const json::object& ours, const json::object& theirs, bool ours_first) {
  json::object result = ours_first ? ours : theirs;
  const json::object& other = ours_first ? theirs : ours;
  add_missing(result, other);
  for (const std::string_view part : {"dev", "cmps"}) {
    json::value* const into = result.if_contains(part);
    const json::value* const from = other.if_contains(part);
    if (into != nullptr && from != nullptr && into->is_object() && from->is_object())
      add_missing(into->get_object(), from->get_object());
  }
  std::set<std::string> publishers = publishers_of(ours);
  publishers.merge(publishers_of(theirs));
  set_publishers(result, publishers);
  return result;
}

json::object without(json::object config, std::string_view status_topic) {
  std::set<std::string> publishers = publishers_of(config);
  publishers.erase(std::string(status_topic));
  if (publishers.empty()) return {};
  set_publishers(config, publishers);
  return config;
}

}  // namespace moor::publish
