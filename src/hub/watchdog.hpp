#pragma once
// Tells when a radio that scans has gone silent, and what to do about it: first stop and start its scan, then reset it, ever more rarely,
// and at last say that it cannot be brought back. Only an advertisement that says something counts as a sign of life: a controller that hangs
// can repeat empty ones.

#include "hub/rules.hpp"

#include <optional>

namespace moor::hub {

/// As habluetooth 6.26.7 has them.
inline constexpr Duration watchdog_beat = std::chrono::seconds(30);
inline constexpr Duration silent_after = std::chrono::seconds(90);
inline constexpr Duration hung_after = std::chrono::seconds(120);

class Watchdog {
public:
  static constexpr int max_resets = 5;                                    ///< in a row, before a radio is given up
  static constexpr Duration first_pause = std::chrono::minutes(2);        ///< after a reset; doubles with each
  static constexpr Duration pause_when_given_up = std::chrono::hours(1);  ///< then it is tried once more

  enum class Action : uint8_t { none, restart, reset };

  /// The scan began, or began again.
  void on_started(TimePoint now) noexcept;
  void on_stopped() noexcept { running_ = false; }
  /// @param empty  it carried no data.
  void on_advertisement(TimePoint now, bool empty) noexcept {
    if (empty) return;
    last_heard_ = now;
    heard_any_ = true;
    if (silent_) on_life();
  }
  /// A radio that knows its own rate says from when on its silence is too long, TimePoint::max() while it can hear nothing; without it
  /// `silent_after` holds. To be told before each check.
  void on_rate(std::optional<TimePoint> silent_at) noexcept { silent_at_ = silent_at; }
  /// What is to be done now; to be asked at `next_check`, or later.
  [[nodiscard]] Action check(TimePoint now) noexcept;
  /// What was to be done has been done, or has failed.
  void on_acted(TimePoint now) noexcept;

  /// Nothing is to be done before this moment; TimePoint::max() while it does not scan.
  [[nodiscard]] TimePoint next_check() const noexcept;
  [[nodiscard]] bool is_silent() const noexcept { return running_ && silent_; }
  [[nodiscard]] bool is_given_up() const noexcept { return running_ && silent_ && resets_ >= max_resets; }
  [[nodiscard]] int resets() const noexcept { return resets_; }  ///< in a row that did not help

private:
  void on_life() noexcept;
  [[nodiscard]] TimePoint silent_at() const noexcept;

  bool running_ = false;
  bool silent_ = false;
  bool heard_any_ = false;  // since the start
  bool restarted_ = false;  // since it went silent
  int resets_ = 0;
  TimePoint started_;
  TimePoint last_heard_;
  std::optional<TimePoint> silent_at_{};
  TimePoint not_before_ = TimePoint::min();
};

}  // namespace moor::hub
