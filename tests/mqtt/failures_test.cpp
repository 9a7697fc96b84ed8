// What is said where a connection fails: the kind, and advice that names the key to change.

#include "mqtt/failures.hpp"

#include <gmock/gmock.h>
#include <mosquitto.h>
#include <cerrno>

namespace moor::mqtt {
namespace {

using ::testing::HasSubstr;

const Target target{.host = "broker.example", .port = 8883, .tls = true};

struct Case {
  MqttError error;
  Failure failure;
  std::string advice;
};

TEST(MqttFailures, SayWhatIsWrongAndWhatToDo) {
  const Case cases[] = {
      {connection_failure(target, MOSQ_ERR_ERRNO, ECONNREFUSED, ""), Failure::not_reachable, "Start the broker"},
      {connection_failure(target, MOSQ_ERR_ERRNO, ETIMEDOUT, ""), Failure::timed_out, "firewall"},
      {connection_failure(target, MOSQ_ERR_EAI, 0, ""), Failure::name_not_found, "mqtt.host"},
      {connection_failure(target, MOSQ_ERR_TLS, 0, "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed"),
       Failure::certificate, "mqtt.ca_file"},
      {connection_failure(target, MOSQ_ERR_TLS, 0, "Error: host name verification failed."), Failure::certificate, "mqtt.host"},
      {connection_failure(target, MOSQ_ERR_CONN_LOST, 0,
                          "OpenSSL Error[0]: error:0A00045C:SSL routines::tlsv13 alert certificate required"),
       Failure::not_authorised, "mqtt.cert_file"},
      {connection_failure(target, MOSQ_ERR_TLS, 0, "OpenSSL Error[0]: error:0A000418:SSL routines::tlsv1 alert unknown ca"),
       Failure::not_authorised, "authority has signed"},
      {connection_failure(target, MOSQ_ERR_TLS, 0, "OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number"),
       Failure::tls, "mqtt.tls = false"},
      {connection_failure(target, MOSQ_ERR_CONN_LOST, 0, ""), Failure::tls, "mqtt.cert_file"},
      {connection_failure({.host = "h", .port = 1883}, MOSQ_ERR_CONN_LOST, 0, ""), Failure::protocol, "mqtt.tls = true"},
      {connection_failure(target, MOSQ_ERR_PROTOCOL, 0, ""), Failure::protocol, "mqtt.port"},
      {connection_failure(target, MOSQ_ERR_KEEPALIVE, 0, ""), Failure::timed_out, "log"},
      {refusal(target, 1), Failure::protocol, "mqtt.version"},
      {refusal(target, 0x84), Failure::protocol, "mqtt.version"},
      {refusal(target, 2), Failure::client_id, "mqtt.client_id"},
      {refusal(target, 4), Failure::not_authorised, "mqtt.user"},
      {refusal(target, 5), Failure::not_authorised, "password"},
      {refusal(target, 0x86), Failure::not_authorised, "mqtt.user"},
      {refusal(target, 0x97), Failure::broker, "log"},
      {disconnection(target, 0x8E), Failure::client_id, "gateway.name"},
      {disconnection(target, 0x8B), Failure::broker, "log"},
      {name_not_found(target, "Name or service not known"), Failure::name_not_found, "mqtt.host"},
      {no_answer(target, std::chrono::seconds(30)), Failure::timed_out, "firewall"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.error.what());
    EXPECT_EQ(each.error.failure(), each.failure);
    EXPECT_THAT(each.error.advice(), HasSubstr(each.advice));
    EXPECT_THAT(each.error.what(), HasSubstr(each.failure == Failure::name_not_found ? "broker.example" : ":"));
  }
}

TEST(MqttFailures, AdviseAUserWhereNoneIsGiven) {
  EXPECT_THAT(refusal(target, 5).advice(), HasSubstr("nobody in without"));
  Target with_user = target;
  with_user.has_user = true;
  EXPECT_THAT(refusal(with_user, 5).advice(), HasSubstr("Check mqtt.user"));
}

TEST(MqttFailures, WriteAnAddressOfSixBytesInBrackets) {
  EXPECT_EQ((Target{.host = "::1", .port = 1883}.to_string()), "[::1]:1883");
}

}  // namespace
}  // namespace moor::mqtt
