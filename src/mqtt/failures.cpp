#include "mqtt/failures.hpp"

#include "core/duration_text.hpp"

#include <fmt/format.h>
#include <mosquitto.h>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

namespace moor::mqtt {
namespace {

struct Known {
  Failure failure;
  std::string_view what;  ///< after "the broker HOST:PORT "
  std::string_view advice;
};

constexpr std::string_view check_user = "Check mqtt.user and mqtt.password, and that the broker knows them.";
constexpr std::string_view try_other_version = "Set mqtt.version to the other one of \"3.1.1\" and \"5\".";
constexpr std::string_view one_client = "Give each gateway its own gateway.name, or an mqtt.client_id of its own.";
constexpr std::string_view wait_for_broker = "Look at the broker's log; it is tried again until it answers.";

MqttError make(const Target& target, const Known& known, std::string cause) {
  return {known.failure, fmt::format("the broker {} {}", target.to_string(), known.what), std::move(cause),
          std::string(known.advice)};
}

// What OpenSSL says, in the words that libmosquitto logs it.
std::optional<Known> tls_problem(std::string_view log) {
  struct Row {
    std::string_view words;
    Known known;
  };
  static constexpr std::array<Row, 9> rows = {{
      {"host name verification failed",
       {Failure::certificate, "has a certificate for another name",
        "Set mqtt.host to a name that the broker's certificate has."}},
      {"certificate has expired",
       {Failure::certificate, "has a certificate that is out of date",
        "Renew the broker's certificate, or set this machine's clock."}},
      {"certificate verify failed",
       {Failure::certificate, "has a certificate that is not trusted",
        "Set mqtt.ca_file to the authority that signed the broker's certificate, and check its dates and this machine's clock."}},
      {"certificate required",
       {Failure::not_authorised, "wants a certificate of its clients", "Set mqtt.cert_file and mqtt.key_file."}},
      {"handshake failure",
       {Failure::tls, "refused TLS, perhaps for want of a certificate",
        "Set mqtt.cert_file and mqtt.key_file, if the broker wants them."}},
      {"alert unknown ca",
       {Failure::not_authorised, "does not trust this gateway's certificate",
        "Use an mqtt.cert_file that the broker's authority has signed."}},
      {"alert bad certificate",
       {Failure::not_authorised, "does not take this gateway's certificate",
        "Use an mqtt.cert_file that the broker's authority has signed."}},
      {"alert certificate",
       {Failure::not_authorised, "does not take this gateway's certificate",
        "Use an mqtt.cert_file that is in date and not revoked."}},
      {"wrong version number",
       {Failure::tls, "does not speak TLS at this port", "Use the broker's port for TLS, mostly 8883, or set mqtt.tls = false."}},
  }};
  for (const Row& row : rows)
    if (log.find(row.words) != std::string_view::npos) return row.known;
  return std::nullopt;
}

Known reset_by_broker(const Target& target) {
  if (target.tls)
    return {Failure::tls, "closed the connection during the handshake",
            target.has_certificate ? "Check that the port is the one for TLS, and that the broker trusts mqtt.cert_file."
                                   : "Check that the port is the one for TLS, and whether the broker wants mqtt.cert_file."};
  return {Failure::protocol, "closed the connection without an answer",
          "Check mqtt.port; at the broker's port for TLS set mqtt.tls = true."};
}

Known system_problem(int error) {
  switch (error) {
    case ECONNREFUSED:
      return {Failure::not_reachable, "refused the connection", "Start the broker, and check mqtt.host and mqtt.port."};
    case ETIMEDOUT:
      return {Failure::timed_out, "did not answer", "Check that its machine is on, and that no firewall is in between."};
    default: return {Failure::not_reachable, "cannot be reached", "Check mqtt.host, mqtt.port and the network."};
  }
}

// CONNACK: return codes of MQTT 3.1.1 (3.2.2.3) and reason codes of MQTT 5 (3.2.2.2).
Known refusal_row(int reason) {
  switch (reason) {
    case 1:
    case 0x84: return {Failure::protocol, "does not speak this version of MQTT", try_other_version};
    case 2:
    case 0x85:
      return {Failure::client_id, "does not take this client id", "Set mqtt.client_id to letters and digits, at most 23."};
    case 3:
    case 0x88:
    case 0x89: return {Failure::broker, "is not available", wait_for_broker};
    case 4:
    case 0x86: return {Failure::not_authorised, "does not know this user or password", check_user};
    case 5:
    case 0x87: return {Failure::not_authorised, "does not let this gateway in", check_user};
    case 0x8A: return {Failure::not_authorised, "has banned this client", "Ask whoever runs the broker."};
    case 0x8C:
      return {Failure::not_authorised, "wants another way of authentication",
              "Allow users with passwords at the broker, or certificates."};
    case 0x9C:
    case 0x9D: return {Failure::broker, "says that another server is to be used", "Set mqtt.host to that one."};
    case 0x97:
    case 0x9F: return {Failure::broker, "takes no more connections now", wait_for_broker};
    default: return {Failure::broker, "refused the connection", wait_for_broker};
  }
}

}  // namespace

const char* to_string(Failure failure) noexcept {
  switch (failure) {
    case Failure::none: return "none";
    case Failure::name_not_found: return "name not found";
    case Failure::not_reachable: return "not reachable";
    case Failure::timed_out: return "timed out";
    case Failure::certificate: return "certificate";
    case Failure::tls: return "tls";
    case Failure::not_authorised: return "not authorised";
    case Failure::protocol: return "protocol";
    case Failure::client_id: return "client id";
    case Failure::broker: return "broker";
  }
  return "unknown";
}

const char* to_string(Phase phase) noexcept {
  switch (phase) {
    case Phase::off: return "off";
    case Phase::connecting: return "connecting";
    case Phase::connected: return "connected";
    case Phase::failed: return "failed";
  }
  return "unknown";
}

std::string Target::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

MqttError connection_failure(const Target& target, int result, int system_error, std::string_view log) {
  std::string cause =
      result == MOSQ_ERR_ERRNO ? std::generic_category().message(system_error) : std::string(mosquitto_strerror(result));
  if (!log.empty()) cause = log;
  if (const auto tls = tls_problem(log)) return make(target, *tls, std::move(cause));
  switch (result) {
    case MOSQ_ERR_EAI:
    case MOSQ_ERR_LOOKUP: return name_not_found(target, std::move(cause));
    case MOSQ_ERR_ERRNO: return make(target, system_problem(system_error), std::move(cause));
    case MOSQ_ERR_TLS:
    case MOSQ_ERR_TLS_HANDSHAKE:
      return make(target,
                  {Failure::tls, "made no TLS connection", "Check the port, and ca_file, cert_file and key_file of [mqtt]."},
                  std::move(cause));
    case MOSQ_ERR_KEEPALIVE: return make(target, {Failure::timed_out, "stopped answering", wait_for_broker}, std::move(cause));
    case MOSQ_ERR_PROTOCOL:
    case MOSQ_ERR_MALFORMED_PACKET:
    case MOSQ_ERR_MALFORMED_UTF8:
    case MOSQ_ERR_DUPLICATE_PROPERTY:
      return make(target,
                  {Failure::protocol, "does not speak MQTT at this port",
                   "Check mqtt.port: 1883, or with TLS 8883, is what brokers mostly have."},
                  std::move(cause));
    case MOSQ_ERR_CONN_LOST: return make(target, reset_by_broker(target), std::move(cause));
    default:
      return make(target, {Failure::not_reachable, "cannot be reached", "Check mqtt.host, mqtt.port and the network."},
                  std::move(cause));
  }
}

MqttError refusal(const Target& target, int reason) {
  const std::string said = reason < 0x80 ? mosquitto_connack_string(reason) : mosquitto_reason_string(reason);
  Known known = refusal_row(reason);
  if (known.advice == check_user && !target.has_user && !target.has_certificate)
    known.advice = "Set mqtt.user and mqtt.password_file: the broker lets nobody in without.";
  return make(target, known, said);
}

MqttError disconnection(const Target& target, int reason) {
  const std::string said = mosquitto_reason_string(reason);
  if (reason == 0x8E) return make(target, {Failure::client_id, "let another client with the same id in", one_client}, said);
  if (reason == 0x8D)
    return make(target, {Failure::timed_out, "heard nothing from this gateway for too long", wait_for_broker}, said);
  if (reason == 0x87 || reason == 0x98)
    return make(target, {Failure::not_authorised, "ended the connection: it may not stay", check_user}, said);
  if (reason == 0x95)
    return make(target, {Failure::broker, "does not take so large a message", "Raise the broker's max_packet_size."}, said);
  return make(target, {Failure::broker, "ended the connection", wait_for_broker}, said);
}

MqttError name_not_found(const Target& target, std::string cause) {
  return {Failure::name_not_found, fmt::format("there is no machine of the name \"{}\"", target.host), std::move(cause),
          "Check mqtt.host and this machine's name server, or give the broker's address."};
}

MqttError no_answer(const Target& target, Duration waited) {
  return make(target, {Failure::timed_out, "did not answer", "Check that its machine is on, and that no firewall is in between."},
              fmt::format("no answer in {}", elapsed_text(waited)));
}

}  // namespace moor::mqtt
