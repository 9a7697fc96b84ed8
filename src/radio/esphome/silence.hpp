#pragma once
// When a proxy that is up and should scan has heard nothing for too long, by its own rate: one in a busy shop says something ten times a second, one in a
// cellar once in a minute.

#include "moor/time.hpp"

#include <algorithm>
#include <optional>

namespace moor::esphome_radio {

class Silence {
public:
  /// So many of its usual intervals without a message; at least 30 s, since a proxy that connects scans less, and at most half an hour.
  static constexpr int intervals = 20;
  static constexpr Duration least = std::chrono::seconds(30);
  static constexpr Duration most = std::chrono::minutes(30);
  /// Where it has not heard enough to have a rate; as habluetooth 6.26.7 has it for all.
  static constexpr Duration without_rate = std::chrono::seconds(90);
  static constexpr int needed = 4;                   ///< intervals before there is a rate
  static constexpr double newest_weight = 1.0 / 16;  ///< of the last interval in the usual one

  /// It scans from now on; what it heard before keeps its rate.
  void on_started(TimePoint now) noexcept {
    since_ = last_ = now;
    heard_ = false;
  }
  void on_stopped() noexcept { since_.reset(); }
  /// A message of advertisements.
  void on_message(TimePoint now) noexcept {
    if (!since_) return;
    if (heard_) {
      // One silence does not make a new rate.
      const double gap = to_seconds(std::min(now - last_, limit()));
      gaps_ = std::min(gaps_ + 1, 1'000'000);
      usual_s_ += (gap - usual_s_) * std::max(newest_weight, 1.0 / gaps_);
    }
    heard_ = true;
    last_ = now;
  }

  /// The silence that is too long.
  [[nodiscard]] Duration limit() const noexcept {
    if (gaps_ < needed) return without_rate;
    return std::clamp(from_seconds(usual_s_ * intervals), least, most);
  }
  /// From when on it is silent; TimePoint::max() while it does not scan.
  [[nodiscard]] TimePoint silent_at() const noexcept { return since_ ? last_ + limit() : TimePoint::max(); }

private:
  std::optional<TimePoint> since_{};
  TimePoint last_{};
  double usual_s_ = 0;
  int gaps_ = 0;
  bool heard_ = false;  // since it started
};

}  // namespace moor::esphome_radio
