#include "publish/status_json.hpp"

#include <fmt/format.h>

namespace moor::publish {

namespace json = boost::json;

namespace {

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

}  // namespace

json::value mqtt_json(const PublisherStatus& status) {
  if (!status.mqtt) return nullptr;
  const MqttStatus& mqtt = *status.mqtt;
  json::object object;
  object["state"] = mqtt::to_string(mqtt.state.phase);
  object["problem"] = text_or_null(mqtt.state.problem);
  object["advice"] = text_or_null(mqtt.state.advice);
  object["waiting"] = mqtt.events.waiting;
  object["dropped"] = mqtt.events.dropped;
  object["published"] = mqtt.statistics.published;
  object["states"] = mqtt.states;
  object["entities"] = mqtt.entities;
  return object;
}

json::array webhooks_json(const PublisherStatus& status) {
  json::array all;
  for (const WebhookStatus& webhook : status.webhooks) {
    json::object object;
    object["url"] = webhook.url;
    object["waiting"] = webhook.events.waiting;
    object["dropped"] = webhook.events.dropped;
    object["delivered"] = webhook.delivered;
    object["refused"] = webhook.refused;
    object["problem"] = text_or_null(webhook.problem);
    all.push_back(std::move(object));
  }
  return all;
}

std::vector<GatewayProblem> problems_of(const PublisherStatus& status) {
  std::vector<GatewayProblem> problems;
  if (status.mqtt && !status.mqtt->state.problem.empty())
    problems.push_back({.what = "MQTT: " + status.mqtt->state.problem, .advice = status.mqtt->state.advice});
  for (const WebhookStatus& webhook : status.webhooks)
    if (!webhook.problem.empty())
      problems.push_back(
          {.what = "webhook: " + webhook.problem, .advice = fmt::format("{} events wait for it.", webhook.events.waiting)});
  return problems;
}

}  // namespace moor::publish
