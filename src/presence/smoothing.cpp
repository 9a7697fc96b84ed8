#include "moor/smoothing.hpp"

#include "core/require.hpp"
#include "core/saturating.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace moor {

void SmoothingOptions::validate() const {
  require(alpha > 0 && alpha <= 1, "alpha must be above 0 and at most 1");
  require(!tau || *tau > Duration::zero(), "tau must be above 0");
  require(reading_interval >= Duration::zero(), "the reading interval must not be negative");
}

double ema_weight(const SmoothingOptions& options, Duration elapsed) noexcept {
  if (!options.tau) return options.alpha;
  return -std::expm1(-to_seconds(std::max(elapsed, Duration::zero())) / to_seconds(*options.tau));
}

double effective_window(double alpha) noexcept {
  return 2 / alpha - 1;
}

Duration response_time(double alpha, double readings_per_second) noexcept {
  return from_seconds(-std::log(0.05) / (alpha * readings_per_second));
}

double followed_share(double alpha, unsigned readings) noexcept {
  return 1 - std::pow(1 - alpha, readings);
}

std::optional<unsigned> readings_to_reach(double alpha, double from_dbm, double to_dbm, double limit_dbm) noexcept {
  const double step = to_dbm - from_dbm;
  const double share = step == 0 ? (limit_dbm == from_dbm ? 0 : 1) : (limit_dbm - from_dbm) / step;
  if (share <= 0) return 0;
  if (alpha >= 1 && share <= 1) return 1;
  if (share >= 1) return std::nullopt;  // it comes arbitrarily near, but does not arrive
  // The logarithm's last digit must not make one reading more of an exact hit.
  return static_cast<unsigned>(std::ceil(std::log(1 - share) / std::log(1 - alpha) - 1e-9));
}

void ReadingWindow::add(TimePoint t, double sample_dbm, WindowValue value) noexcept {
  if (samples_ == 0) {
    opened_ = t;
    value_ = sample_dbm;
  } else if (value == WindowValue::mean) {
    value_ += sample_dbm;
  } else if (value == WindowValue::last || sample_dbm > value_) {
    value_ = sample_dbm;
  }
  ++samples_;
}

double ReadingWindow::value(WindowValue value) const noexcept {
  return value == WindowValue::mean ? value_ / samples_ : value_;
}

Smoother::Smoother(const SmoothingOptions& options) : options_(options) {
  options.validate();
}

std::optional<Smoother::Reading> Smoother::add(TimePoint t, double sample_dbm) noexcept {
  if (options_.reading_interval == Duration::zero()) return read(t, sample_dbm, 1);
  const std::optional<Reading> ended = advance(t);
  window_.add(t, sample_dbm, options_.window_value);
  return ended;
}

std::optional<Smoother::Reading> Smoother::advance(TimePoint now) noexcept {
  if (!window_.is_open()) return std::nullopt;
  const TimePoint end = add_saturated(window_.opened(), options_.reading_interval);
  if (now < end) return std::nullopt;
  const ReadingWindow window = std::exchange(window_, ReadingWindow());
  return read(end, window.value(options_.window_value), window.samples());
}

std::optional<double> Smoother::smoothed_dbm() const noexcept {
  if (!ema_.has_value()) return std::nullopt;
  return ema_.value();
}

Smoother::Reading Smoother::read(TimePoint t, double rssi_dbm, uint32_t samples) noexcept {
  const double weight = ema_weight(options_, subtract_saturated(t, last_reading_));
  last_reading_ = t;
  return Reading{.time = t, .rssi_dbm = rssi_dbm, .smoothed_dbm = ema_.add(rssi_dbm, weight), .samples = samples};
}

}  // namespace moor
