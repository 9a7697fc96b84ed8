#pragma once
// When the proxy's radio scans and how, and what clients are told of it. A machine without I/O.

#include "esphome/messages.hpp"
#include "moor/radio.hpp"

#include <variant>

namespace moor::proxy {

class ScannerMachine {
public:
  static constexpr esphome::ScannerMode configured_mode = esphome::ScannerMode::active;  ///< firmware's default too
  static constexpr Duration first_pause = std::chrono::seconds(1);                       ///< after a failure, doubling
  static constexpr Duration last_pause = std::chrono::seconds(60);
  /// A scan that has not failed by then runs, though nothing is heard. From then on the radio's health is looked at.
  static constexpr Duration settled_after = std::chrono::seconds(1);
  static constexpr Duration check_every = std::chrono::seconds(5);

  struct Rest {};  ///< until something changes
  struct Wait {
    TimePoint until;
  };
  struct Scan {
    bool active = true;
  };
  using Action = std::variant<Rest, Wait, Scan>;

  /// What is to be done while nothing is.
  [[nodiscard]] Action next(TimePoint now) const noexcept;
  /// Whether the scan that runs is to end, since nobody wants it any more or not in this mode.
  [[nodiscard]] bool must_stop() const noexcept { return !wanted_ || mode_ != running_mode_; }
  [[nodiscard]] esphome::ScannerState state() const noexcept {
    return {.state = state_, .mode = mode_, .configured_mode = configured_mode};
  }
  [[nodiscard]] TimePoint next_check() const noexcept { return next_check_; }
  [[nodiscard]] TimePoint retry_at() const noexcept { return retry_at_; }

  /// Whether somebody subscribes. When nobody does any more, the mode is the configured one again.
  void set_wanted(bool wanted) noexcept;
  void set_mode(esphome::ScannerMode mode) noexcept { mode_ = mode; }

  void on_starting(TimePoint now) noexcept;
  void on_heard() noexcept {
    if (state_ != esphome::ScannerStateKind::running) on_running();
  }
  void on_check(RadioHealth::State health, TimePoint now) noexcept;
  void on_stopping() noexcept { state_ = esphome::ScannerStateKind::stopping; }
  void on_stopped() noexcept;
  /// The source has no more, as a recording: nothing is tried until somebody new subscribes.
  void on_ended() noexcept;
  /// @param for_good  as `on_ended`; else it is tried again.
  void on_failed(TimePoint now, bool for_good) noexcept;

private:
  void on_running() noexcept;

  esphome::ScannerStateKind state_ = esphome::ScannerStateKind::idle;
  esphome::ScannerMode mode_ = configured_mode;
  esphome::ScannerMode running_mode_ = configured_mode;
  bool wanted_ = false;
  bool over_ = false;
  TimePoint began_{};
  TimePoint next_check_{};
  TimePoint retry_at_{};
  Duration pause_ = first_pause;
};

}  // namespace moor::proxy
