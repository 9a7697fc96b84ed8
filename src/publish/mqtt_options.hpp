#pragma once
// The configuration of [mqtt] as that of the client.

#include "gateway/config.hpp"
#include "mqtt/mosquitto_client.hpp"
#include "publish/topics.hpp"

namespace moor::publish {

/// @pre config.mqtt.host is not empty. @throws ConfigError for a password file that cannot be used.
[[nodiscard]] mqtt::MosquittoOptions mqtt_options(const GatewayConfig& config, const Topics& topics);

}  // namespace moor::publish
