#pragma once
// Randomness without a state: each number is a function of the seed and of what it is for, so that one more question anywhere changes
// nothing elsewhere, and a run can be repeated whatever else runs beside it.

#include <cmath>
#include <cstdint>
#include <numbers>

namespace moor::sim {

/// What a number is for; the first part of its key.
enum class Purpose : uint8_t {
  advertising_phase,
  advertising_jitter,
  fading,
  shadowing,
  orientation,
  body,
  movement,
  value,
  value_noise,
  sleep,
  fault_chance,
  fault_time,
  radio_fault,
  scan_phase,
  link,
  reception,
  scan_request,
  data_channel,
  pairing,
};

class Random {
public:
  explicit constexpr Random(uint64_t seed) noexcept : seed_(mix(seed + 0x9E3779B97F4A7C15U)) {}

  [[nodiscard]] constexpr uint64_t bits(Purpose purpose, uint64_t a, uint64_t b = 0, uint64_t c = 0) const noexcept {
    uint64_t x = mix(seed_ ^ (static_cast<uint64_t>(purpose) + 1) * 0xD6E8FEB86659FD93U);
    x = mix(x ^ a);
    x = mix((x + 0x9E3779B97F4A7C15U) ^ b);
    return mix((x + 0x9E3779B97F4A7C15U) ^ c);
  }
  /// 0 to below 1.
  [[nodiscard]] constexpr double uniform(Purpose purpose, uint64_t a, uint64_t b = 0, uint64_t c = 0) const noexcept {
    return static_cast<double>(bits(purpose, a, b, c) >> 11) * 0x1.0p-53;
  }
  /// Mean 0, deviation 1 (Box and Muller's transform).
  [[nodiscard]] double normal(Purpose purpose, uint64_t a, uint64_t b = 0, uint64_t c = 0) const noexcept {
    const uint64_t first = bits(purpose, a, b, c);
    const double u = (static_cast<double>(first >> 11) + 0.5) * 0x1.0p-53;
    const double v = static_cast<double>(mix(first) >> 11) * 0x1.0p-53;
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
  }
  /// Mean 1.
  [[nodiscard]] double exponential(Purpose purpose, uint64_t a, uint64_t b = 0, uint64_t c = 0) const noexcept {
    return -std::log1p(-uniform(purpose, a, b, c));
  }

private:
  // SplitMix64's finisher (Steele, Lea, Flood, 2014).
  static constexpr uint64_t mix(uint64_t x) noexcept {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9U;
    x = (x ^ x >> 27) * 0x94D049BB133111EBU;
    return x ^ x >> 31;
  }
  uint64_t seed_;
};

}  // namespace moor::sim
