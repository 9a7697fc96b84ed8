#pragma once
// Random numbers that are the same on every platform, which those of <random>'s distributions are not.

#include <array>
#include <cstddef>
#include <cstdint>

namespace demo_shop {

/// SplitMix64 (Steele, Lea and Flood 2014).
class Dice {
public:
  explicit Dice(uint64_t seed) noexcept : state_(seed) {}

  uint64_t bits() noexcept {
    uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
  }
  double between(double low, double high) noexcept { return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53; }
  bool chance(double probability) noexcept { return between(0, 1) < probability; }
  /// Of mean 0 and deviation 1: the sum of twelve uniform ones, near enough to a normal number and without a logarithm.
  double normal() noexcept {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += between(0, 1);
    return sum;
  }
  template <size_t size>
  std::array<uint8_t, size> bytes() noexcept {
    std::array<uint8_t, size> drawn;
    for (uint8_t& byte : drawn) byte = static_cast<uint8_t>(bits());
    return drawn;
  }

private:
  uint64_t state_;
};

}  // namespace demo_shop
