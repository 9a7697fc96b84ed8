#include "publish/mqtt_options.hpp"

#include "publish/secrets.hpp"

namespace moor::publish {

mqtt::MosquittoOptions mqtt_options(const GatewayConfig& config, const Topics& topics) {
  const GatewayConfig::Mqtt& from = config.mqtt;
  return {
      .host = from.host,
      .port = from.port,
      .v5 = from.version == MqttVersion::v5,
      .client_id = from.client_id.empty() ? "moor-" + topics.gateway() : from.client_id,
      .user = from.user,
      .password = read_secret(from.password, from.password_file, "mqtt.password_file"),
      .tls = from.tls,
      .ca_file = from.ca_file,
      .cert_file = from.cert_file,
      .key_file = from.key_file,
      .last_will = mqtt::Message{.topic = topics.status(), .payload = "offline", .qos = mqtt::Qos::at_least_once, .retain = true},
      .keep_alive = from.keep_alive};
}

}  // namespace moor::publish
