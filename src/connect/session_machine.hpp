#pragma once
// When a session connects, waits and reads, and what it reports, without doing any of it.

#include "moor/session.hpp"

#include <variant>

namespace moor {

class SessionMachine {
public:
  struct Connect {};
  struct Wait {
    Duration how_long;
  };
  using Action = std::variant<Connect, Wait>;

  /// @throws UsageError for options that cannot be meant.
  explicit SessionMachine(const SessionOptions& options);

  [[nodiscard]] Action on_start(TimePoint now);
  [[nodiscard]] Action on_connect_failed(TimePoint now, const std::string& cause);
  [[nodiscard]] Action on_waited() const { return Connect{}; }
  void on_connected(TimePoint now);
  [[nodiscard]] Action on_link_lost(TimePoint now, const std::string& cause);
  /// The link was closed because the session shall end.
  void on_stopped(TimePoint now);

  // Subscriptions, by their place in the options. The session is up while the link and all of them are in place.
  void on_subscribed(TimePoint now, size_t index);
  void on_subscription_failed(TimePoint now, size_t index, const std::string& cause);
  void on_subscription_ended(TimePoint now, size_t index, const std::string& cause);
  /// Of those that are not in place, one that is to be tried now.
  [[nodiscard]] std::optional<size_t> due_subscription(TimePoint now) const;

  // Reads, by their place in the options.
  [[nodiscard]] std::optional<size_t> due_read(TimePoint now) const;
  void on_read(TimePoint now, size_t index);
  void on_read_failed(TimePoint now, size_t index);
  /// When `due_subscription` or `due_read` may have something again; TimePoint::max() for never.
  [[nodiscard]] TimePoint next_due() const;

  void on_value(uint64_t dropped_before) noexcept;
  [[nodiscard]] SessionReport report(TimePoint now) const;

private:
  struct Subscribing {
    bool in_place = false;
    TimePoint next{};
    Duration delay{};  // after the next failure
  };
  [[nodiscard]] Action retry() noexcept;
  [[nodiscard]] Duration doubled(Duration delay) const noexcept;
  void on_read_ended(TimePoint now, size_t index);
  void go_up(TimePoint now);
  void go_down(TimePoint now, const std::string& cause);
  void explain_first_gap(const std::string& cause);

  std::vector<Duration> periods_;  // of the reads
  std::vector<TimePoint> next_reads_;
  std::vector<Subscribing> subscribing_;
  Duration first_retry_;
  Duration last_retry_;
  Duration delay_;  // before the next attempt to connect
  bool running_ = false;
  bool connected_ = false;
  bool was_up_ = false;
  std::optional<TimePoint> up_since_{};
  SessionGap gap_{};  // that lasts while it is not up
  SessionReport report_{};
};

}  // namespace moor
