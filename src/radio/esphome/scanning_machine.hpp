#pragma once
// What is asked of a proxy so that its advertisements come, and what its answers mean. A machine without I/O: it is told what happened, and `next` says what to
// do.
//
// A proxy serves one subscriber, who gets the answers of connections too, and whose links it tears down when he unsubscribes. Older firmware
// ignores a second subscriber without a word; the newest gives everything to the newest. So nothing is subscribed that nobody wants, a
// subscription that was granted is kept as long as there are links, and one that is not answered by the scanner's state (message 126, at once
// where it is granted) says that another program has the proxy.

#include "esphome/messages.hpp"
#include "moor/time.hpp"

#include <optional>
#include <string>
#include <variant>

namespace moor::esphome_radio {

/// What somebody wants of the proxy's radio.
struct Wanted {
  std::optional<esphome::ScannerMode> scan{};  ///< nothing where nobody scans
  bool links = false;                          ///< there are some, or one is being made
};

class ScanningMachine {
public:
  /// No scanner's state for so long after subscribing: another program holds the proxy. Asked again after the second, then at the pace of
  /// the last, as bleak-esphome 4.0.0 does.
  static constexpr Duration first_patience = std::chrono::seconds(10);
  static constexpr Duration second_patience = std::chrono::seconds(30);
  static constexpr Duration patience = std::chrono::seconds(60);

  struct Subscribe {};    ///< message 66, raw
  struct Unsubscribe {};  ///< message 87
  struct SetMode {        ///< message 127
    esphome::ScannerMode mode{};
  };
  struct Wait {
    TimePoint until;  ///< or until something happens; TimePoint::max() where only that
  };
  using Action = std::variant<Subscribe, Unsubscribe, SetMode, Wait>;

  /// To be asked until it says Wait.
  [[nodiscard]] Action next(TimePoint now);

  /// The session is there. @param features  bits of esphome::Feature
  void on_ready(uint32_t features) noexcept;
  void on_lost() noexcept;
  void want(const Wanted& wanted) noexcept { wanted_ = wanted; }
  void on_scanner_state(const esphome::ScannerState& state) noexcept;
  /// An advertisement came: the proxy serves us, whatever it says of its scanner.
  void on_heard() noexcept { answered_ = subscribed_; }
  /// Unsubscribes and subscribes again, unless that would cost links. @returns whether it will.
  bool renew() noexcept;

  [[nodiscard]] bool is_ready() const noexcept { return ready_; }
  [[nodiscard]] bool is_subscribed() const noexcept { return subscribed_; }
  /// The proxy serves us, as far as it tells.
  [[nodiscard]] bool is_answered() const noexcept { return subscribed_ && (answered_ || !tells_state()); }
  /// It has the feature and did not tell its scanner's state after we subscribed.
  [[nodiscard]] bool is_held_by_another() const noexcept { return subscribed_ && !answered_ && held_; }
  /// The last that was told in this session.
  [[nodiscard]] const std::optional<esphome::ScannerState>& scanner() const noexcept { return scanner_; }
  /// What the scanner's state says against hearing anything, in words; empty where it says nothing.
  [[nodiscard]] std::string scanner_problem() const;

private:
  [[nodiscard]] bool tells_state() const noexcept { return has(features_, esphome::Feature::scanner_state_and_mode); }

  bool ready_ = false;
  uint32_t features_ = 0;
  Wanted wanted_{};
  bool subscribed_ = false;
  bool answered_ = false;  // since it was subscribed
  bool held_ = false;
  bool renewing_ = false;
  TimePoint asked_{};
  Duration patience_ = first_patience;
  std::optional<esphome::ScannerMode> mode_asked_{};  // since it was subscribed
  std::optional<esphome::ScannerState> scanner_{};
};

}  // namespace moor::esphome_radio
