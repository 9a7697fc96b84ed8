#include "radio/sim/values.hpp"

#include <algorithm>
#include <type_traits>

namespace moor::sim {

namespace {

uint64_t step_number(Duration elapsed, Duration every) noexcept {
  return static_cast<uint64_t>(std::max(elapsed, Duration::zero()) / std::max(every, Duration(1)));
}

// Reflected at both ends, as a walk between walls is: its density is that of the free walk, folded.
double fold(double x, double min, double max) noexcept {
  const double width = max - min;
  if (!(width > 0)) return min;
  const double place = std::fmod(std::fmod(x - min, 2 * width) + 2 * width, 2 * width);
  return min + (place <= width ? place : 2 * width - place);
}

}  // namespace

RandomSteps::RandomSteps(const Random& random, ValueKey key) : random_(random), key_(key) {
  constexpr uint64_t all = uint64_t{1} << levels;
  spans_[levels].right =
      std::sqrt(static_cast<double>(all)) * random_.normal(Purpose::value, key_.device, key_.characteristic, all);
}

double RandomSteps::sum(uint64_t n) {
  n = std::min(n, (uint64_t{1} << levels) - 1);
  unsigned level = deepest_;
  while (level < levels && n >> level != spans_[level].begin >> level) ++level;
  for (; spans_[level].begin != n && level > 0; --level) {
    const Span& whole = spans_[level];
    const uint64_t half = uint64_t{1} << (level - 1);
    const uint64_t middle = whole.begin + half;
    const double value =
        (whole.left + whole.right) / 2 +
        std::sqrt(static_cast<double>(half) / 2) * random_.normal(Purpose::value, key_.device, key_.characteristic, middle);
    spans_[level - 1] = n < middle ? Span{whole.begin, whole.left, value} : Span{middle, value, whole.right};
  }
  deepest_ = level;
  return spans_[level].left;
}

ValueSource::ValueSource(const Random& random, ValueKey key, Value value, ValueFormat format)
    : random_(random), key_(key), value_(std::move(value)), format_(std::move(format)) {
  if (std::holds_alternative<RandomWalk>(value_)) steps_ = std::make_unique<RandomSteps>(random, key);
}

void ValueSource::put(Duration elapsed, std::vector<uint8_t>& into) {
  if (written_) {
    into = *written_;
    return;
  }
  std::visit(
      [&](const auto& value) {
        using Kind = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Kind, Constant>)
          into = value.bytes;
        else if constexpr (std::is_same_v<Kind, ConstantNumber>)
          format_.encode(value.value, into);
        else if constexpr (std::is_same_v<Kind, Counter>)
          format_.encode(value.start + value.step * static_cast<double>(step_number(elapsed, value.every)), into);
        else if constexpr (std::is_same_v<Kind, Script>)
          put_step(value, elapsed, into);
        else
          format_.encode(number(value, elapsed), into);
      },
      value_);
}

double ValueSource::number(const Sine& sine, Duration elapsed) const {
  const Duration period = std::max(sine.period, Duration(1));
  // The part of the period first: a double holds a month in nanoseconds only to a quarter of a microsecond.
  const double turn = static_cast<double>((elapsed % period).count()) / static_cast<double>(period.count());
  double number = sine.mean + sine.amplitude * std::sin(2 * std::numbers::pi * turn);
  if (sine.noise > 0)
    number += sine.noise *
              random_.normal(Purpose::value_noise, key_.device, key_.characteristic, static_cast<uint64_t>(elapsed.count()));
  return number;
}

double ValueSource::number(const RandomWalk& walk, Duration elapsed) {
  return fold(walk.start + walk.step * steps_->sum(step_number(elapsed, walk.every)), walk.min, walk.max);
}

double ValueSource::number(const Uniform& uniform, Duration elapsed) const {
  return uniform.min + (uniform.max - uniform.min) *
                           random_.uniform(Purpose::value, key_.device, key_.characteristic, step_number(elapsed, uniform.every));
}

void ValueSource::put_step(const Script& script, Duration elapsed, std::vector<uint8_t>& into) const {
  if (script.steps.empty()) return into.clear();
  if (script.repeat && *script.repeat > Duration::zero()) elapsed %= *script.repeat;
  const auto next = std::upper_bound(script.steps.begin(), script.steps.end(), elapsed,
                                     [](Duration t, const Script::Step& each) { return t < each.at; });
  const Script::Step& now = next == script.steps.begin() ? *next : *std::prev(next);
  if (now.number)
    format_.encode(*now.number, into);
  else
    into = now.bytes;
}

}  // namespace moor::sim
