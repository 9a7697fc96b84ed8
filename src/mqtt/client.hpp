#pragma once
// A client of an MQTT broker that stays connected: it tries again for as long as it runs, says in words what is in the way, and tells of each message
// whether the broker has it. Nothing is kept for a broker that is away; that is the outbox's.

#include "moor/clock.hpp"
#include "moor/error.hpp"

#include <functional>
#include <optional>
#include <string>

namespace moor::mqtt {

/// 0: as the connection takes it; 1: until the broker has acknowledged it.
enum class Qos : uint8_t { at_most_once, at_least_once };

struct Message {
  std::string topic;
  std::string payload;  ///< empty and retained: what is retained there is deleted
  Qos qos = Qos::at_most_once;
  bool retain = false;               ///< the broker keeps it for who subscribes later; of a received one: it was kept
  std::optional<Duration> expiry{};  ///< how long the broker keeps it, in seconds; MQTT 5, without it for ever
};

struct Subscription {
  std::string filter;  ///< may have + and #
  Qos qos = Qos::at_least_once;
  bool own = true;  ///< also what this client has published itself; 3.1.1 brokers send that always
};

/// Why there is no connection.
enum class Failure : uint8_t {
  none,
  name_not_found,
  not_reachable,   ///< refused, no route, reset
  timed_out,       ///< no answer to the connection or to keep-alive
  certificate,     ///< of the broker: unknown authority, wrong name, out of date
  tls,             ///< no TLS there, or ours is not accepted
  not_authorised,  ///< user, password or certificate
  protocol,        ///< a version that it does not speak, or no MQTT at all
  client_id,       ///< that it does not take, or that another client took over
  broker,          ///< it is busy, shutting down, or the quota is reached
};
[[nodiscard]] const char* to_string(Failure failure) noexcept;

/// A connection that could not be made or was lost.
class MqttError : public Error {
public:
  MqttError(Failure failure, const std::string& what, std::string cause, std::string advice)
      : Error(what, {.cause = std::move(cause), .advice = std::move(advice)}), failure_(failure) {}
  [[nodiscard]] Failure failure() const noexcept { return failure_; }

private:
  Failure failure_;
};

enum class Phase : uint8_t { off, connecting, connected, failed };
/// "off", "connecting", "connected" or "failed".
[[nodiscard]] const char* to_string(Phase phase) noexcept;

struct State {
  Phase phase = Phase::off;
  Failure failure = Failure::none;  ///< the last one, until there is a connection
  std::string problem;              ///< the same in words
  std::string advice;
  TimePoint since;  ///< in this phase; `failed` goes on while it waits and tries again
};

struct Statistics {
  uint64_t connections = 0;
  uint64_t failures = 0;   ///< attempts that failed and connections that were lost
  uint64_t published = 0;  ///< QoS 0: given to the connection; QoS 1: acknowledged
  uint64_t refused = 0;    ///< QoS 1: by the broker, such as for want of a permission
  uint64_t received = 0;
  uint64_t dropped = 0;  ///< received while too many waited to be looked at
  size_t in_flight = 0;  ///< taken, and not with the broker yet
};

/// What became of a message.
enum class Delivery : uint8_t {
  acknowledged,  ///< QoS 0: the connection took it
  refused,       ///< the broker does not want it, and will not want it again
  lost,          ///< the connection went before; whether the broker has it is not known
};

/// Every call is made on one executor, which also runs what is called back.
class Client {
public:
  using Done = std::function<void(Delivery)>;

  virtual ~Client() = default;

  /// Connects, and again whenever the connection is lost, until it is cancelled; then it publishes the last will itself and says goodbye.
  /// @throws ConfigError for files of TLS that cannot be used; nothing else. Cancellation: total, within `goodbye` of the options, also while a name is
  /// looked up.
  [[nodiscard]] virtual awaitable<void> run() = 0;

  /// Takes a message and calls `done` later, once. @returns false, and calls nothing, while there is no connection or `max_in_flight` are under way.
  [[nodiscard]] virtual bool publish(Message message, Done done) = 0;
  [[nodiscard]] bool publish(Message message) { return publish(std::move(message), nullptr); }

  /// With this and with every later connection.
  virtual void subscribe(Subscription subscription) = 0;
  virtual void on_message(std::function<void(const Message&)> call) = 0;
  /// Called at each change, after the messages of a lost connection have been called lost.
  virtual void on_state(std::function<void(const State&)> call) = 0;

  [[nodiscard]] virtual const State& state() const noexcept = 0;
  [[nodiscard]] virtual Statistics statistics() const noexcept = 0;
  [[nodiscard]] virtual size_t max_in_flight() const noexcept = 0;
};

}  // namespace moor::mqtt
