#pragma once
// How the radios of the gateway are doing, and how much they hear.

#include "moor/hub.hpp"

#include <array>
#include <cstddef>

namespace moor {

/// How a radio of the gateway is doing.
struct RadioState {
  enum class Phase : uint8_t { waiting, scanning, ended, failed };
  std::string name;
  std::string detail;
  Phase phase = Phase::waiting;
  bool silent = false;  ///< it scans, and should hear something by now
  uint64_t sightings = 0;
  double per_second = 0;  ///< sightings, over the last 10 s
  int failures = 0;       ///< in a row
  std::string problem;    ///< why it is not scanning, with advice; empty if it is
  std::optional<TimePoint> last_heard;
};
[[nodiscard]] const char* to_string(RadioState::Phase phase) noexcept;

/// How many of something came in each second, over the last ten.
class RateMeter {
public:
  static constexpr int64_t window_s = 10;
  void add(TimePoint t, uint64_t count = 1) noexcept;
  /// Of the whole seconds before this one.
  [[nodiscard]] double per_second(TimePoint now) const noexcept;

private:
  std::array<uint64_t, window_s + 1> counts_{};
  int64_t newest_ = 0;  // second
  int64_t first_ = 0;   // second in which something came
};

/// The states of all radios, by RadioId.
class RadioStates {
public:
  explicit RadioStates(const Radios& radios);

  /// @returns the state, if it differs from before.
  const RadioState* on_health(RadioId radio, const RadioHealth& health);
  void on_heard(const Sighting& sighting) noexcept;
  /// With rates as they are now.
  [[nodiscard]] const std::vector<RadioState>& states(TimePoint now);
  [[nodiscard]] const std::vector<RadioState>& states() const noexcept { return states_; }
  [[nodiscard]] uint64_t sightings() const noexcept { return sightings_; }  ///< of all radios

private:
  std::vector<RadioState> states_;
  std::vector<RateMeter> rates_;
  uint64_t sightings_ = 0;
};

}  // namespace moor
