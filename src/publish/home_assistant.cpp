#include "publish/home_assistant.hpp"

#include "core/json_text.hpp"

#include <boost/json.hpp>

namespace moor::publish {

namespace json = boost::json;

namespace {

constexpr std::string_view ours_begin = "moor_";
constexpr std::string_view beacons_begin = "moor_beacon_";
constexpr std::string_view gateways_begin = "moor_gateway_";

}  // namespace

HomeAssistant::HomeAssistant(Topics topics, HomeAssistantOptions options, uint64_t seed)
    : topics_(std::move(topics)), options_(std::move(options)), random_(seed) {}

std::vector<std::string> HomeAssistant::filters() const {
  return {options_.entities.prefix + "/status", options_.entities.prefix + "/device/+/config"};
}

void HomeAssistant::present(const EntityDevice& device) {
  if (!options_.discovery) return;
  const std::string object = object_id(device);
  auto found = devices_.find(object);
  if (found != devices_.end() && found->second.device == device) return;
  if (found == devices_.end()) {
    if (devices_.size() >= options_.most) return;
    found = devices_.try_emplace(object).first;
    found->second.device = device;
  } else {
    Entry& entry = found->second;
    EntityDevice next = device;
    next.readings.merge(entry.device.readings);  // what it has said once it can say again
    if (next.model.empty()) next.model = entry.device.model;
    if (entry.device == next) return;
    entry.device = std::move(next);
    entry.spoken = false;
  }
  found->second.ours = device_config(found->second.device, topics_, options_.entities);
  leaving_.erase(object);
  dirty_.insert(object);
}

void HomeAssistant::gone(const std::string& id) {
  const std::string object = object_id({.id = id, .name = {}});
  if (devices_.erase(object) == 0) return;
  dirty_.erase(object);
  leaving_.insert(object);
}

void HomeAssistant::on_connected(TimePoint now) {
  connected_ = true;
  ready_ = now + options_.settle;
  if (!std::exchange(has_begun_, true)) begun_ = now;
  gateway_dirty_ = true;
  gateway_retained_ = false;
  retained_.clear();
  // What the broker has kept comes now. Who has lost its memory gets everything again.
  for (const auto& [object, entry] : devices_) dirty_.insert(object);
}

void HomeAssistant::on_disconnected() noexcept {
  connected_ = false;
}

void HomeAssistant::on_message(const mqtt::Message& message, TimePoint now) {
  const std::string_view topic = message.topic;
  const std::string& prefix = options_.entities.prefix;
  if (topic == prefix + "/status") {
    if (message.payload == "online" && !message.retain) on_birth(now);
    return;
  }
  const std::string begin = prefix + "/device/";
  constexpr std::string_view end = "/config";
  if (topic.starts_with(begin) && topic.ends_with(end) && topic.size() > begin.size() + end.size())
    on_config(topic.substr(begin.size(), topic.size() - begin.size() - end.size()), message.payload);
}

void HomeAssistant::on_birth(TimePoint now) {
  const auto jitter = static_cast<uint64_t>(options_.jitter.count()) + 1;
  ready_ = std::max(ready_, now + Duration(static_cast<Duration::rep>(random_() % jitter)));
  gateway_dirty_ = true;
  for (auto& [object, entry] : devices_) {
    entry.dirty = true;
    dirty_.insert(object);
  }
}

void HomeAssistant::on_config(std::string_view object, std::string_view payload) {
  const bool is_gateway = object.starts_with(gateways_begin);
  if (!object.starts_with(ours_begin) || (is_gateway && object != gateway_object_id(topics_))) return;
  std::string key(object);
  boost::system::error_code error;
  const json::value value =
      payload.empty() ? json::value() : json::parse(json::string_view(payload.data(), payload.size()), error);
  if (is_gateway) {
    gateway_retained_ = !error && value.is_object() && is_of_moor(value.get_object());
    return;
  }
  const bool known = devices_.contains(key);
  if (error || !value.is_object()) {
    retained_.erase(key);
  } else {
    if (!known && retained_.size() >= 2 * options_.most) return;
    retained_[key] = value.get_object();
  }
  if (known) dirty_.insert(std::move(key));
}

// What this gateway published in an earlier life, and does not know any more.
void HomeAssistant::look_for_leftovers(TimePoint now) {
  const bool late = now - begun_ >= options_.forget_after;
  if (looked_ && (!late || looked_late_)) return;
  looked_ = true;
  looked_late_ = late;
  for (const auto& [object, config] : retained_) {
    if (devices_.contains(object) || !is_of_moor(config) || !publishers_of(config).contains(topics_.status())) continue;
    const bool may_come = options_.discovery && (options_.finds_devices || std::string_view(object).starts_with(beacons_begin));
    if (late || !may_come) leaving_.insert(object);
  }
}

std::string HomeAssistant::wanted(const std::string& object, Entry& entry) {
  const auto retained = retained_.find(object);
  if (retained == retained_.end()) return to_line(entry.ours);
  const std::set<std::string> publishers = publishers_of(retained->second);
  const bool alone = publishers.empty() || (publishers.size() == 1 && publishers.contains(topics_.status()));
  // What it has said in an earlier life it will say again, so its entities stay.
  return to_line(merged(entry.ours, retained->second, alone || !entry.spoken));
}

std::optional<mqtt::Message> HomeAssistant::next(TimePoint now) {
  if (!connected_ || now < ready_) return std::nullopt;
  const auto message = [&](const std::string& object, std::string payload) {
    return mqtt::Message{.topic = config_topic(options_.entities, object),
                         .payload = std::move(payload),
                         .qos = mqtt::Qos::at_least_once,
                         .retain = true};
  };
  if (options_.discovery && gateway_dirty_)
    return message(gateway_object_id(topics_), to_line(gateway_config(topics_, options_.entities)));
  if (!options_.discovery && gateway_retained_) return message(gateway_object_id(topics_), {});
  look_for_leftovers(now);
  while (!leaving_.empty()) {
    const std::string& object = *leaving_.begin();
    const auto retained = retained_.find(object);
    if (retained != retained_.end() && publishers_of(retained->second).contains(topics_.status())) {
      const json::object rest = without(retained->second, topics_.status());
      return message(object, rest.empty() ? std::string() : to_line(rest));
    }
    leaving_.erase(leaving_.begin());
  }
  while (!dirty_.empty()) {
    const std::string object = *dirty_.begin();
    Entry& entry = devices_.at(object);
    std::string payload = wanted(object, entry);
    const auto retained = retained_.find(object);
    if (entry.dirty || retained == retained_.end() || to_line(retained->second) != payload)
      return message(object, std::move(payload));
    entry.spoken = true;
    dirty_.erase(object);
  }
  return std::nullopt;
}

void HomeAssistant::on_published(const mqtt::Message& message) {
  if (message.topic == config_topic(options_.entities, gateway_object_id(topics_))) {
    gateway_dirty_ = false;
    gateway_retained_ = !message.payload.empty();
    return;
  }
  const std::string begin = options_.entities.prefix + "/device/";
  const std::string object =
      message.topic.substr(begin.size(), message.topic.size() - begin.size() - std::string_view("/config").size());
  leaving_.erase(object);
  dirty_.erase(object);
  // As the broker has it from now on; its own copy of it comes back and changes nothing.
  if (message.payload.empty())
    retained_.erase(object);
  else
    retained_[object] = json::parse(message.payload).as_object();
  if (const auto found = devices_.find(object); found != devices_.end()) {
    found->second.dirty = false;
    found->second.spoken = true;
  }
}

}  // namespace moor::publish
