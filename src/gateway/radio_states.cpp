#include "gateway/radio_states.hpp"

#include <algorithm>

namespace moor {

namespace {

int64_t second_of(TimePoint t) noexcept {
  return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}

constexpr size_t places = RateMeter::window_s + 1;

size_t place_of(int64_t second) noexcept {
  return static_cast<size_t>(((second % static_cast<int64_t>(places)) + static_cast<int64_t>(places)) %
                             static_cast<int64_t>(places));
}

}  // namespace

const char* to_string(RadioState::Phase phase) noexcept {
  switch (phase) {
    case RadioState::Phase::waiting: return "waiting";
    case RadioState::Phase::scanning: return "scanning";
    case RadioState::Phase::ended: return "ended";
    case RadioState::Phase::failed: return "failed";
  }
  return "unknown";
}

void RateMeter::add(TimePoint t, uint64_t count) noexcept {
  const int64_t second = second_of(t);
  if (first_ == 0) {
    first_ = newest_ = second;
  } else if (second > newest_) {
    for (int64_t gone = std::max(newest_ + 1, second - window_s); gone <= second; ++gone) counts_[place_of(gone)] = 0;
    newest_ = second;
  } else if (second < newest_ - window_s) {
    return;
  }
  counts_[place_of(second)] += count;
}

double RateMeter::per_second(TimePoint now) const noexcept {
  const int64_t second = second_of(now);
  const int64_t from = std::max(first_, second - window_s);
  if (first_ == 0 || second <= from) return 0;
  uint64_t sum = 0;
  for (int64_t each = std::max(from, newest_ - window_s); each < second && each <= newest_; ++each)
    sum += counts_[place_of(each)];
  return static_cast<double>(sum) / static_cast<double>(second - from);
}

RadioStates::RadioStates(const Radios& radios) : states_(radios.size()), rates_(radios.size()) {
  for (size_t i = 0; i < radios.size(); ++i) {
    states_[i].name = radios[i].info().name;
    states_[i].detail = radios[i].info().detail;
  }
}

const RadioState* RadioStates::on_health(RadioId radio, const RadioHealth& health) {
  if (radio >= states_.size()) return nullptr;
  RadioState& state = states_[radio];
  const RadioState before = state;
  switch (health.state) {
    case RadioHealth::State::idle:
      state.phase = state.phase == RadioState::Phase::waiting ? RadioState::Phase::waiting : RadioState::Phase::ended;
      break;
    case RadioHealth::State::scanning:
    case RadioHealth::State::silent: state.phase = RadioState::Phase::scanning; break;
    case RadioHealth::State::unavailable: state.phase = RadioState::Phase::failed; break;
  }
  state.silent = health.state == RadioHealth::State::silent;
  state.problem = health.problem;
  if (state.phase == RadioState::Phase::failed && (before.phase != state.phase || before.problem != state.problem))
    ++state.failures;
  return before.phase == state.phase && before.silent == state.silent && before.problem == state.problem ? nullptr : &state;
}

void RadioStates::on_heard(const Sighting& sighting) noexcept {
  ++sightings_;
  if (sighting.radio >= states_.size()) return;
  RadioState& state = states_[sighting.radio];
  ++state.sightings;
  state.failures = 0;
  state.last_heard = sighting.time;
  rates_[sighting.radio].add(sighting.time);
}

const std::vector<RadioState>& RadioStates::states(TimePoint now) {
  for (size_t i = 0; i < states_.size(); ++i) states_[i].per_second = rates_[i].per_second(now);
  return states_;
}

}  // namespace moor
