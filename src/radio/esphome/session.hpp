#pragma once
// One API session with a proxy, for ever: connects, logs in, keeps alive, and comes back when it is lost. What it should do when is the session machine's
// (session_machine.hpp); this is its loop over a socket.

#include "crypto/hmac.hpp"
#include "esphome/codec.hpp"
#include "moor/clock.hpp"
#include "moor/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <string>

namespace moor::mdns {
class Mdns;
}

namespace moor::esphome_radio {

using Socket = boost::asio::generic::stream_protocol::socket;

/// Makes connections to one proxy: over TCP (names by the system, ".local" by multicast DNS too), in tests by anything else.
class Connector {
public:
  virtual ~Connector() = default;
  /// @throws boost::system::system_error, TimedOut. Cancellation: total.
  [[nodiscard]] virtual awaitable<Socket> connect(TimePoint deadline) = 0;
  /// Completes when there is a reason to try at once: the proxy has announced itself. Cancellation: total.
  [[nodiscard]] virtual awaitable<void> announced() = 0;
};

/// What is known of the proxy once it has logged in. Values, not views.
struct ProxyFacts {
  std::string name;
  std::string friendly_name;
  std::string mac;            ///< "AA:BB:CC:DD:EE:FF", of the device
  std::string bluetooth_mac;  ///< of its radio; that of the device where it gives none
  std::string esphome_version;
  std::string model;
  std::string manufacturer;
  std::string project_name;
  std::string project_version;
  std::string area;
  uint32_t features = 0;  ///< esphome::Feature
  uint32_t api_major = 0;
  uint32_t api_minor = 0;
  bool encrypted = false;
};

/// Why there is no session, for people and programs.
enum class SessionProblem : uint8_t {
  none,
  not_reachable,            ///< no connection, or lost
  no_answer,                ///< connected, and silent
  wrong_key,                ///< from here on permanent: tried again only after `retry_now`, or every 10 minutes
  wrong_name,               ///< another device has its address
  encryption_needed,        ///< it wants a key
  encryption_not_expected,  ///< it has none
  bad_key,                  ///< ours is no key
  wrong_version,            ///< API above 2
  password_needed,          ///< of old firmware; not supported
  protocol_error,           ///< it sends what cannot be
  no_proxy,                 ///< an ESPHome device without a Bluetooth proxy, or without what we need
};
[[nodiscard]] bool is_permanent(SessionProblem problem) noexcept;
/// Sentence and advice, with the proxy's name: "the key is not that of kitchen". For RadioNotAvailable, health and status.
struct ProblemText {
  std::string what;
  std::string advice;
};
[[nodiscard]] ProblemText problem_text(SessionProblem problem, const std::string& proxy, const std::string& detail);

struct SessionOptions {
  std::string radio;                               ///< spec as text, for errors: "esphome://kitchen"
  std::string expected_name{};                     ///< empty: any
  std::string client_info;                         ///< "moor 1.0 on HOST"
  std::shared_ptr<const crypto::SecretKey> key{};  ///< null: plain
  Duration connect_timeout = std::chrono::seconds(60);
  Duration handshake_timeout = std::chrono::seconds(60);
  Duration login_timeout = std::chrono::seconds(30);
  Duration disconnect_timeout = std::chrono::seconds(10);
  Duration ping_after = std::chrono::seconds(20);  ///< of silence; dead after 4.5 times this
  size_t max_queued = 1024 * 1024;                 ///< bytes that the proxy does not take; then it is dead
};

class Session {
public:
  /// Called in order, on the executor, never from within a call of this class; they must not block nor destroy the session. They may call `send`, `restart` and
  /// `retry_now`. What one throws ends `run` with it.
  struct Handlers {
    std::function<void(const ProxyFacts&)> on_ready;  ///< logged in, capabilities known; requests may be sent from here on
    /// It was ready, and is not any more: once for each on_ready. With SessionProblem::none where `run` was cancelled.
    std::function<void(SessionProblem, const std::string&)> on_lost;
    std::function<void(const esphome::Message&)> on_message;  ///< all that are not the session's own, while it is ready
    std::function<void()> on_state{};                         ///< state or problem have changed
  };
  struct Status {
    enum class State : uint8_t { idle, connecting, logging_in, ready, waiting } state = State::idle;
    SessionProblem problem = SessionProblem::none;  ///< the last one, none while it is ready
    std::string detail{};
    int failures = 0;      ///< in a row
    TimePoint next_try{};  ///< while waiting
    TimePoint since{};     ///< of the state
  };

  Session(Clock& clock, boost::asio::any_io_executor executor, std::unique_ptr<Connector> connector, SessionOptions options,
          Handlers handlers);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  /// Closes what is open without a word; no handler is called any more. `run` ends by itself where it still runs.
  ~Session();

  /// Keeps the session until it is cancelled; then says goodbye (DisconnectRequest), for at most disconnect_timeout. Cancellation: total. One at a time.
  [[nodiscard]] awaitable<void> run();
  [[nodiscard]] const Status& status() const noexcept;
  /// Nothing before the first login; what was last known afterwards.
  [[nodiscard]] const std::optional<ProxyFacts>& facts() const noexcept;
  [[nodiscard]] bool is_ready() const noexcept;
  /// Tries at once where it waits, after a permanent problem too.
  void retry_now();
  /// Closes the connection as though it were lost, and connects again: for a proxy that has gone deaf.
  void restart();

  /// Goes out with whatever else is sent in this turn. @returns whether it was taken: not where the session is not ready, or the payload fits no frame.
  bool send(esphome::MessageType type, Bytes payload = {});
  template <typename Message>
  bool send(const Message& message) {
    scratch_.clear();
    esphome::encode(message, scratch_);
    return send(Message::type, scratch_);
  }

private:
  struct State;
  std::shared_ptr<State> state_;
  std::vector<uint8_t> scratch_;
};

/// @param host  "kitchen.local", "kitchen", "192.168.1.20" or "[::1]", with a port or without: "kitchen:6053". A name is asked of the system; one without a dot or
/// in ".local" of multicast DNS too.
/// @param mdns  null: no multicast DNS, and no announcements.
/// @throws UsageError for a host or port that cannot be.
[[nodiscard]] std::unique_ptr<Connector> make_tcp_connector(Clock& clock, const std::string& host,
                                                            std::shared_ptr<mdns::Mdns> mdns = nullptr);

}  // namespace moor::esphome_radio
