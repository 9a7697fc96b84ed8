#pragma once
// A session stays connected: it connects, subscribes, reads what it shall read, and when the link is lost begins again, for as long as it
// runs. It knows how long it was up, and why not.

#include "moor/connect.hpp"

#include <deque>

namespace moor {

struct SessionOptions {
  struct Read {
    CharacteristicName characteristic;
    Duration every = std::chrono::seconds(60);
  };
  struct Subscription {
    CharacteristicName characteristic;
    SubscribeOptions options{};
  };
  std::vector<Read> reads{};
  std::vector<Subscription> subscriptions{};
  Duration first_retry = std::chrono::seconds(
      5);  ///< after a failure or a lost link, doubled with each until `last_retry`, back to this after a success
  Duration last_retry = std::chrono::seconds(60);
  ConnectOptions connect{};  ///< its `client.on_disconnected` is the session's own
};

/// What happens in a session, in its order.
struct SessionEvent {
  enum class Kind : uint8_t {
    connected,         ///< and subscribed
    value,             ///< read or notified
    operation_failed,  ///< a read or a subscription was refused; the link is up
    disconnected,      ///< the link was lost
    connect_failed,    ///< establish_connection gave up
    waiting,           ///< until the next attempt
  };
  Kind kind = Kind::value;
  TimePoint time;
  Uuid characteristic{};  ///< of a value, or of what failed
  std::vector<uint8_t> value{};
  bool notified = false;  ///< the value came unasked
  uint64_t dropped = 0;   ///< values lost before this one
  std::string cause{};    ///< why it failed or was lost, in words
  Duration wait{};        ///< of `waiting`
};
[[nodiscard]] std::string_view to_string(SessionEvent::Kind kind) noexcept;

/// A time without a connection.
struct SessionGap {
  TimePoint from;
  TimePoint to;  ///< now, while it lasts
  std::string cause;
};

struct SessionReport {
  TimePoint started;
  TimePoint until;
  Duration up{};  ///< with a link and all subscriptions
  uint64_t connections = 0;
  uint64_t drops = 0;  ///< links lost
  uint64_t failed_connects = 0;
  uint64_t values = 0;
  uint64_t failed_operations = 0;
  uint64_t values_dropped = 0;
  std::deque<SessionGap> gaps{};  ///< the newest 1000
  Duration longest_gap{};
  /// 0 to 1; 1 where no time has passed.
  [[nodiscard]] double uptime() const noexcept;
};

class Session {
public:
  using EventCallback = std::function<void(const SessionEvent&)>;

  /// `paths` must outlive it, and `run`.
  Session(PathSource& paths, Target target, SessionOptions options);
  /// Ends `run`, which nothing is told of any more.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Called on the executor for everything, values in the order in which they came; not on the radio's path. What it throws ends `run`, which throws it.
  void on_event(EventCallback callback);
  /// Stays connected until it is cancelled or stopped; then disconnects. No failure of the device ends it.
  /// @throws UsageError for options that cannot be meant, and where it runs already.
  /// Cancellation: total, after the link is closed.
  [[nodiscard]] awaitable<void> run();
  /// Ends `run`; from a callback too.
  void stop() noexcept;

  /// The client while connected, to write or to read beside what the session does; null otherwise. Ask again after each `co_await`.
  [[nodiscard]] Client* client() noexcept;
  [[nodiscard]] SessionReport report() const;

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moor
