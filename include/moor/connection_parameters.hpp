#pragma once
// How often the two ends of a connection meet: interval, latency and supervision time-out, with the limits of the Core specification.

#include "moor/error.hpp"
#include "moor/time.hpp"

#include <compare>
#include <optional>
#include <string>

namespace moor {

/// Timing of a connection, in the units of the Core specification.
struct ConnectionTiming {
  static constexpr Duration unit = std::chrono::microseconds(1250);
  static constexpr Duration min_interval = std::chrono::microseconds(7500);
  static constexpr Duration max_interval = std::chrono::seconds(4);
  static constexpr uint16_t max_latency = 499;
  static constexpr Duration timeout_unit = std::chrono::milliseconds(10);
  static constexpr Duration min_timeout = std::chrono::milliseconds(100);
  static constexpr Duration max_timeout = std::chrono::seconds(32);

  Duration interval = std::chrono::milliseconds(30);  ///< 7.5 ms to 4 s in steps of 1.25 ms
  uint16_t latency = 0;                               ///< events that the peripheral may skip, 0 to 499
  Duration timeout =
      std::chrono::seconds(4);  ///< supervision: 100 ms to 32 s in steps of 10 ms, above 2 * (1 + latency) * interval

  /// What the specification objects to (Core 5.4, Vol 4, Part E, 7.8.12), if anything; a sentence without full stop.
  [[nodiscard]] std::optional<std::string> problem() const;
};

/// A number of connection intervals; one is 1.25 ms. A type of its own, so that it cannot be taken for milliseconds.
struct ConnectionInterval {
  uint16_t units = 0;  ///< of 1.25 ms, 6 (7.5 ms) to 3200 (4 s)
  [[nodiscard]] constexpr Duration duration() const noexcept { return std::chrono::microseconds(1250) * units; }
  /// The nearest interval. @throws UsageError outside 7.5 ms to 4 s.
  [[nodiscard]] static ConnectionInterval from(Duration duration);
  friend constexpr auto operator<=>(ConnectionInterval, ConnectionInterval) = default;
};

struct SupervisionTimeout {
  uint16_t units = 0;  ///< of 10 ms, 10 (100 ms) to 3200 (32 s)
  [[nodiscard]] constexpr Duration duration() const noexcept { return std::chrono::milliseconds(10) * units; }
  /// The nearest one. @throws UsageError outside 100 ms to 32 s.
  [[nodiscard]] static SupervisionTimeout from(Duration duration);
  friend constexpr auto operator<=>(SupervisionTimeout, SupervisionTimeout) = default;
};

/// Core 5.4, Vol 4, Part E, 7.8.18.
struct ConnectionParameters {
  ConnectionInterval min_interval{24};
  ConnectionInterval max_interval{40};
  uint16_t latency = 0;  ///< connection events that the device may skip, to 499
  SupervisionTimeout timeout{420};

  /// @throws UsageError that says which value and why: out of range, minimum above maximum, or a time-out that is not longer than
  /// (1 + latency) * max_interval * 2.
  void check() const;
  friend bool operator==(const ConnectionParameters&, const ConnectionParameters&) = default;
};
/// While much is read or written: 7.5 ms, no latency, 10 s.
inline constexpr ConnectionParameters fast_parameters{{6}, {6}, 0, {1000}};
/// For a link that rests: 1 s intervals, 6 s.
inline constexpr ConnectionParameters slow_parameters{{800}, {800}, 0, {600}};

}  // namespace moor
