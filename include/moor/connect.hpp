#pragma once
// Connecting to a device, again and again as long as it makes sense.

#include "moor/client.hpp"
#include "moor/path_source.hpp"

namespace moor {

/// By which rules attempts are repeated.
enum class RetryProfile : uint8_t {
  standard,  ///< moor's own, docs/connections.md
  compat,    ///< those of bleak-retry-connector 4.6.3: the same attempts, waits and result
};

/// What to connect to.
struct Target {
  Address address;
  std::string name{};  ///< for messages; may be empty
};

struct ConnectOptions {
  RetryProfile profile = RetryProfile::standard;
  int max_attempts = 4;  ///< for time-outs and errors; transient failures have a budget of nine of their own
  Duration timeout = std::chrono::seconds(20);         ///< of one attempt, for the radio
  Duration safety_timeout = std::chrono::seconds(60);  ///< of one attempt, whatever the radio does
  bool use_services_cache = true;
  /// Whether the radio's system is made to forget services that turn out incomplete; other programs may use them too.
  bool clear_incomplete_services = true;
  bool pair = false;              ///< pair before the client is handed over
  PairingAgent* agent = nullptr;  ///< for that; just works where null. Must outlive the attempt
  std::optional<ConnectionParameters> parameters{};
  ClientOptions client{};  ///< label, time-outs of operations, what to call on a disconnect
  /// Asked before every attempt: the device's newest address and name. By the rules of `compat` never asked.
  std::function<Target()> target_callback{};
  ServiceCache* cache = nullptr;  ///< where services are kept between connections; none: the radio's own only
  std::function<void(const FailedAttempt&)> on_failed_attempt{};
};

/// Connects, trying again as long as it makes sense.
///
/// @param paths    Which radios can reach the device: a hub, or `RadioPaths`.
/// @param target   What to connect to; found by a scan, or by address.
/// @param options  Attempts, time-outs, cache and callbacks; the defaults suit a sensor in the next room. A variable with a name, see
///                 docs/decisions.md.
/// @returns        A client that is connected and whose services are known.
/// @throws OutOfConnectionSlots, DeviceNotFound, ConnectionAborted, ConnectionFailed, RadioNotAvailable  after the last attempt, with
/// every cause. What is no failure to connect, as an exception of a callback, goes on to the caller at once.
/// Cancellation: total; a link that was being made is closed before the operation completes.
/// Lifetime: `paths` must outlive the client. Threads: call on its executor.
[[nodiscard]] awaitable<Client> establish_connection(PathSource& paths, Target target, ConnectOptions options);
[[nodiscard]] awaitable<Client> establish_connection(PathSource& paths, Target target);

/// The same with a client type of one's own, which is made from the client: `struct Thermometer : Client { using Client::Client;
/// explicit Thermometer(Client&& client) : Client(std::move(client)) {} awaitable<double> temperature(); };`
template <typename Custom>
[[nodiscard]] awaitable<Custom> establish_connection_as(PathSource& paths, Target target, ConnectOptions options) {
  co_return Custom(co_await establish_connection(paths, std::move(target), std::move(options)));
}

}  // namespace moor
