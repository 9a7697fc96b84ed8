#pragma once
// What a characteristic is worth at a time: a function of the seed, the device, the characteristic and the time, whoever asks and however
// often. A machine without I/O.

#include "moor/world.hpp"
#include "radio/sim/random.hpp"

#include <array>
#include <memory>

namespace moor::sim {

/// Whose value it is; the key of its random numbers.
struct ValueKey {
  uint64_t device = 0;
  uint64_t characteristic = 0;
};

/// A sum of independent normal steps, by Lévy's construction: each midpoint is drawn from between its ends. So any step costs one draw for
/// each of its levels, and the one after it about two, however far from the start.
class RandomSteps {
public:
  RandomSteps(const Random& random, ValueKey key);
  /// The sum of the first `n` steps of deviation 1; n up to 2^48.
  [[nodiscard]] double sum(uint64_t n);

private:
  static constexpr unsigned levels = 48;
  struct Span {
    uint64_t begin = 0;
    double left = 0;
    double right = 0;
  };
  Random random_;
  ValueKey key_;
  std::array<Span, levels + 1> spans_{};  // [k] is 2^k steps long; the last answer's path down
  unsigned deepest_ = levels;             // of the spans that are filled
};

class ValueSource {
public:
  ValueSource(const Random& random, ValueKey key, Value value, ValueFormat format);
  /// @param elapsed  since the world's start, at least 0.
  [[nodiscard]] std::vector<uint8_t> at(Duration elapsed) {
    std::vector<uint8_t> value;
    put(elapsed, value);
    return value;
  }
  /// The same in place of what `into` holds, whose memory is kept.
  void put(Duration elapsed, std::vector<uint8_t>& into);
  /// It keeps this value from now on.
  void set(std::vector<uint8_t> value) { written_ = std::move(value); }

private:
  [[nodiscard]] double number(const Sine& sine, Duration elapsed) const;
  [[nodiscard]] double number(const RandomWalk& walk, Duration elapsed);
  [[nodiscard]] double number(const Uniform& uniform, Duration elapsed) const;
  void put_step(const Script& script, Duration elapsed, std::vector<uint8_t>& into) const;

  Random random_;
  ValueKey key_;
  Value value_;
  ValueFormat format_;
  std::unique_ptr<RandomSteps> steps_;  // of a walk
  std::optional<std::vector<uint8_t>> written_;
};

}  // namespace moor::sim
