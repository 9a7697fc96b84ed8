#pragma once
// What an API session with a proxy does when: connecting, login, keepalive, and when it is tried again. Without any I/O: it takes what happened and when, and
// says what is to be done.

#include "esphome/stream.hpp"
#include "radio/esphome/session.hpp"

#include <deque>
#include <variant>

namespace moor::esphome_radio {

class SessionMachine {
public:
  using Status = Session::Status;

  /// The version that we speak.
  static constexpr uint32_t api_major = 1;
  static constexpr uint32_t api_minor = 15;
  /// Servers that say 1.15 and do not know message 149: what DeviceInfo says of the proxy is taken then.
  static constexpr Duration capabilities_timeout = std::chrono::seconds(5);
  static constexpr Duration longest_retry = std::chrono::seconds(60);  ///< as aioesphomeapi
  static constexpr Duration after_goodbye = std::chrono::seconds(5);   ///< of the proxy; as aioesphomeapi
  static constexpr Duration permanent_retry = std::chrono::minutes(10);
  /// An announcement hurries the next attempt; not more often than this, so that what announces itself all the time is not hammered.
  static constexpr Duration announced_retry = std::chrono::seconds(1);
  static constexpr Duration announced_permanent_retry = std::chrono::minutes(1);
  /// What was ready for less long counts as a failure: a proxy that logs us in and drops us is tried more and more seldom.
  static constexpr Duration stable_after = longest_retry;

  // What is to be done, in this order. What is to be connected or waited for, `step` says.
  struct Send {
    esphome::MessageType type{};
    std::vector<uint8_t> payload{};
  };
  struct SendTime {};  ///< a GetTimeResponse with the wall clock
  struct Close {};     ///< what has been sent goes out as far as it goes at once
  struct Ready {};     ///< `facts` are new
  struct Lost {
    SessionProblem problem{};
    std::string detail{};
  };
  struct Changed {};  ///< `status` is new
  using Action = std::variant<Send, SendTime, Close, Ready, Lost, Changed>;

  /// What the loop has to do until the next input.
  enum class Step : uint8_t {
    stopped,
    connect,  ///< until `due`, then `on_connected` or `on_connect_failed`
    talk,     ///< read and send; `on_time` at `due`
    wait,     ///< for an announcement; `on_time` at `due`
  };

  explicit SessionMachine(const SessionOptions& options);

  void start(TimePoint now);
  void on_connected(TimePoint now);
  void on_connect_failed(TimePoint now, const std::string& why);
  /// The stream takes messages. @param server_name  of the Noise hello; empty where it had none
  void on_stream_open(TimePoint now, std::string_view server_name);
  void on_stream_failure(TimePoint now, const esphome::StreamFailure& failure, std::string_view server_name);
  /// @returns whether it is for the session alone; others are for whoever uses it, while it is ready.
  [[nodiscard]] bool on_message(TimePoint now, const esphome::Message& message);
  void on_closed(TimePoint now, const std::string& why);
  /// More is queued for the proxy than it may be.
  void on_overflow(TimePoint now);
  void on_time(TimePoint now);
  void on_announced(TimePoint now);
  void on_retry(TimePoint now);
  void on_restart(TimePoint now);
  /// The session shall end: says goodbye where there is somebody to say it to.
  void on_stop(TimePoint now);

  [[nodiscard]] std::optional<Action> next_action();
  [[nodiscard]] Step step() const noexcept;
  /// When `on_time` has something to do, or the attempt to connect is over. No moment where it is stopped.
  [[nodiscard]] TimePoint due() const noexcept;
  [[nodiscard]] const Status& status() const noexcept { return status_; }
  [[nodiscard]] const std::optional<ProxyFacts>& facts() const noexcept { return facts_; }
  [[nodiscard]] bool is_ready() const noexcept { return phase_ == Phase::ready; }

private:
  enum class Phase : uint8_t { stopped, connecting, handshake, hello, device_info, capabilities, ready, leaving, waiting };

  [[nodiscard]] bool on_own_message(TimePoint now, const esphome::Message& message);
  void on_hello(TimePoint now, const esphome::Message& message);
  void on_device_info(TimePoint now, const esphome::Message& message);
  void on_capabilities(TimePoint now, const esphome::Message& message);
  void on_authentication(TimePoint now, const esphome::Message& message);
  void on_goodbye(TimePoint now, const esphome::Message& message);
  void log_in_done(TimePoint now);
  [[nodiscard]] bool has_name(std::string_view name) const noexcept;
  [[nodiscard]] bool is_talking() const noexcept { return phase_ >= Phase::handshake && phase_ <= Phase::leaving; }

  void connect(TimePoint now);
  void enter(TimePoint now, Phase phase, Status::State state);
  void fail(TimePoint now, SessionProblem problem, const std::string& detail, Duration at_least = {});
  void wrong_name(TimePoint now, std::string_view name);
  void malformed(TimePoint now, const char* what, const ParseError& error);
  void on_silence(TimePoint now);
  [[nodiscard]] Duration retry_delay() const noexcept;
  [[nodiscard]] Duration dead_after() const noexcept { return options_.ping_after * 9 / 2; }
  template <typename Message>
  void send(const Message& message);
  void send(esphome::MessageType type) { actions_.emplace_back(Send{.type = type}); }

  // The options that it needs, without the key.
  struct Options {
    std::string expected_name;
    std::string client_info;
    bool encrypted;
    Duration connect_timeout, handshake_timeout, login_timeout, disconnect_timeout, ping_after;
    size_t max_queued;
  };
  Options options_;
  Phase phase_ = Phase::stopped;
  Status status_{};
  std::optional<ProxyFacts> facts_{};
  ProxyFacts login_{};    // what this session has said so far
  TimePoint deadline_{};  // of the phase; of `ready` none
  TimePoint last_attempt_{};
  TimePoint heard_{};   // the last message
  TimePoint pinged_{};  // the last ping, or the last message
  int tries_ = 0;       // failures in a row, short sessions among them
  std::deque<Action> actions_{};
};

}  // namespace moor::esphome_radio
