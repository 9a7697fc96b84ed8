#pragma once
// Smoothing of RSSI: the exponential moving average smoothed = w * reading + (1 - w) * smoothed, with the weight w fixed (alpha)
// or following the time since the reading before (a time constant tau, for devices that are heard irregularly). The first reading
// is the first smoothed value.
//
// A reading is a sample, or what a window of samples comes to. One reading per window makes alpha mean the same for a beacon that
// advertises once a second and one that does so ten times, and the mean of n samples strays only 1/sqrt(n) as far as one.

#include "moor/time.hpp"

#include <cstdint>
#include <limits>
#include <optional>

namespace moor {

/// What a window of samples comes to. All are taken in dB, in which fading is near symmetric and path loss is linear.
enum class WindowValue : uint8_t {
  mean,       ///< uses every sample
  strongest,  ///< fades only weaken: nearest to the unobstructed path, at the price of believing outliers
  last,       ///< only thins out
};

struct SmoothingOptions {
  double alpha = 0.3;                ///< weight of a new reading, above 0 and up to 1; not used where `tau` is set
  std::optional<Duration> tau = {};  ///< time constant: after tau of a new level, 63 % of the way to it is made
  Duration reading_interval{};       ///< one reading per window of this length; 0: every sample is a reading
  WindowValue window_value = WindowValue::mean;

  /// @throws UsageError if alpha, tau or the interval is out of range.
  void validate() const;
};

/// The weight of a reading that comes `elapsed` after the one before: alpha, or 1 - exp(-elapsed / tau). A negative time counts
/// as none.
[[nodiscard]] double ema_weight(const SmoothingOptions& options, Duration elapsed) noexcept;

/// The samples that a simple moving average with as much smoothing would span: 2/alpha - 1.
[[nodiscard]] double effective_window(double alpha) noexcept;
/// The time to follow 95 % of a step: -ln(0.05) / (alpha * readings per second). It approximates ln(1 - alpha) by -alpha; for the
/// exact number of readings see `followed_share`.
[[nodiscard]] Duration response_time(double alpha, double readings_per_second) noexcept;
/// The share of a step that is followed after `readings` of the new level: 1 - (1 - alpha)^readings.
[[nodiscard]] double followed_share(double alpha, unsigned readings) noexcept;
/// How many readings of the level `to_dbm` take a smoothed value from `from_dbm` to `limit_dbm` or beyond; nothing if it never
/// gets there.
[[nodiscard]] std::optional<unsigned> readings_to_reach(double alpha, double from_dbm, double to_dbm, double limit_dbm) noexcept;

/// The average itself: a number, empty until the first reading.
class Ema {
public:
  /// @returns the smoothed value with `reading` in it. @param weight  in (0, 1]; the first reading counts whole.
  double add(double reading, double weight) noexcept {
    return value_ = has_value() ? weight * reading + (1 - weight) * value_ : reading;
  }
  [[nodiscard]] bool has_value() const noexcept { return value_ == value_; }
  [[nodiscard]] double value() const noexcept { return value_; }  ///< dBm; NaN while there is none

private:
  double value_ = std::numeric_limits<double>::quiet_NaN();
};

/// The samples of one window. It opens with a sample, not on a grid: a thousand devices do not all give their reading at one
/// moment, and silence gives none.
class ReadingWindow {
public:
  void add(TimePoint t, double sample_dbm, WindowValue value) noexcept;
  [[nodiscard]] bool is_open() const noexcept { return samples_ != 0; }
  [[nodiscard]] TimePoint opened() const noexcept { return opened_; }
  [[nodiscard]] uint32_t samples() const noexcept { return samples_; }
  [[nodiscard]] double value(WindowValue value) const noexcept;  ///< @pre is_open()

private:
  TimePoint opened_;
  double value_ = 0;  // sum, strongest or last
  uint32_t samples_ = 0;
};

/// The whole of it for one device, for programs that keep no PresenceTracker. It has no plausibility check: see
/// `is_plausible_rssi`.
class Smoother {
public:
  struct Reading {
    TimePoint time;  ///< of the sample, or the end of the window
    double rssi_dbm;
    double smoothed_dbm;
    uint32_t samples;  ///< that made it
  };

  /// @throws UsageError if the options make no sense.
  explicit Smoother(const SmoothingOptions& options = {});
  /// @returns the reading that this sample makes or, with a reading interval, that of the window which ended before it. Times
  /// must not go back.
  [[nodiscard]] std::optional<Reading> add(TimePoint t, double sample_dbm) noexcept;
  /// @returns the reading of a window that has ended by `now`.
  [[nodiscard]] std::optional<Reading> advance(TimePoint now) noexcept;
  [[nodiscard]] std::optional<double> smoothed_dbm() const noexcept;

private:
  Reading read(TimePoint t, double rssi_dbm, uint32_t samples) noexcept;

  SmoothingOptions options_;
  Ema ema_;
  TimePoint last_reading_;
  ReadingWindow window_;
};

}  // namespace moor
