#pragma once
// What a broker, a network or TLS says when a connection fails, as an error with advice. Without I/O.

#include "mqtt/client.hpp"

#include <string_view>

namespace moor::mqtt {

/// Who is connected to, for messages.
struct Target {
  std::string host;
  int port = 0;
  bool tls = false;
  bool v5 = true;
  bool has_user = false;
  bool has_certificate = false;

  [[nodiscard]] std::string to_string() const;  ///< "broker.example:8883"
};

/// An attempt whose connection was not made.
/// @param result       libmosquitto's MOSQ_ERR_... @param system_error  errno, for MOSQ_ERR_ERRNO
/// @param log          the last error that libmosquitto logged: only there TLS says what is wrong.
[[nodiscard]] MqttError connection_failure(const Target& target, int result, int system_error, std::string_view log);
/// The broker answered CONNECT with a refusal. @param reason  of CONNACK: a return code of 3.1.1 (1 to 5) or a reason code of 5 (from 0x80).
[[nodiscard]] MqttError refusal(const Target& target, int reason);
/// The broker ended the connection with DISCONNECT (MQTT 5, 4.13). @param reason  from 0x80
[[nodiscard]] MqttError disconnection(const Target& target, int reason);
[[nodiscard]] MqttError name_not_found(const Target& target, std::string cause);
[[nodiscard]] MqttError no_answer(const Target& target, Duration waited);

}  // namespace moor::mqtt
